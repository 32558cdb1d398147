//! Reads all templates, then assigns each mapping to its function.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tidings_trigger::{EventSource, Mapping};

use super::error::{Fault, Located, Result as Within};
use super::foreach::{self, Copies, written_line};
use super::function::{self, Draft, Finished, Kind, globals};
use super::mapping::read_resource;
use super::resource::Resource;
use super::scope::{Remark, Scope};
use super::yaml::{self, Entry, find};
use super::{Code, Notice, NoticeKind, Template, TemplateError, TemplateSettings, sections, stores, topics};

impl Template {
    /// Reads templates that are deployed together. The names of functions, queues, tables, buckets, topics and
    /// consumer groups must be unique across them. A mapping may refer to a function in any of them.
    pub fn read(files: &[PathBuf], settings: &TemplateSettings) -> Result<Self, TemplateError> {
        let mut reader = Reader::new(settings);
        for file in files {
            reader.add(file)?;
        }
        reader.finish(files)
    }
}

/// The state of reading.
pub(super) struct Reader<'a> {
    settings: &'a TemplateSettings,
    template: Template,
    /// The parameters declared by any template.
    declared: BTreeSet<String>,
    /// Every name, and the template that defines it.
    names: BTreeMap<(&'static str, String), &'a Path>,
    /// The template that is being read.
    file: &'a Path,
    /// The clusters from which a function reads a topic, by the names of function and topic.
    clusters: BTreeMap<(String, String), Vec<EventSource>>,
    functions: Vec<(&'a Path, Draft)>,
    /// The mappings that are separate resources, with their lines.
    mappings: Vec<(&'a Path, usize, Mapping)>,
    /// The copies that loops created, per file.
    copies: BTreeMap<&'a Path, Copies>,
}

impl<'a> Reader<'a> {
    pub fn new(settings: &'a TemplateSettings) -> Self {
        Self {
            settings,
            template: Template::default(),
            declared: BTreeSet::new(),
            names: BTreeMap::new(),
            file: Path::new(""),
            clusters: BTreeMap::new(),
            functions: Vec::new(),
            mappings: Vec::new(),
            copies: BTreeMap::new(),
        }
    }

    /// Reads one more template.
    pub fn add(&mut self, file: &'a Path) -> Result<(), TemplateError> {
        self.file = file;
        let failed = |source| TemplateError::File { path: file.to_owned(), source };
        // A pipe is rejected, because a template is read again once addresses are known.
        if !std::fs::metadata(file).map_err(failed)?.is_file() {
            return Err(TemplateError::NoFile { path: file.to_owned() });
        }
        let bytes = std::fs::read(file).map_err(failed)?;
        let text = yaml::text(&bytes).map_err(|located| located.in_file(file))?;
        let mut copies = Copies::default();
        let added = self.add_text(text, file, &mut copies);
        self.copies.insert(file, copies);
        added.map_err(|located| self.located(file, located))
    }

    /// The error with its line in the file.
    fn located(&self, file: &Path, located: Located) -> TemplateError {
        match self.copies.get(file) {
            Some(copies) => copies.locate(located).in_file(file),
            None => located.in_file(file),
        }
    }

    fn add_text(&mut self, text: &str, file: &'a Path, copies: &mut Copies) -> Within<()> {
        let root = yaml::parse(text)?;
        let written = root.map("a template")?;
        sections::check(written)?;
        let sections = &foreach::expand(written, self.settings, copies)?;
        if let Some(parameters) = find(sections, "Parameters") {
            self.declared.extend(parameters.map("Parameters")?.iter().map(|entry| entry.key.clone()));
        }
        let globals = globals::of_functions(sections)?;
        let scope = Scope::new(sections, self.settings, file.parent().unwrap_or(Path::new("")))?;
        sections::notice(&scope, sections)?;
        for resource in &scope.resources {
            let exists =
                resource.condition()?.map(|name| scope.condition(name, resource.line)).transpose()?;
            if exists != Some(false) {
                self.add_resource(&scope, resource, globals, file)?;
            } else if resource.is_function_or_mapping() {
                scope.notice(resource.line, format!("{}, because its condition is false", resource.id));
            }
        }
        for remark in scope.into_notices().into_iter().chain(copies.take_notes()) {
            let notice = notice(file, remark);
            // Copies of one line may lead to equal notices.
            if !self.template.notices.contains(&notice) {
                self.template.notices.push(notice);
            }
        }
        Ok(())
    }

    fn add_resource(
        &mut self,
        scope: &Scope<'_>,
        resource: &Resource<'_>,
        globals: &[Entry],
        file: &'a Path,
    ) -> Within<()> {
        match resource.kind {
            "AWS::Serverless::Function" => {
                let mut draft = function::read(scope, resource, Kind::Serverless, globals)?;
                for (line, mapping) in &mut draft.mappings {
                    self.claim_mapping(scope, mapping, *line)?;
                }
                self.functions.push((file, draft));
            }
            "AWS::Lambda::Function" => {
                self.functions.push((file, function::read(scope, resource, Kind::Plain, &[])?));
            }
            "AWS::Lambda::EventSourceMapping" => {
                if let Some(mut mapping) = read_resource(scope, resource)? {
                    self.claim_mapping(scope, &mut mapping, resource.line)?;
                    self.mappings.push((file, resource.line, mapping));
                }
            }
            "AWS::MSK::Topic" => {
                let topic = topics::kafka_topic(scope, resource)?;
                self.claim("Kafka topic", &topic.name, resource.line)?;
                self.template.kafka_topics.push(topic);
            }
            "AWS::CloudFormation::Stack" | "AWS::Serverless::Application" => {
                let what = "whose template can be added with --template";
                scope.notice(resource.line, format!("the nested stack {}, {what}", resource.id));
            }
            kind if only_sets_up(kind) => {}
            _ => match self.add_store(scope, resource) {
                Err(Located { line, fault: Fault::Unsupported { construct, .. } }) => {
                    scope.notice(line, format!("{}, because of {construct}", resource.id));
                }
                other => other?,
            },
        }
        Ok(())
    }

    /// Adds a resource that functions write to. The caller turns an unsupported one into a notice, because functions
    /// may not need it.
    fn add_store(&mut self, scope: &Scope<'_>, resource: &Resource<'_>) -> Within<()> {
        match resource.kind {
            "AWS::SQS::Queue" => {
                let queue = stores::queue(scope, resource)?;
                self.claim("queue", &queue.name, resource.line)?;
                self.template.queues.push(queue);
            }
            "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => {
                let table = match resource.kind {
                    "AWS::DynamoDB::Table" => stores::table(scope, resource)?,
                    _ => stores::simple_table(scope, resource)?,
                };
                self.claim("table", &table.name, resource.line)?;
                self.template.tables.push(table);
            }
            "AWS::S3::Bucket" => {
                let bucket = stores::bucket(scope, resource)?;
                self.claim("bucket", &bucket.name, resource.line)?;
                self.template.buckets.push(bucket);
            }
            "AWS::SNS::Topic" => {
                let topic = topics::notification_topic(scope, resource)?;
                self.claim("topic", &topic.name, resource.line)?;
                self.template.notification_topics.push(topic);
            }
            kind => scope.notice(resource.line, format!("{} of type {kind}", resource.id)),
        }
        Ok(())
    }

    fn claim(&mut self, kind: &'static str, name: &str, line: usize) -> Within<()> {
        let Some(other) = self.names.insert((kind, name.to_owned()), self.file) else { return Ok(()) };
        let name = format!("the {kind} {name}");
        Err(Located::new(
            line,
            if other == self.file {
                Fault::Duplicate { name }
            } else {
                Fault::Clash { name, first: format!("in {}", other.display()) }
            },
        ))
    }

    /// A function may read topics with the same name from several clusters, which are one locally. Then the ids of
    /// further mappings get a number.
    fn claim_mapping(&mut self, scope: &Scope<'_>, mapping: &mut Mapping, line: usize) -> Within<()> {
        let Mapping { function, topic, source, .. } = &*mapping;
        let clusters = self.clusters.entry((function.clone(), topic.clone())).or_default();
        if clusters.contains(source) {
            let name = format!("the topic {topic} for function {function}");
            return Err(Located::new(line, Fault::Duplicate { name }));
        }
        clusters.push(source.clone());
        if clusters.len() > 1 {
            let what = format!("function {function} gets each record of topic {topic} once per cluster");
            scope.note(line, format!("all clusters share one local broker: {what}"));
        }
        // Other names of function and topic may give the same id when joined by a hyphen.
        let numbered = (2..).map(|number| format!("{}-{number}", mapping.id));
        let free = std::iter::once(mapping.id.clone())
            .chain(numbered)
            .find(|id| !self.names.contains_key(&("mapping", id.clone())));
        let id = free.unwrap_or_default();
        if mapping.consumer_group_id == mapping.id {
            mapping.consumer_group_id.clone_from(&id);
        }
        mapping.id = id;
        self.claim("mapping", &mapping.id, line)?;
        self.claim("consumer group", &mapping.consumer_group_id, line)
    }

    /// Assigns each mapping to its function and returns the result.
    pub fn finish(mut self, files: &[PathBuf]) -> Result<Template, TemplateError> {
        self.attach()?;
        for (file, draft) in std::mem::take(&mut self.functions) {
            self.add_function(file, draft).map_err(|located| self.located(file, located))?;
        }
        let given = self.settings.parameters.keys();
        if let Some(name) = given.clone().find(|name| !self.declared.contains(*name)) {
            let known = self.declared.into_iter().collect::<Vec<_>>().join(", ");
            return Err(TemplateError::UnknownParameter { name: name.clone(), known });
        }
        let position = |notice: &Notice| files.iter().position(|file| *file == notice.file);
        self.template.notices.sort_by_key(|notice| (position(notice), notice.line));
        Ok(self.template)
    }

    fn attach(&mut self) -> Result<(), TemplateError> {
        for (file, line, mapping) in std::mem::take(&mut self.mappings) {
            let target = self.functions.iter_mut().find(|(_, draft)| draft.name == mapping.function);
            let Some((_, draft)) = target else {
                let fault = Fault::Unknown { kind: "function", name: mapping.function };
                return Err(self.located(file, Located::new(line, fault)));
            };
            draft.mappings.push((line, mapping));
        }
        Ok(())
    }

    fn add_function(&mut self, file: &Path, draft: Draft) -> Within<()> {
        self.claim("function", &draft.name, draft.line)?;
        match draft.finish()? {
            Finished::Function(mut function) => {
                if let Code::Elsewhere { line, .. } = &mut function.code {
                    *line = written_line(*line);
                }
                self.template.functions.push(*function);
            }
            Finished::Ignored(line, what) => {
                self.template.notices.push(notice(file, (line, NoticeKind::Ignored, what)));
            }
        }
        Ok(())
    }
}

fn notice(file: &Path, (line, kind, what): Remark) -> Notice {
    Notice { file: file.to_owned(), line: written_line(line), kind, what }
}

/// Whether a resource type only sets up permissions, networks, keys, observability or clusters, and is not needed
/// locally.
fn only_sets_up(kind: &str) -> bool {
    const SERVICES: [&str; 11] = [
        "ApplicationAutoScaling",
        "Athena",
        "CloudWatch",
        "CodeDeploy",
        "EC2",
        "Glue",
        "IAM",
        "KMS",
        "Logs",
        "SES",
        "XRay",
    ];
    const TYPES: [&str; 12] = [
        "AWS::Lambda::Alias",
        "AWS::Lambda::CodeSigningConfig",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::MSK::BatchScramSecret",
        "AWS::MSK::Cluster",
        "AWS::MSK::ClusterPolicy",
        "AWS::MSK::Configuration",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    ];
    let service = kind.split("::").nth(1).unwrap_or_default();
    kind.starts_with("AWS::") && SERVICES.contains(&service) || TYPES.contains(&kind)
}

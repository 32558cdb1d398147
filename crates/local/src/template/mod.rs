//! Reads the SAM templates that get deployed, as far as they mean something on a laptop: functions and their
//! triggers, queues, tables and buckets.
//!
//! Evaluated: Parameters, Conditions, `Globals.Function`, pseudo parameters, Ref, `Fn::Sub`, `Fn::GetAtt`, `Fn::If`,
//! `Fn::Join` and the functions of conditions, in short and long form. A property is evaluated only where it means
//! something here, so policies and deployment settings may use any function. What would change behaviour and is
//! not supported is an error that names its line, never skipped.

mod error;
mod function;
mod intrinsic;
mod mapping;
mod parameters;
mod properties;
mod scope;
mod stores;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

pub use error::{Fault, TemplateError};
use error::{Located, Result as Within};
use scope::{Resource, Scope};
use yaml::{Entry, find};

use crate::filter::Pattern;

/// The account that everything local belongs to; AWS emulators take it as their default.
pub const ACCOUNT_ID: &str = "000000000000";
/// The region that everything local is in.
pub const REGION: &str = "us-east-1";

/// What the local stack makes of a template, or of several that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Every `AWS::Serverless::Function`, in the files' order.
    pub functions: Vec<Function>,
    /// Every `AWS::SQS::Queue`.
    pub queues: Vec<Queue>,
    /// Every `AWS::DynamoDB::Table`.
    pub tables: Vec<Table>,
    /// Every `AWS::S3::Bucket`.
    pub buckets: Vec<Bucket>,
    /// Every `AWS::SNS::Topic`.
    pub notification_topics: Vec<NotificationTopic>,
    /// Every `AWS::MSK::Topic`.
    pub kafka_topics: Vec<KafkaTopic>,
    /// What was passed over, for the person who runs it to know.
    pub notices: Vec<Notice>,
}

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// `FunctionName`, resolved; the logical id where there is none.
    pub name: String,
    /// The cargo binary: `Metadata.BuildProperties.Binary`, or else the logical id.
    pub binary: String,
    /// `Runtime`, e.g. `provided.al2023` or `python3.11`.
    pub runtime: String,
    /// `Handler`, which every runtime but `provided` needs.
    pub handler: Option<String>,
    /// `CodeUri` as a path, relative to the template's folder where it is not absolute.
    pub code: Option<PathBuf>,
    /// Environment variables, resolved.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// `MemorySize`, in MB.
    pub memory_mb: u32,
    /// `ReservedConcurrentExecutions`: more invocations at once are throttled.
    pub reserved_concurrency: Option<u32>,
    /// Its triggers, in the template's order.
    pub mappings: Vec<Mapping>,
}

/// An event source mapping: one topic to one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// `{function}-{topic}`.
    pub id: String,
    /// The function's name.
    pub function: String,
    /// The cluster.
    pub source: EventSource,
    /// The topic.
    pub topic: String,
    /// Most records in one invocation.
    pub batch_size: usize,
    /// How long a batch may wait for more records.
    pub batching_window: Duration,
    /// Where a consumer group without committed offsets begins.
    pub starting_position: StartingPosition,
    /// The Kafka consumer group; the mapping's id where the template names none.
    pub consumer_group_id: String,
    /// Whether it reads at all.
    pub enabled: bool,
    /// Its pollers, where it is provisioned; `None` for on-demand mode.
    pub provisioned: Option<Pollers>,
    /// `None` is -1, for ever; Lambda makes that 10 where [`Mapping::on_failure`] is set.
    pub maximum_retry_attempts: Option<u32>,
    /// Records older than this are given up; `None` is -1, never.
    pub maximum_record_age: Option<Duration>,
    /// Whether a failed batch is retried in halves.
    pub bisect_on_function_error: bool,
    /// Whether the function's `batchItemFailures` are read.
    pub report_batch_item_failures: bool,
    /// Where metadata of given-up records go: an ARN, or `kafka://topic`.
    pub on_failure: Option<String>,
    /// `FilterCriteria`: only records that one of them accepts reach the function; all do where there is none.
    pub filters: Vec<Pattern>,
    /// `LoggingConfig.SystemLogLevel`; `None` logs nothing on AWS.
    pub log_level: Option<LogLevel>,
    /// `MetricsConfig.Metrics`: which groups besides `OffsetLag`.
    pub metrics: BTreeSet<MetricGroup>,
}

/// The cluster that a mapping reads from, as payloads name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventSource {
    /// Amazon MSK, by the cluster's ARN.
    Msk(String),
    /// Any other Kafka cluster, by its brokers.
    SelfManagedKafka(Vec<String>),
}

/// How much an event source mapping logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// What may lead to unexpected behaviour.
    Warn,
    /// Also what goes as it should.
    Info,
    /// Also every step.
    Debug,
}

/// A group of metrics that a mapping emits where its template asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricGroup {
    /// `PolledEventCount` and its like.
    EventCount,
    /// `ErrorCount`.
    ErrorCount,
    /// `MaxOffsetLag`, `SumOffsetLag`.
    KafkaMetrics,
}

/// The number of event pollers of a provisioned mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pollers {
    /// At least so many.
    pub minimum: u32,
    /// At most so many; never more than the topic has partitions.
    pub maximum: u32,
}

/// Where a consumer group without committed offsets begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// With the oldest record.
    TrimHorizon,
    /// With what is published from now on.
    Latest,
    /// With the first record at or after this time.
    AtTimestamp(jiff::Timestamp),
}

/// A `DynamoDB` table; its key attributes are strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `TableName`, resolved.
    pub name: String,
    /// The HASH key's attribute.
    pub partition_key: String,
    /// The RANGE key's attribute.
    pub sort_key: Option<String>,
    /// The attribute that holds the time after which an item may be deleted (epoch seconds).
    pub ttl_attribute: Option<String>,
}

/// An SQS standard queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// `QueueName`, resolved.
    pub name: String,
}

/// An S3 bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// `BucketName`, resolved.
    pub name: String,
}

/// An SNS standard topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationTopic {
    /// `TopicName`, resolved.
    pub name: String,
}

/// A topic of the Kafka cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaTopic {
    /// `TopicName`, resolved.
    pub name: String,
    /// `PartitionCount`.
    pub partitions: u32,
}

/// Something in a template that is neither imitated nor needed by what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The template.
    pub file: PathBuf,
    /// Line in it, counted from 1.
    pub line: usize,
    /// What is passed over, e.g. "the event Nightly of type Schedule".
    pub what: String,
}

/// What templates cannot know by themselves.
#[derive(Clone, Debug, Default)]
pub struct TemplateSettings {
    /// Values over the templates' defaults. Each must be declared by at least one of the templates.
    pub parameters: BTreeMap<String, String>,
    /// Base URL of the AWS endpoint, e.g. `http://127.0.0.1:4566`: a queue's URL is `{this}/{account}/{name}`.
    pub emulator_endpoint: String,
}

impl Template {
    /// Reads templates that are deployed as stacks of one stage. Names of functions, queues, tables and
    /// buckets, and consumer groups, must be unique over all of them.
    pub fn read(files: &[PathBuf], settings: &TemplateSettings) -> Result<Self, TemplateError> {
        let mut template = Self::default();
        let mut declared = BTreeSet::new();
        let mut names = BTreeSet::new();
        for file in files {
            let text = std::fs::read_to_string(file)
                .map_err(|source| TemplateError::File { path: file.clone(), source })?;
            template
                .add(&text, settings, &mut declared, &mut names)
                .map_err(|located| located.in_file(file))?;
        }
        match settings.parameters.keys().find(|name| !declared.contains(*name)) {
            None => Ok(template),
            Some(name) => {
                let known = declared.into_iter().collect::<Vec<_>>().join(", ");
                Err(TemplateError::UnknownParameter { name: name.clone(), known })
            }
        }
    }

    fn add(
        &mut self,
        text: &str,
        settings: &TemplateSettings,
        declared: &mut BTreeSet<String>,
        names: &mut BTreeSet<(&'static str, String)>,
    ) -> Within<()> {
        let root = yaml::parse(text)?;
        let sections = root.map("a template")?;
        check_sections(sections)?;
        if let Some(parameters) = find(sections, "Parameters") {
            declared.extend(parameters.map("Parameters")?.iter().map(|entry| entry.key.clone()));
        }
        let globals = function_globals(sections)?;
        let scope = Scope::new(sections, settings)?;
        for resource in &scope.resources {
            let exists =
                resource.condition()?.map(|name| scope.condition(name, resource.line)).transpose()?;
            if exists != Some(false) {
                self.add_resource(&scope, resource, globals, names)?;
            }
        }
        Ok(())
    }

    fn add_resource(
        &mut self,
        scope: &Scope<'_>,
        resource: &Resource<'_>,
        globals: &[Entry],
        names: &mut BTreeSet<(&'static str, String)>,
    ) -> Within<()> {
        let mut claim = |kind, name: &str| {
            if names.insert((kind, name.to_owned())) {
                return Ok(());
            }
            Err(Located::new(resource.line, Fault::Duplicate { name: format!("the {kind} {name}") }))
        };
        match resource.kind {
            "AWS::Serverless::Function" => {
                let function = function::read(scope, resource, globals)?;
                claim("function", &function.name)?;
                for mapping in &function.mappings {
                    claim("mapping", &mapping.id)?;
                    claim("consumer group", &mapping.consumer_group_id)?;
                }
                self.functions.push(function);
            }
            "AWS::SQS::Queue" => {
                let queue = stores::queue(scope, resource)?;
                claim("queue", &queue.name)?;
                self.queues.push(queue);
            }
            "AWS::DynamoDB::Table" => {
                let table = stores::table(scope, resource)?;
                claim("table", &table.name)?;
                self.tables.push(table);
            }
            "AWS::S3::Bucket" => {
                let bucket = stores::bucket(scope, resource)?;
                claim("bucket", &bucket.name)?;
                self.buckets.push(bucket);
            }
            kind if would_run_something(kind) => {
                let construct = format!("resources of type {kind}");
                let remedy = "describe functions as AWS::Serverless::Function with MSK events";
                return Err(Located::unsupported(resource.line, construct, remedy));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Types that hold functions, triggers or tables which would be missing if they were passed over.
fn would_run_something(kind: &str) -> bool {
    kind.starts_with("AWS::Serverless::")
        || matches!(
            kind,
            "AWS::Lambda::Function"
                | "AWS::Lambda::EventSourceMapping"
                | "AWS::CloudFormation::Stack"
                | "AWS::DynamoDB::GlobalTable"
        )
}

fn check_sections(sections: &[Entry]) -> Within<()> {
    const SECTIONS: [&str; 9] = [
        "AWSTemplateFormatVersion",
        "Transform",
        "Description",
        "Metadata",
        "Parameters",
        "Conditions",
        "Globals",
        "Resources",
        "Outputs",
    ];
    if let Some(other) = sections.iter().find(|entry| !SECTIONS.contains(&entry.key.as_str())) {
        let construct = format!("the section {}", other.key);
        return Err(Located::unsupported(other.line, construct, "correct its spelling or write it out"));
    }
    if let Some(transform) = find(sections, "Transform")
        && transform.text("Transform").ok() != Some("AWS::Serverless-2016-10-31")
    {
        let construct = "any Transform but AWS::Serverless-2016-10-31";
        return Err(Located::unsupported(transform.line, construct, "write out what the other one makes"));
    }
    match find(sections, "Resources") {
        Some(_) => Ok(()),
        None => Err(Located::new(1, Fault::Missing { of: "the template".to_owned(), name: "Resources" })),
    }
}

fn function_globals(sections: &[Entry]) -> Within<&[Entry]> {
    let globals = find(sections, "Globals").map_or(Ok(&[] as &[Entry]), |node| node.map("Globals"))?;
    find(globals, "Function").map_or(Ok(&[]), |node| node.map("Globals.Function"))
}

//! Reads functions: `AWS::Serverless::Function` with its Globals, and `AWS::Lambda::Function`.

mod code;
mod events;
pub(super) mod globals;

use std::collections::BTreeMap;
use std::time::Duration;

use tidings_trigger::Mapping;

use super::error::{Fault, Located, Result};
use super::properties::{Properties, check_name};
use super::resource::Resource;
use super::scope::{Scope, Unset};
use super::yaml::{Entry, Value, find};
use super::{Code, Function};

const EVALUATED: [&str; 8] = [
    "Environment",
    "FunctionName",
    "Handler",
    "MemorySize",
    "PackageType",
    "ReservedConcurrentExecutions",
    "Runtime",
    "Timeout",
];
/// Properties for deployment, permissions and observability, which have no effect locally.
const MEANINGLESS_HERE: [&str; 15] = [
    "Architectures",
    "CodeSigningConfigArn",
    "Description",
    "EphemeralStorage",
    "FunctionScalingConfig",
    "ImageConfig",
    "KmsKeyArn",
    "LoggingConfig",
    "PublishToLatestPublished",
    "RecursiveLoop",
    "Role",
    "RuntimeManagementConfig",
    "SnapStart",
    "Tags",
    "VpcConfig",
];
const MEANINGLESS_IN_SAM: [&str; 18] = [
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "DeadLetterQueue",
    "DeploymentPreference",
    "EventInvokeConfig",
    "FunctionUrlConfig",
    "ImageUri",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "RolePath",
    "SourceKMSKeyArn",
    "Tracing",
    "VersionDeletionPolicy",
    "VersionDescription",
];
const MEANINGLESS_IN_CLOUD_FORMATION: [&str; 2] = ["DeadLetterConfig", "TracingConfig"];
/// Properties for things that a function has on AWS but not locally.
const IGNORED: [&str; 5] =
    ["CapacityProviderConfig", "DurableConfig", "FileSystemConfigs", "Layers", "TenancyConfig"];
/// Lambda's limits (AWS Lambda developer guide, "Lambda quotas"). With a Kafka mapping, the limit is 14 minutes
/// instead of 15.
const TIMEOUT_SECONDS: std::ops::RangeInclusive<u32> = 1..=900;
const TIMEOUT_SECONDS_WITH_KAFKA: u64 = 840;
const MEMORY_MB: std::ops::RangeInclusive<u32> = 128..=10_240;

/// The resource type of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `AWS::Serverless::Function`.
    Serverless,
    /// `AWS::Lambda::Function`.
    Plain,
}

impl Kind {
    fn code_property(self) -> &'static str {
        match self {
            Self::Serverless => "CodeUri",
            Self::Plain => "Code",
        }
    }

    fn check(self, properties: &Properties<'_>) -> Result<()> {
        let (evaluated, meaningless): (&[&str], &[&str]) = match self {
            Self::Serverless => (&["CodeUri", "InlineCode", "Events"], &MEANINGLESS_IN_SAM),
            Self::Plain => (&["Code"], &MEANINGLESS_IN_CLOUD_FORMATION),
        };
        let evaluated = [EVALUATED.as_slice(), evaluated, &IGNORED].concat();
        properties.only(&evaluated, &[MEANINGLESS_HERE.as_slice(), meaningless].concat())
    }
}

/// A function whose triggers may not all be known yet, because a later template may have mappings to it.
pub(super) struct Draft {
    pub id: String,
    pub line: usize,
    pub name: String,
    /// The mappings of its events, with the events' lines.
    pub mappings: Vec<(usize, Mapping)>,
    timeout_line: usize,
    /// An error here is reported only if the function has a Kafka trigger.
    body: Result<Function>,
}

/// The outcome of a draft once all triggers are known.
pub(super) enum Finished {
    Function(Box<Function>),
    /// It cannot run locally and no Kafka topic triggers it. Holds the line and a description with the reason.
    Ignored(usize, String),
}

/// Reads a function resource.
pub(super) fn read(
    scope: &Scope<'_>,
    resource: &Resource<'_>,
    kind: Kind,
    globals: &[Entry],
) -> Result<Draft> {
    let merged = globals::merge(&resource.applicable(globals)?, resource.properties()?);
    let properties = Properties::new(scope, &merged, format!("function {}", resource.id), resource.line);
    let name = scope.physical_name(resource, resource.line)?;
    check_name("FunctionName", &name, resource.line, 64, "-_")?;
    let events = if kind == Kind::Serverless { properties.written("Events") } else { None };
    Ok(Draft {
        id: resource.id.to_owned(),
        line: resource.line,
        mappings: events::read(scope, events, &name)?,
        timeout_line: properties.written("Timeout").map_or(resource.line, |node| node.line),
        body: body(scope, &properties, resource, kind, &name),
        name,
    })
}

fn body(
    scope: &Scope<'_>,
    properties: &Properties<'_>,
    resource: &Resource<'_>,
    kind: Kind,
    name: &str,
) -> Result<Function> {
    kind.check(properties)?;
    let image = code::image(properties)?;
    let runtime = match image {
        Some(_) => None,
        None => Some(properties.required("Runtime")?.text("Runtime")?.to_owned()),
    };
    let handler = code::handler(properties, runtime.as_deref())?;
    let function = Function {
        name: name.to_owned(),
        binary: code::binary(resource)?,
        handler,
        runtime,
        code: image.map_or_else(|| code::code(scope, properties, resource, kind), Ok)?,
        environment: environment(scope, properties, resource.id)?,
        timeout: Duration::from_secs(properties.count("Timeout", TIMEOUT_SECONDS)?.unwrap_or(3).into()),
        memory_mb: properties.count("MemorySize", MEMORY_MB)?.unwrap_or(128),
        reserved_concurrency: properties.count("ReservedConcurrentExecutions", 0..=u32::MAX)?,
        mappings: Vec::new(),
    };
    // Code that runs elsewhere has them there.
    if let Code::Here(_) = function.code {
        properties.notice(&IGNORED);
    }
    Ok(function)
}

/// The environment variables. As in SAM's CLI, a reference to something that does not exist locally becomes its
/// logical id, with a notice.
fn environment(scope: &Scope<'_>, properties: &Properties<'_>, id: &str) -> Result<BTreeMap<String, String>> {
    let (Some(environment), stand_ins) = properties.get_with_stand_ins("Environment", Unset::OfAws)? else {
        return Ok(BTreeMap::new());
    };
    for (line, construct) in stand_ins {
        scope.notice(line, format!("{construct} in the environment of function {id}"));
    }
    let section = environment.map("Environment")?;
    Properties::new(scope, section, "Environment", environment.line).only(&["Variables"], &[])?;
    let variables = find(section, "Variables").map_or(Ok(&[] as &[Entry]), |node| node.map("Variables"))?;
    variables
        .iter()
        .map(|variable| {
            let text = match &variable.node.value {
                Value::Null => "",
                _ => variable.node.text(&variable.key)?,
            };
            Ok((variable.key.clone(), text.to_owned()))
        })
        .collect()
}

impl Draft {
    /// Completes the function with all its mappings.
    pub fn finish(self) -> Result<Finished> {
        let mut function = match self.body {
            Ok(Function { code: Code::Elsewhere { line, construct }, .. }) if self.mappings.is_empty() => {
                return Ok(Finished::Ignored(line, format!("function {}, because of {construct}", self.id)));
            }
            Ok(function) => function,
            Err(Located { line, fault: Fault::Unsupported { construct, .. } })
                if self.mappings.is_empty() =>
            {
                return Ok(Finished::Ignored(line, format!("function {}, because of {construct}", self.id)));
            }
            Err(Located { line, fault: Fault::MissingParameter { name } }) if self.mappings.is_empty() => {
                let what = format!("function {}, because parameter {name} has no value", self.id);
                return Ok(Finished::Ignored(line, what));
            }
            Err(located) => return Err(located),
        };
        let seconds = function.timeout.as_secs();
        if !self.mappings.is_empty() && seconds > TIMEOUT_SECONDS_WITH_KAFKA {
            let expected =
                format!("at most {TIMEOUT_SECONDS_WITH_KAFKA} for a function with a Kafka mapping");
            return Err(Located::value(self.timeout_line, "Timeout", seconds, expected));
        }
        function.mappings = self.mappings.into_iter().map(|(_, mapping)| mapping).collect();
        Ok(Finished::Function(Box::new(function)))
    }
}

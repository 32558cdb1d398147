//! The deployments that are checked. Together they cover both outcomes of each condition.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::catalogs::Catalogs;
use crate::error::CheckError;
use crate::template::Template;

/// Values for the parameters of the platform.
pub struct Variant {
    /// Its name in findings.
    pub name: &'static str,
    /// The platform's parameters; the domains get its outputs.
    pub platform: &'static [(&'static str, &'static str)],
}

/// A production stage; a small one without optional parts that sends spans to `CloudWatch`; and one in an existing
/// network that sends spans to a collector.
pub const VARIANTS: &[Variant] = &[
    Variant {
        name: PRODUCTION,
        platform: &[
            ("Stage", "prod"),
            ("Size", "production"),
            ("AuditReplicaBucketArn", "arn:aws:s3:::audit-replica"),
            ("AuditReplicaKeyArn", "arn:aws:kms:eu-west-1:111122223333:key/replica"),
            ("SesIdentityDomain", "bank.example.com"),
            ("AlarmEmail", "operations@bank.example.com"),
            ("PublisherSecurityGroupId", "sg-1"),
        ],
    },
    Variant {
        name: "small",
        platform: &[
            ("Stage", "dev"),
            ("Size", "small"),
            ("PartialBatchResponses", "false"),
            ("Tracing", "Otlp"),
        ],
    },
    Variant {
        name: "existing network",
        platform: &[
            ("Stage", "dev"),
            ("Size", "small"),
            ("ExistingVpcId", "vpc-1"),
            ("ExistingSubnetIds", "subnet-1,subnet-2,subnet-3"),
            ("PartialBatchResponses", "false"),
            ("Tracing", "Otlp"),
            ("OtlpEndpoint", "https://collector.bank.example.com/v1/traces"),
        ],
    },
];

/// The variant that `docs/permissions/` is about.
pub const PRODUCTION: &str = "production";

/// The parameters that `scripts/deploy` reads from the cluster and passes to each domain.
const BROKERS: (&str, &str) = ("KafkaBootstrapServers", "b-1.tidings.example.com:9098");

/// The stacks of a stage and the values that a stage's file gives their parameters.
pub struct Stacks {
    platform: String,
    domains: Vec<String>,
    parameters: BTreeMap<String, BTreeMap<String, String>>,
}

/// `infra/stacks.toml`.
#[derive(Deserialize)]
struct Listed {
    stacks: Vec<String>,
}

/// The part of a file in `infra/stages/` that is read here: for each stack, a list of `NAME=VALUE`.
#[derive(Deserialize)]
struct Stage {
    parameters: BTreeMap<String, Vec<String>>,
}

impl Stacks {
    /// Reads `infra/stacks.toml` and the parameters of the stage `test`.
    pub fn read(root: &Path) -> Result<Self, CheckError> {
        let path = root.join("infra/stacks.toml");
        let mut stacks = toml_file::<Listed>(&path)?.stacks.into_iter();
        let platform = stacks.next().ok_or_else(|| CheckError::NoStacks(path.display().to_string()))?;
        let stage: Stage = toml_file(&root.join("infra/stages/test.toml"))?;
        let pairs = |list: Vec<String>| {
            let pairs = list.iter().filter_map(|it| it.split_once('='));
            pairs.map(|(name, value)| (name.to_owned(), unquoted(value).to_owned())).collect()
        };
        let parameters = stage.parameters.into_iter().map(|(stack, list)| (stack, pairs(list))).collect();
        Ok(Self { platform, domains: stacks.collect(), parameters })
    }
}

/// A value without the quotation marks that a shell would remove.
fn unquoted(value: &str) -> &str {
    let within = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).unwrap_or(value)
}

/// The template of each stack as one variant deploys it, and the domains' events.
pub struct Deployment {
    /// The stack that all others use.
    pub platform: Template,
    /// The other stacks, each with a domain's topics and functions.
    pub domains: Vec<Template>,
    /// What each domain publishes.
    pub catalogs: Catalogs,
}

impl Deployment {
    /// Evaluates the templates of a folder. Those of domains get the platform's outputs as parameters of the same name,
    /// as the deployment passes them on.
    pub fn read(folder: &Path, stacks: &Stacks, variant: &Variant) -> Result<Self, CheckError> {
        let template = |name: &str, parameters: &BTreeMap<String, String>| {
            let path = folder.join(format!("{name}.json"));
            Template::new(name, json_file(&path)?, parameters)
                .map_err(|error| CheckError::Template { path: path.display().to_string(), error })
        };
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let platform = template(&stacks.platform, &variant.platform.iter().map(owned).collect())?;
        let domains = stacks.domains.iter().map(|name| {
            let mut parameters = stacks.parameters.get(name).cloned().unwrap_or_default();
            parameters.extend([owned(&BROKERS)]);
            parameters.extend(platform.outputs.clone());
            template(name, &parameters)
        });
        let domains = domains.collect::<Result<_, _>>()?;
        Ok(Self { platform, domains, catalogs: json_file(&folder.join("catalogs.json"))? })
    }

    /// The template of each stack.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        [&self.platform].into_iter().chain(&self.domains)
    }
}

fn json_file<T: DeserializeOwned>(path: &Path) -> Result<T, CheckError> {
    let text = fs::read_to_string(path).map_err(CheckError::file(path))?;
    serde_json::from_str(&text).map_err(|error| CheckError::Json { path: path.display().to_string(), error })
}

fn toml_file<T: DeserializeOwned>(path: &Path) -> Result<T, CheckError> {
    let text = fs::read_to_string(path).map_err(CheckError::file(path))?;
    toml::from_str(&text)
        .map_err(|error| CheckError::Toml { path: path.display().to_string(), error: Box::new(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_without_its_quotation_marks() {
        for (written, value) in [("a b", "a b"), ("\"a b\"", "a b"), ("'a b'", "a b"), ("\"", "\""), ("", "")]
        {
            assert_eq!(unquoted(written), value, "{written}");
        }
    }
}

//! The ways to deploy that the checks look at; together they decide each condition both ways.

use std::{collections::BTreeMap, fs, path::Path};

use crate::error::CheckError;
use crate::template::Template;

/// Values for the parameters of both templates.
pub struct Variant {
    /// What findings call it.
    pub name: &'static str,
    /// Of `infra/platform.yaml`.
    pub platform: &'static [(&'static str, &'static str)],
    /// Of `infra/functions.yaml`, besides the platform's outputs.
    pub functions: &'static [(&'static str, &'static str)],
}

/// A stage in production; a small one with nothing that can be left out, and spans to `CloudWatch`; one in a network that
/// is there, and spans to a collector.
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
        functions: &[("Stage", "prod")],
    },
    Variant {
        name: "small",
        platform: &[
            ("Stage", "dev"),
            ("Size", "small"),
            ("PartialBatchResponses", "false"),
            ("Tracing", "Otlp"),
        ],
        functions: &[("Stage", "dev")],
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
        functions: &[("Stage", "dev")],
    },
];

/// The variant that `docs/permissions.md` is about.
pub const PRODUCTION: &str = "production";

/// Parameters that have no default and are not the platform's to say.
const GIVEN: &[(&str, &str)] = &[
    ("EmailFrom", "no-reply@bank.example.com"),
    ("KafkaBootstrapServers", "b-1.tidings.example.com:9098"),
    ("PortalUrl", "https://portal.bank.example.com"),
];

/// Both templates of a variant. The functions get the platform's outputs as parameters of the same name, as the
/// deployment passes them on.
pub struct Deployment {
    /// `infra/platform.yaml`.
    pub platform: Template,
    /// `infra/functions.yaml`.
    pub functions: Template,
}

impl Deployment {
    /// Evaluates `platform.json` and `functions.json` of a folder.
    pub fn read(folder: &Path, variant: &Variant) -> Result<Self, CheckError> {
        let template = |name: &str, parameters: &BTreeMap<String, String>| {
            let path = folder.join(name);
            let shown = || path.display().to_string();
            let text = fs::read_to_string(&path).map_err(CheckError::file(&path))?;
            let source =
                serde_json::from_str(&text).map_err(|error| CheckError::Json { path: shown(), error })?;
            Template::new(source, parameters).map_err(|error| CheckError::Template { path: shown(), error })
        };
        let owned = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let platform = template("platform.json", &owned(variant.platform))?;
        let mut parameters = owned(GIVEN);
        parameters.extend(platform.outputs.clone());
        parameters.extend(owned(variant.functions));
        let functions = template("functions.json", &parameters)?;
        Ok(Self { platform, functions })
    }

    /// Both templates.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        [&self.platform, &self.functions].into_iter()
    }
}

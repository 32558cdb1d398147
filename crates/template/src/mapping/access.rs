//! `SourceAccessConfigurations`: Lambda's network and credentials for the cluster. It has no effect locally, but what
//! SAM or Lambda would reject is reported.

use super::super::error::{Fault, Located, Result};
use super::super::properties::Properties;
use super::super::scope::Scope;
use super::super::yaml::{Node, find};
use super::Form;

const NAME: &str = "SourceAccessConfigurations";

/// For Amazon MSK (AWS Lambda API reference, `SourceAccessConfiguration`).
const OF_MSK: [&str; 2] = ["SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"];

/// For a self-managed cluster, SAM accepts only one of these; those in [`WITHOUT_URI`] need no `URI`. All rules for
/// `SelfManagedKafka` come from <https://github.com/aws/serverless-application-model>,
/// `samtranslator/model/eventsources/pull.py`.
const AUTHENTICATION: [&str; 7] = [
    "SASL_SCRAM_256_AUTH",
    "SASL_SCRAM_512_AUTH",
    "BASIC_AUTH",
    "CLIENT_CERTIFICATE_TLS_AUTH",
    "OAUTHBEARER_AUTH",
    "IAM_AUTH",
    "IAM_OAUTHBEARER_AUTH",
];
const WITHOUT_URI: [&str; 2] = ["IAM_AUTH", "IAM_OAUTHBEARER_AUTH"];
const BESIDE: [&str; 5] = [
    "SERVER_ROOT_CA_CERTIFICATE",
    "OAUTHBEARER_SCOPE",
    "OAUTHBEARER_AUDIENCE",
    "OAUTHBEARER_LOGICAL_CLUSTER",
    "OAUTHBEARER_IDENTITY_POOL",
];
const SUBNET: &str = "VPC_SUBNET";
const SECURITY_GROUP: &str = "VPC_SECURITY_GROUP";

/// Checks literal values. Values of functions are left to AWS.
pub(super) fn check(scope: &Scope<'_>, form: Form, properties: &Properties<'_>) -> Result<()> {
    let Some(node) = properties.written(NAME) else {
        return if form == Form::SelfManagedKafka { Err(properties.missing(NAME)) } else { Ok(()) };
    };
    // For a self-managed cluster, SAM resolves references to parameters and rejects other functions.
    if let Some((function, _)) = node.intrinsic()
        && (form != Form::SelfManagedKafka || function == "Ref")
    {
        return Ok(());
    }
    let entries = node.list(NAME)?;
    let written = entries.iter().filter(|entry| entry.intrinsic().is_none());
    let configurations = written.map(Configuration::read).collect::<Result<Vec<_>>>()?;
    match form {
        Form::SelfManagedKafka if entries.is_empty() => Err(properties.missing(NAME)),
        Form::SelfManagedKafka => self_managed(node, &configurations),
        Form::Resource if properties.written("SelfManagedEventSource").is_some() => Ok(()),
        Form::Msk | Form::Resource => {
            for Configuration { kind, line, .. } in configurations {
                if let Some(kind) = kind.filter(|kind| !OF_MSK.contains(kind)) {
                    let what = format!("{kind} in {NAME} of {}, which Lambda does not list", properties.of());
                    scope.notice(line, format!("{what} for Amazon MSK ({})", OF_MSK.join(", ")));
                }
            }
            Ok(())
        }
    }
}

/// One entry of the list.
struct Configuration<'a> {
    line: usize,
    /// `None` if it is a function.
    kind: Option<&'a str>,
    has_uri: bool,
}

impl<'a> Configuration<'a> {
    fn read(node: &'a Node) -> Result<Self> {
        let entries = node.map(NAME)?;
        let missing = || Fault::Missing { of: format!("an entry of {NAME}"), name: "Type" };
        let kind = find(entries, "Type").ok_or_else(|| Located::new(node.line, missing()))?;
        let kind = if kind.intrinsic().is_some() { None } else { Some(kind.text("Type")?) };
        let has_uri = match find(entries, "URI") {
            Some(uri) => uri.intrinsic().is_some() || !uri.text("URI")?.is_empty(),
            None => false,
        };
        Ok(Self { line: node.line, kind, has_uri })
    }
}

fn self_managed(node: &Node, configurations: &[Configuration<'_>]) -> Result<()> {
    let mut authenticated = false;
    for Configuration { line, kind, has_uri } in configurations {
        let Some(kind) = kind else { continue };
        if AUTHENTICATION.contains(kind) {
            if std::mem::replace(&mut authenticated, true) {
                let reason = format!("SAM accepts only one type of authentication; remove {kind}");
                return Err(Located::new(*line, Fault::Refused { name: NAME.to_owned(), reason }));
            }
        } else if !BESIDE.contains(kind) && ![SUBNET, SECURITY_GROUP].contains(kind) {
            let expected = [&AUTHENTICATION[..], &BESIDE, &[SUBNET, SECURITY_GROUP]].concat().join(", ");
            return Err(Located::value(*line, format!("Type in {NAME}"), kind, format!("one of {expected}")));
        }
        if !has_uri && !WITHOUT_URI.contains(kind) {
            let of = format!("{kind} in {NAME}");
            return Err(Located::new(*line, Fault::Missing { of, name: "URI" }));
        }
    }
    let has = |kind| configurations.iter().any(|one| one.kind == Some(kind));
    for (one, other) in [(SUBNET, SECURITY_GROUP), (SECURITY_GROUP, SUBNET)] {
        if has(one) && !has(other) && configurations.iter().all(|one| one.kind.is_some()) {
            let of = format!("{NAME} with {one}");
            return Err(Located::new(node.line, Fault::Missing { of, name: other }));
        }
    }
    Ok(())
}

//! Everything is encrypted with the stage's data key, the audit and its query results with the audit key. Other keys
//! belong to AWS, or to an account that can disable them.

use serde_json::Value;

use crate::finding::Finding;
use crate::template::Resource;
use crate::variants::Deployment;

/// Properties that name a key of this account.
const PROPERTIES: &[&str] =
    &["DataVolumeKMSKeyId", "KMSMasterKeyID", "KMSMasterKeyId", "KmsKey", "KmsKeyId", "KmsMasterKeyId"];
/// Parts of the names of buckets that use the audit key.
const OF_AUDIT: &[&str] = &["-audit-", "-query-results-"];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, resource) in deployment.templates().flat_map(|it| &it.resources) {
        let of_audit = resource.kind == "AWS::Athena::WorkGroup"
            || resource.kind == "AWS::S3::Bucket" && OF_AUDIT.iter().any(|it| resource.name.contains(it));
        let alias = if of_audit { "-audit" } else { "-data" };
        let wanted = key(deployment, alias);
        for named in keys(&resource.properties) {
            if !wanted.is_some_and(|key| *named == *key.arn || *named == *key.name) {
                found.push(Finding::new(id, format!("is encrypted with {named}, not with the key{alias}")));
            }
        }
    }
    found
}

/// The key whose alias ends with `alias`.
fn key<'a>(deployment: &'a Deployment, alias: &str) -> Option<&'a Resource> {
    let mut aliases = deployment.platform.of_kind("AWS::KMS::Alias");
    let (_, alias) =
        aliases.find(|(_, it)| it.properties["AliasName"].as_str().is_some_and(|it| it.ends_with(alias)))?;
    let mut keys = deployment.platform.of_kind("AWS::KMS::Key");
    keys.find(|(_, it)| alias.properties["TargetKeyId"] == it.name.as_str()).map(|(_, it)| it)
}

fn keys(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(entries) => entries
            .iter()
            .flat_map(|(name, it)| if PROPERTIES.contains(&name.as_str()) { vec![it] } else { keys(it) })
            .collect(),
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

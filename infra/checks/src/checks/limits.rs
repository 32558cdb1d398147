//! What CloudFormation, IAM and Lambda take at most.

use super::Finding;
use crate::template::Template;
use crate::variants::Deployment;

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const RESOURCES: usize = 500;
const PARAMETERS: usize = 200;
const OUTPUTS: usize = 200;
const TEMPLATE_BYTES: usize = 1_000_000;
/// All inline policies of a role together, without blanks.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const ROLE_POLICY_CHARACTERS: usize = 10_240;
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const ENVIRONMENT_BYTES: usize = 4 * 1024;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let names = ["platform.yaml", "functions.yaml"];
    let mut found: Vec<Finding> =
        deployment.templates().zip(names).flat_map(|(it, name)| of_template(it, name)).collect();
    for (id, role) in deployment.templates().flat_map(|it| it.of_kind("AWS::IAM::Role")) {
        let policies = role.properties["Policies"].as_array().into_iter().flatten();
        let size = policies.map(|policy| policy["PolicyDocument"].to_string().len()).sum();
        found.extend(too_many(id, "characters of policies", size, ROLE_POLICY_CHARACTERS));
    }
    for (id, function) in deployment.functions.of_kind("AWS::Lambda::Function") {
        let size = function.properties["Environment"]["Variables"].to_string().len();
        found.extend(too_many(id, "bytes of variables", size, ENVIRONMENT_BYTES));
    }
    found
}

fn of_template(template: &Template, name: &str) -> Vec<Finding> {
    let count = |section: &str| template.source[section].as_object().map_or(0, serde_json::Map::len);
    let sizes = [
        ("resources", count("Resources"), RESOURCES),
        ("parameters", count("Parameters"), PARAMETERS),
        ("outputs", count("Outputs"), OUTPUTS),
        ("bytes", template.source.to_string().len(), TEMPLATE_BYTES),
    ];
    sizes.into_iter().filter_map(|(what, size, most)| too_many(name, what, size, most)).collect()
}

fn too_many(at: &str, what: &str, size: usize, most: usize) -> Option<Finding> {
    (size > most).then(|| Finding::new(at, format!("has {size} {what}; {most} are the most")))
}

//! The templates stay within the limits of CloudFormation, IAM and Lambda.

use crate::finding::Finding;
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

/// Names that begin with the stage's, and their longest.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>,
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
const NAMES: &[(&str, usize)] =
    &[("AWS::Lambda::Function", 64), ("AWS::SQS::Queue", 80), ("AWS::S3::Bucket", 63)];
/// The longest name of a stage, by the parameter `Stage`.
const STAGE_CHARACTERS: usize = 16;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found: Vec<Finding> = deployment.templates().flat_map(of_template).collect();
    let stage = deployment.platform.outputs.get("Stage").map_or(0, String::len);
    for (kind, most) in NAMES {
        for (id, resource) in deployment.templates().flat_map(|it| it.of_kind(kind)) {
            let longest = resource.name.len() + STAGE_CHARACTERS.saturating_sub(stage);
            found.extend(too_many(id, "characters of a name at the longest stage", longest, *most));
        }
    }
    for (id, role) in deployment.templates().flat_map(|it| it.of_kind("AWS::IAM::Role")) {
        let policies = role.properties["Policies"].as_array().into_iter().flatten();
        let size = policies.map(|policy| policy["PolicyDocument"].to_string().len()).sum();
        found.extend(too_many(id, "characters of policies", size, ROLE_POLICY_CHARACTERS));
    }
    for (id, function) in deployment.templates().flat_map(|it| it.of_kind("AWS::Lambda::Function")) {
        let size = function.properties["Environment"]["Variables"].to_string().len();
        found.extend(too_many(id, "bytes of variables", size, ENVIRONMENT_BYTES));
    }
    found
}

fn of_template(template: &Template) -> Vec<Finding> {
    let count = |section: &str| template.source[section].as_object().map_or(0, serde_json::Map::len);
    let sizes = [
        ("resources", count("Resources"), RESOURCES),
        ("parameters", count("Parameters"), PARAMETERS),
        ("outputs", count("Outputs"), OUTPUTS),
        ("bytes", template.source.to_string().len(), TEMPLATE_BYTES),
    ];
    sizes.into_iter().filter_map(|(what, size, most)| too_many(&template.file(), what, size, most)).collect()
}

fn too_many(at: &str, what: &str, size: usize, most: usize) -> Option<Finding> {
    (size > most).then(|| Finding::new(at, format!("has {size} {what}; the limit is {most}")))
}

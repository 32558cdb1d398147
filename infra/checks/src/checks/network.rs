//! Nothing is reachable from the internet, and only functions that publish are in the VPC.

use super::Finding;
use crate::roles::functions;
use crate::variants::Deployment;

/// Ways to the internet.
const WAYS_OUT: &[&str] =
    &["AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::Lambda::Url"];
/// Every address.
const EVERYWHERE: &[&str] = &["0.0.0.0/0", "::/0"];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, resource) in deployment.templates().flat_map(|it| &it.resources) {
        if WAYS_OUT.contains(&resource.kind.as_str()) {
            found.push(Finding::new(id, format!("is a way to the internet ({})", resource.kind)));
        }
        let rules = resource.properties["SecurityGroupIngress"].as_array().into_iter().flatten();
        let own = (resource.kind == "AWS::EC2::SecurityGroupIngress").then_some(&resource.properties);
        for rule in rules.chain(own) {
            let from = [&rule["CidrIp"], &rule["CidrIpv6"]];
            if from.iter().any(|it| it.as_str().is_some_and(|it| EVERYWHERE.contains(&it))) {
                found.push(Finding::new(id, "lets everybody in"));
            }
        }
    }
    for function in functions(deployment) {
        let publishes = function.variable("KAFKA_BOOTSTRAP_SERVERS").is_some();
        if publishes != function.resource.properties["VpcConfig"].is_object() {
            let problem = if publishes {
                "publishes, but cannot reach the brokers outside the VPC"
            } else {
                "is in the VPC for nothing"
            };
            found.push(Finding::new(function.id, problem));
        }
    }
    found
}

//! The VPC has no way to the internet. Only functions that publish are in it, in each of its zones. Functions, pollers
//! and spans reach AWS through endpoints.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::roles::{Function, functions};
use crate::template::Template;
use crate::values::{number, texts};
use crate::variants::Deployment;

/// Ways to the internet.
const WAYS_OUT: &[&str] =
    &["AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::Lambda::Url"];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, resource) in deployment.templates().flat_map(|it| &it.resources) {
        if WAYS_OUT.contains(&resource.kind.as_str()) {
            found.push(Finding::new(id, format!("is a way to the internet ({})", resource.kind)));
        }
    }
    for function in functions(deployment) {
        let groups = texts(&function.resource.properties["VpcConfig"]["SecurityGroupIds"]);
        let mut clusters = deployment.platform.of_kind("AWS::MSK::Cluster");
        if clusters.any(|(_, it)| {
            let brokers = texts(&it.properties["BrokerNodeGroupInfo"]["SecurityGroups"]);
            brokers.iter().any(|it| groups.contains(it))
        }) {
            found.push(Finding::new(function.binary, "is in the brokers' security group"));
        }
        let zones = texts(&function.resource.properties["VpcConfig"]["SubnetIds"]).len();
        if (1..3).contains(&zones) {
            found.push(Finding::new(function.binary, format!("is in only {zones} of the three subnets")));
        }
        let publishes = function.variable("KAFKA_BOOTSTRAP_SERVERS").is_some();
        if publishes != function.resource.properties["VpcConfig"].is_object() {
            let problem = if publishes {
                "publishes, but is not in the VPC and cannot reach the brokers"
            } else {
                "is in the VPC although it does not publish"
            };
            found.push(Finding::new(function.binary, problem));
        }
    }
    found.extend(pollers(deployment));
    found.extend(endpoints(deployment));
    found.extend(subnets(&deployment.platform));
    found
}

/// On-demand pollers call Lambda and STS from the brokers' subnets, with the brokers' security groups.
fn pollers(deployment: &Deployment) -> Vec<Finding> {
    let platform = &deployment.platform;
    let mut found = Vec::new();
    for (id, cluster) in platform.of_kind("AWS::MSK::Cluster") {
        let groups = texts(&cluster.properties["BrokerNodeGroupInfo"]["SecurityGroups"]);
        let leaves = platform.of_kind("AWS::EC2::SecurityGroupEgress").any(|(_, rule)| {
            let group = rule.properties["GroupId"].as_str();
            number(&rule.properties["FromPort"]) == Some(443) && group.is_some_and(|it| groups.contains(&it))
        });
        if has_on_demand_pollers(deployment) && !leaves {
            found.push(Finding::new(
                id,
                "its on-demand pollers reach neither Lambda nor STS: no egress rule allows port 443",
            ));
        }
    }
    found
}

/// An existing VPC has its own endpoints. A new one gets those for pollers and spans only if they are used.
fn endpoints(deployment: &Deployment) -> Vec<Finding> {
    let platform = &deployment.platform;
    let on_demand = has_on_demand_pollers(deployment);
    let functions = functions(deployment);
    let mut inside = functions.iter().filter(|it| it.resource.properties["VpcConfig"].is_object());
    let in_vpc = inside.clone().next().is_some();
    let spans = inside.any(Function::sends_spans_to_cloudwatch);
    let mut found = Vec::new();
    for (id, _) in platform.of_kind("AWS::EC2::VPC") {
        for (service, caller, calls) in [
            ("s3", "functions", in_vpc),
            ("dynamodb", "functions", in_vpc),
            ("sqs", "functions", in_vpc),
            ("lambda", "on-demand pollers", on_demand),
            ("sts", "on-demand pollers", on_demand),
            ("xray", "spans to CloudWatch", spans),
        ] {
            let has_endpoint = platform.of_kind("AWS::EC2::VPCEndpoint").any(|(_, it)| {
                it.properties["ServiceName"].as_str().is_some_and(|it| it.ends_with(&format!(".{service}")))
            });
            if has_endpoint != calls {
                let problem =
                    format!("has an endpoint to {service}: {has_endpoint}; needs it for {caller}: {calls}");
                found.push(Finding::new(id, problem));
            }
        }
    }
    found
}

/// Each subnet is in a different zone and has the gateway endpoints' routes and all interface endpoints.
fn subnets(platform: &Template) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut zones = BTreeSet::new();
    for (id, subnet) in platform.of_kind("AWS::EC2::Subnet") {
        if !zones.insert(subnet.properties["AvailabilityZone"].to_string()) {
            found.push(Finding::new(id, "is in the same zone as another subnet"));
        }
        let routes = "AWS::EC2::SubnetRouteTableAssociation";
        if !platform.of_kind(routes).any(|(_, it)| it.properties["SubnetId"] == id) {
            found.push(Finding::new(id, "lacks the routes to the gateway endpoints"));
        }
        for (endpoint, it) in platform.of_kind("AWS::EC2::VPCEndpoint") {
            let lacks = it.properties["VpcEndpointType"] == "Interface"
                && !texts(&it.properties["SubnetIds"]).contains(&id);
            if lacks {
                found.push(Finding::new(endpoint, format!("is not in the subnet {id}")));
            }
        }
    }
    found
}

fn has_on_demand_pollers(deployment: &Deployment) -> bool {
    let mut mappings = deployment.templates().flat_map(|it| it.of_kind("AWS::Lambda::EventSourceMapping"));
    mappings.any(|(_, it)| it.properties["ProvisionedPollerConfig"].is_null())
}

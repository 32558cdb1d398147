//! Security groups allow only connections from other groups, each on one port, and to other groups and endpoints. All
//! connections that are needed are allowed.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::finding::Finding;
use crate::template::Template;
use crate::values::{number, texts};
use crate::variants::Deployment;

/// The brokers' listener for IAM.
const BROKERS: i64 = 9098;
const HTTPS: i64 = 443;
/// The only target of a group that connects to nothing. Without any egress rule it could connect to every address.
const NOWHERE: &str = "127.0.0.1/32";

/// A rule of a security group.
struct Rule<'a> {
    at: &'a str,
    group: &'a str,
    /// The property with the other group.
    peer: &'static str,
    says: &'a Value,
}

impl Rule<'_> {
    fn is_on(&self, port: i64) -> bool {
        let ports = [&self.says["FromPort"], &self.says["ToPort"]];
        self.says["IpProtocol"] == "tcp" && ports.iter().all(|it| number(it) == Some(port))
    }

    fn is_narrow(&self) -> bool {
        let egress = self.peer == EGRESS.2;
        let is_one_group =
            self.says[self.peer].is_string() && ADDRESSES.iter().all(|it| self.says[*it].is_null());
        ((self.is_on(BROKERS) || self.is_on(HTTPS)) && is_one_group)
            || (egress && self.says["CidrIp"] == NOWHERE)
            // Endpoints whose addresses and groups are unknown.
            || (egress && self.is_on(HTTPS) && self.says["CidrIp"] == "0.0.0.0/0")
    }
}

/// Properties for addresses instead of a group.
const ADDRESSES: &[&str] = &["CidrIp", "CidrIpv6", "DestinationPrefixListId", "SourcePrefixListId"];

/// A group's property for rules, the resource type of separate rules, and their property for the other group.
type Direction = (&'static str, &'static str, &'static str);
const INGRESS: Direction =
    ("SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId");
const EGRESS: Direction =
    ("SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress", "DestinationSecurityGroupId");

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let platform = &deployment.platform;
    let (ingress, egress) = (rules(platform, INGRESS), rules(platform, EGRESS));
    let mut found = Vec::new();
    for rule in ingress.iter().chain(&egress).filter(|it| !it.is_narrow()) {
        found.push(Finding::new(rule.at, format!("allows more than it has to: {}", rule.says)));
    }
    for (id, group) in platform.of_kind("AWS::EC2::SecurityGroup") {
        if group.properties["SecurityGroupEgress"].as_array().is_none_or(Vec::is_empty) {
            found.push(Finding::new(id, "may connect to every address, because it has no egress rule"));
        }
    }
    for (from, to, port) in connections(deployment) {
        let leaves = egress.iter().any(|it| {
            let there = it.says[it.peer] == to || it.says["CidrIp"] == "0.0.0.0/0";
            it.group == from && it.is_on(port) && there
        });
        let enters = ingress.iter().any(|it| it.group == to && it.is_on(port) && it.says[it.peer] == from);
        if !(leaves && enters) {
            found.push(Finding::new(from, format!("cannot connect to {to} on port {port}")));
        }
    }
    found
}

fn rules(template: &Template, (property, kind, peer): Direction) -> Vec<Rule<'_>> {
    let inside = template.of_kind("AWS::EC2::SecurityGroup").flat_map(move |(at, group)| {
        let rules = group.properties[property].as_array().into_iter().flatten();
        rules.map(move |says| Rule { at, group: at, peer, says })
    });
    let outside = template.of_kind(kind).map(|(at, rule)| {
        let group = rule.properties["GroupId"].as_str().unwrap_or_default();
        Rule { at, group, peer, says: &rule.properties }
    });
    inside.chain(outside).collect()
}

/// The connections that are needed, as pairs of groups with a port: pollers, which have the brokers' groups, and
/// functions in the VPC connect to the brokers and to the template's endpoints.
fn connections(deployment: &Deployment) -> Vec<(&str, &str, i64)> {
    let platform = &deployment.platform;
    let brokers = groups([platform], "AWS::MSK::Cluster", "/BrokerNodeGroupInfo/SecurityGroups");
    let functions = groups(&deployment.domains, "AWS::Lambda::Function", "/VpcConfig/SecurityGroupIds");
    let endpoints = groups([platform], "AWS::EC2::VPCEndpoint", "/SecurityGroupIds");
    let mut found = Vec::new();
    for from in brokers.union(&functions) {
        found.extend(brokers.iter().map(|to| (*from, *to, BROKERS)));
        found.extend(endpoints.iter().map(|to| (*from, *to, HTTPS)));
    }
    found
}

/// The security groups of the resources of a type.
fn groups<'a>(
    templates: impl IntoIterator<Item = &'a Template>,
    kind: &'a str,
    path: &'a str,
) -> BTreeSet<&'a str> {
    let resources = templates.into_iter().flat_map(|it| it.of_kind(kind));
    resources.filter_map(|(_, it)| it.properties.pointer(path)).flat_map(texts).collect()
}

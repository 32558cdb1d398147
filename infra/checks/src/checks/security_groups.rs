//! Security groups let in groups alone, each on one port; they call groups, endpoints, and nothing else; and whoever has
//! to reach somebody does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Finding;
use crate::template::Template;
use crate::values::{number, texts};
use crate::variants::Deployment;

/// Brokers' listener for IAM.
const BROKERS: i64 = 9098;
const HTTPS: i64 = 443;
/// What a group that calls nobody may call; without an egress of its own it could call everybody.
const NOWHERE: &str = "127.0.0.1/32";

/// A rule with the group that it is in.
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
            // Endpoints whose addresses or groups are not known.
            || (egress && self.is_on(HTTPS) && self.says["CidrIp"] == "0.0.0.0/0")
    }
}

/// Properties with addresses instead of a group.
const ADDRESSES: &[&str] = &["CidrIp", "CidrIpv6", "DestinationPrefixListId", "SourcePrefixListId"];

/// A group's property, the type of rules outside of it, and their property with the other group.
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
        found.push(Finding::new(rule.at, format!("lets more through than it has to: {}", rule.says)));
    }
    for (id, group) in platform.of_kind("AWS::EC2::SecurityGroup") {
        if group.properties["SecurityGroupEgress"].as_array().is_none_or(Vec::is_empty) {
            found.push(Finding::new(id, "may call everybody, as it has no egress of its own"));
        }
    }
    for (from, to, port) in connections(deployment) {
        let leaves = egress.iter().any(|it| {
            let there = it.says[it.peer] == to || it.says["CidrIp"] == "0.0.0.0/0";
            it.group == from && it.is_on(port) && there
        });
        let enters = ingress.iter().any(|it| it.group == to && it.is_on(port) && it.says[it.peer] == from);
        if !(leaves && enters) {
            found.push(Finding::new(from, format!("does not reach {to} on {port}")));
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

/// Who has to reach whom: pollers, with the brokers' groups, and functions in the VPC the brokers, and the endpoints that the
/// template makes.
fn connections(deployment: &Deployment) -> Vec<(&str, &str, i64)> {
    let platform = &deployment.platform;
    let brokers = groups(platform, "AWS::MSK::Cluster", "/BrokerNodeGroupInfo/SecurityGroups");
    let functions = groups(&deployment.functions, "AWS::Lambda::Function", "/VpcConfig/SecurityGroupIds");
    let endpoints = groups(platform, "AWS::EC2::VPCEndpoint", "/SecurityGroupIds");
    let mut found = Vec::new();
    for from in brokers.union(&functions) {
        found.extend(brokers.iter().map(|to| (*from, *to, BROKERS)));
        found.extend(endpoints.iter().map(|to| (*from, *to, HTTPS)));
    }
    found
}

/// The security groups that resources of a type name.
fn groups<'a>(template: &'a Template, kind: &'a str, path: &'a str) -> BTreeSet<&'a str> {
    let named = template.of_kind(kind).filter_map(|(_, it)| it.properties.pointer(path));
    named.flat_map(texts).collect()
}

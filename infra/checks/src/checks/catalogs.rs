//! Each topic and each type of event belongs to exactly one domain, and functions read only topics of domains.

use std::collections::BTreeMap;

use crate::catalogs::topics;
use crate::finding::Finding;
use crate::roles::functions;
use crate::values::texts;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    let (mut owners, mut types) = (BTreeMap::new(), BTreeMap::new());
    for (domain, topic) in topics(&deployment.catalogs) {
        found.extend(shared("topic", &topic.name, owners.insert(topic.name.as_str(), domain), domain));
        for it in &topic.event_types {
            found.extend(shared("type of event", &it.name, types.insert(it.name.as_str(), domain), domain));
        }
    }
    for function in functions(deployment) {
        for (id, mapping) in function.mappings() {
            for topic in texts(&mapping.properties["Topics"]).iter().filter(|it| !owners.contains_key(*it)) {
                let problem = format!("{} reads {topic}, which no events/*/topics.json has", function.binary);
                found.push(Finding::new(id, problem));
            }
        }
    }
    found
}

fn shared(what: &str, name: &str, first: Option<&str>, second: &str) -> Option<Finding> {
    let files = format!("events/{}/topics.json and events/{second}/topics.json", first?);
    Some(Finding::new(name, format!("{files} both have this {what}; rename it in one of the domains")))
}

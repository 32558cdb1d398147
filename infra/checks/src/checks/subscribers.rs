//! Functions in a domain's `subscribers.toml` subscribe to the topics listed there, and to no other topic of the domain.

use std::collections::BTreeSet;

use crate::catalogs::Catalog;
use crate::finding::Finding;
use crate::roles::functions;
use crate::values::texts;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut subscriptions = BTreeSet::new();
    for function in functions(deployment) {
        let binary = function.binary;
        for (id, mapping) in function.mappings() {
            for topic in texts(&mapping.properties["Topics"]) {
                if !subscriptions.insert((topic, binary)) {
                    found.push(Finding::new(id, format!("{binary} subscribes to {topic} twice")));
                }
                for (domain, _) in deployment.catalogs.iter().filter(|(_, it)| forbids(it, topic, binary)) {
                    let problem = "lists it under other topics only";
                    found.push(Finding::new(
                        id,
                        format!("{binary} subscribes to {topic}; events/{domain}/subscribers.toml {problem}"),
                    ));
                }
            }
        }
    }
    for (domain, catalog) in &deployment.catalogs {
        for (topic, names) in &catalog.subscribers {
            for name in names.iter().filter(|name| !subscriptions.contains(&(topic.as_str(), name.as_str())))
            {
                found.push(Finding::new(
                    topic,
                    format!(
                        "{name} does not subscribe to it, although events/{domain}/subscribers.toml lists it"
                    ),
                ));
            }
        }
    }
    found
}

/// Whether a topic belongs to the domain whose `subscribers.toml` lists the function only under other topics. A function
/// that is not listed may subscribe to any topic.
fn forbids(catalog: &Catalog, topic: &str, function: &str) -> bool {
    let lists = |names: &Vec<String>| names.iter().any(|it| it == function);
    catalog.topics.iter().any(|it| it.name == topic)
        && catalog.subscribers.values().any(lists)
        && !catalog.subscribers.get(topic).is_some_and(lists)
}

//! Every topic has the subscribers of the catalog.

use std::collections::BTreeSet;

use tidings_bank_events::SUBSCRIBERS;

use super::Finding;
use crate::roles::functions;
use crate::values::texts;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let named: BTreeSet<_> = SUBSCRIBERS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let mut found = Vec::new();
    let mut subscriptions = BTreeSet::new();
    for function in functions(deployment).iter().filter(|function| named.contains(function.binary)) {
        for (id, mapping) in function.mappings(&deployment.functions) {
            for topic in texts(&mapping.properties["Topics"]) {
                if !SUBSCRIBERS.iter().any(|(name, who)| *name == topic && who.contains(&function.binary)) {
                    found.push(Finding::new(
                        id,
                        format!("the catalog does not let {} subscribe to {topic}", function.binary),
                    ));
                }
                if !subscriptions.insert((topic, function.binary)) {
                    found.push(Finding::new(id, format!("{} subscribes to {topic} twice", function.binary)));
                }
            }
        }
    }
    for (topic, names) in SUBSCRIBERS {
        for name in names.iter().filter(|name| !subscriptions.contains(&(*topic, **name))) {
            found.push(Finding::new(*topic, format!("{name} should subscribe to it")));
        }
    }
    found
}

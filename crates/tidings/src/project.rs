//! This repository as the local stack runs it.

use std::{collections::BTreeMap, path::Path};

use tidings_bank_events::Payload;
use tidings_events::{Catalog as _, Topic};
use tidings_local::{
    broker::TopicSpec,
    project::{BROKERS, Project},
};
use tidings_trigger::arn::{ACCOUNT_ID, REGION};

/// How many records an instance of Tidings' functions handles at once. The emulator answers one call after the
/// other: with more under way, each waits longer, on a busy machine longer than a function waits for its effect.
const RECORDS_AT_ONCE: &str = "3";
/// How long a handler may take: a machine that starts thirty functions at once is slow, and a handler that is given
/// up may have had its effect already.
const HANDLER_TIMEOUT_SECONDS: &str = "45";
/// How long an invocation may take, for the same reason. All functions share one emulator, so that all their batches
/// end late together.
const FUNCTION_TIMEOUT_SECONDS: &str = "300";

/// The functions of this repository, for a laptop. `parameters` win over those chosen here.
#[must_use]
pub fn project(repository: &Path, parameters: BTreeMap<String, String>) -> Project {
    let infra = repository.join("infra");
    let cluster =
        format!("arn:aws:kafka:{REGION}:{ACCOUNT_ID}:cluster/local/00000000-0000-0000-0000-000000000000-1");
    let mut all = texts(&[
        ("Stage", "local"),
        ("KafkaClusterArn", &cluster),
        ("KafkaBootstrapServers", BROKERS),
        ("KafkaAuth", "none"),
        ("FunctionTimeoutSeconds", FUNCTION_TIMEOUT_SECONDS),
        ("EmailFrom", "notices@bank.example"),
        ("PortalUrl", "https://portal.bank.example"),
    ]);
    all.extend(parameters);
    let topic = |topic: &Topic| TopicSpec { name: topic.name.to_owned(), partitions: topic.partitions };
    Project {
        templates: vec![infra.join("platform.yaml"), infra.join("functions.yaml")],
        topics: Payload::TOPICS.iter().map(topic).collect(),
        partitions: 1,
        sender: all.get("EmailFrom").cloned(),
        parameters: all,
        environment: texts(&[
            ("MAX_CONCURRENCY", RECORDS_AT_ONCE),
            ("HANDLER_TIMEOUT_SECONDS", HANDLER_TIMEOUT_SECONDS),
        ]),
    }
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

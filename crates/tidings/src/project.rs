//! This repository as the local stack runs it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use tidings_local::project::{BROKERS, Project};
use tidings_process::StartError;
use tidings_trigger::arn::{ACCOUNT_ID, REGION};

use crate::toml_file::read;

/// How many records an instance of Tidings' functions handles at once. The emulator answers one call after the
/// other: with more under way, each waits longer, on a busy machine longer than a function waits for its effect.
const RECORDS_AT_ONCE: &str = "3";
/// How long a handler may take: a machine that starts thirty functions at once is slow, and a handler that is given
/// up may have had its effect already.
const HANDLER_TIMEOUT_SECONDS: &str = "45";
/// How long an invocation may take, for the same reason. All functions share one emulator, so that all their batches
/// end late together.
const FUNCTION_TIMEOUT_SECONDS: &str = "300";

/// The list of stacks.
#[derive(Deserialize)]
struct Stacks {
    stacks: Vec<String>,
}

/// What is of interest here in a stage's file: for each stack, a list of `NAME=VALUE`.
#[derive(Deserialize)]
struct Stage {
    parameters: BTreeMap<String, Vec<String>>,
}

/// The functions of this repository, for a laptop. `parameters` win over those chosen here.
pub fn project(repository: &Path, parameters: BTreeMap<String, String>) -> Result<Project, StartError> {
    let templates = templates(&repository.join("infra"))?;
    let cluster =
        format!("arn:aws:kafka:{REGION}:{ACCOUNT_ID}:cluster/local/00000000-0000-0000-0000-000000000000-1");
    let mut all = texts(&[
        ("Stage", "local"),
        ("KafkaClusterArn", &cluster),
        ("KafkaBootstrapServers", BROKERS),
        ("KafkaAuth", "none"),
        ("FunctionTimeoutSeconds", FUNCTION_TIMEOUT_SECONDS),
    ]);
    all.extend(stage_parameters(&repository.join("infra/stages/local.toml"))?);
    all.extend(parameters);
    Ok(Project {
        templates,
        partitions: 1,
        sender: all.get("EmailFrom").cloned(),
        parameters: all,
        environment: texts(&[
            ("MAX_CONCURRENCY", RECORDS_AT_ONCE),
            ("HANDLER_TIMEOUT_SECONDS", HANDLER_TIMEOUT_SECONDS),
        ]),
    })
}

/// The templates of the stacks in `stacks.toml`.
fn templates(infra: &Path) -> Result<Vec<PathBuf>, StartError> {
    let list = infra.join("stacks.toml");
    let template = |stack: &String| {
        let file = infra.join(format!("{stack}.yaml"));
        if file.is_file() {
            return Ok(file);
        }
        Err(StartError::Setting(format!(
            "{} lists {stack}, but there is no {}; write that template or take the name out of the list",
            list.display(),
            file.display()
        )))
    };
    read::<Stacks>(&list)?.stacks.iter().map(template).collect()
}

/// What a stage's file gives the stacks' parameters, `NAME=VALUE` each.
fn stage_parameters(file: &Path) -> Result<BTreeMap<String, String>, StartError> {
    let of_one = |parameter: &String| {
        let (name, value) = parameter.split_once('=').ok_or_else(|| {
            StartError::Setting(format!("{}: {parameter} is not NAME=VALUE; correct it", file.display()))
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    read::<Stage>(file)?.parameters.values().flatten().map(of_one).collect()
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

//! The functions in the host.

use std::{collections::BTreeMap, sync::Arc};

use tidings_host::{FunctionSpec, Host, HostOptions};
use tidings_process::StartError;
use tidings_template::{Function, Template};

use super::StackOptions;
use crate::runtimes::{Start, Starts};

/// Starts the host with every function of which is known how to start it, unless something else takes its place; and
/// gives the base URL of the Invoke API.
pub(super) async fn start(
    options: &StackOptions,
    template: &Template,
    starts: &Starts,
    environment: &BTreeMap<String, String>,
) -> Result<(Option<Host>, String), StartError> {
    if let Some(endpoint) = &options.invoke_endpoint {
        return Ok((None, endpoint.clone()));
    }
    let known = template
        .functions
        .iter()
        .filter_map(|function| Some((function, starts.by_function.get(&function.name)?)));
    let specs = known.map(|(function, start)| spec(function, start, environment)).collect();
    let host_options = HostOptions {
        on_line: Arc::clone(&options.on_line),
        on_report: Arc::clone(&options.on_report),
        ..HostOptions::default()
    };
    let host = Host::start(specs, host_options).await?;
    let endpoint = format!("http://{}", host.address());
    Ok((Some(host), endpoint))
}

fn spec(function: &Function, start: &Start, environment: &BTreeMap<String, String>) -> FunctionSpec {
    let mut variables = environment.clone();
    // The host knows the command only, in which a handler may be anywhere.
    variables.extend(function.handler.iter().map(|handler| ("_HANDLER".to_owned(), handler.clone())));
    variables.extend(function.environment.clone());
    FunctionSpec {
        name: function.name.clone(),
        command: start.command.clone(),
        working_directory: start.directory.clone(),
        environment: variables,
        timeout: function.timeout,
        memory_mb: function.memory_mb,
        reserved_concurrency: function.reserved_concurrency,
    }
}

/// What the templates and the functions' runtimes left to say, and which mappings are switched off.
pub(super) fn notices(template: &Template, of_starts: Vec<String>) -> Vec<String> {
    let passed_over = template.notices.iter().map(ToString::to_string);
    let mappings = template.functions.iter().flat_map(|function| &function.mappings);
    let disabled = mappings
        .filter(|mapping| !mapping.enabled)
        .map(|mapping| format!("the mapping {} is disabled and reads nothing", mapping.id));
    passed_over.chain(of_starts).chain(disabled).collect()
}

//! Starts the functions' host.

use std::{collections::BTreeMap, sync::Arc};

use tidings_host::{FunctionSpec, Host, HostOptions};
use tidings_process::StartError;
use tidings_template::{Function, Template};

use super::StackOptions;
use crate::runtimes::{Start, Starts};

/// Starts the host with every function that can be started, unless another Invoke API is used instead. Also returns
/// the base URL of the Invoke API.
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
    // The host cannot tell the handler from the command.
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

/// The notices of the templates and of the functions' starts, and a notice for each disabled mapping.
pub(super) fn notices(template: &Template, of_starts: Vec<String>) -> Vec<String> {
    let of_templates = template.notices.iter().map(ToString::to_string);
    let mappings = template.functions.iter().flat_map(|function| &function.mappings);
    let disabled = mappings
        .filter(|mapping| !mapping.enabled)
        .map(|mapping| format!("the mapping {} is disabled and does not poll", mapping.id));
    of_templates.chain(of_starts).chain(disabled).collect()
}

//! No secret is in a readable parameter, in a function's environment variable, or in an output.

use serde_json::Value;

use crate::finding::Finding;
use crate::roles::functions;
use crate::variants::Deployment;

/// Parts of the names of secrets.
const SECRET: &[&str] = &[
    "secret",
    "password",
    "passwd",
    "token",
    "apikey",
    "api_key",
    "privatekey",
    "private_key",
    "credential",
];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for template in deployment.templates() {
        for (name, declared) in template.source["Parameters"].as_object().into_iter().flatten() {
            let hidden = matches!(&declared["NoEcho"], Value::Bool(true)) || declared["NoEcho"] == "true";
            if is_secret(name) && !hidden {
                found.push(Finding::new(
                    name,
                    "is readable by everyone who may describe the stack; set NoEcho, or better use Secrets Manager",
                ));
            }
            if hidden && declared.get("Default").is_some() {
                found.push(Finding::new(name, "has its secret in the template, as the default"));
            }
        }
        for name in template.outputs.keys().filter(|name| is_secret(name)) {
            found
                .push(Finding::new(name, "is an output, which everyone who may describe the stack can read"));
        }
    }
    for function in functions(deployment) {
        let variables = function.resource.properties["Environment"]["Variables"].as_object();
        for (name, _) in variables.into_iter().flatten().filter(|(name, _)| is_secret(name)) {
            found.push(Finding::new(
                function.binary,
                format!("has a secret in its variable {name}, which everyone who may describe the function can read"),
            ));
        }
    }
    found
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

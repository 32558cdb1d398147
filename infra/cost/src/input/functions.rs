//! The functions' settings from the templates, each with the cost table from the function's folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use tidings_template::{Fault, Template, TemplateError, TemplateSettings};

use super::{Cost, Function, read_toml};
use crate::error::CostError;

#[derive(Deserialize)]
struct Stacks {
    stacks: Vec<String>,
}

/// A function.toml. Its other tables are for other tools.
#[derive(Default, Deserialize)]
struct Facts {
    cost: Option<Cost>,
}

/// The functions of all stacks, by their binaries' names, and the topics of all stacks.
pub fn read(repository: &Path) -> Result<(BTreeMap<String, Function>, BTreeSet<String>), CostError> {
    let infra = repository.join("infra");
    let Stacks { stacks } = read_toml(&infra.join("stacks.toml"))?;
    let (mut functions, mut topics) = (BTreeMap::new(), BTreeSet::new());
    for stack in stacks {
        let template = template(infra.join(format!("{stack}.yaml")))
            .map_err(|error| CostError::Template { stack: stack.clone(), error: error.into() })?;
        topics.extend(template.kafka_topics.into_iter().map(|topic| topic.name));
        for tidings_template::Function { binary, memory_mb, mappings, .. } in template.functions {
            // That of bank-email is in functions/bank/email.
            let folder = repository.join("functions").join(binary.replacen('-', "/", 1));
            let cost = cost(&folder.join("function.toml"))?;
            functions.insert(binary, Function { memory_mb, mappings, cost });
        }
    }
    Ok((functions, topics))
}

/// A parameter without a default gets its name as its value, because no such value affects the bill.
fn template(file: PathBuf) -> Result<Template, TemplateError> {
    let files = [file];
    let mut settings = TemplateSettings::default();
    loop {
        match Template::read(&files, &settings) {
            Err(TemplateError::Line { fault: Fault::MissingParameter { name }, .. }) => {
                settings.parameters.insert(name.clone(), name);
            }
            read => return read,
        }
    }
}

fn cost(path: &Path) -> Result<Cost, CostError> {
    let facts: Facts = match read_toml(path) {
        Err(CostError::File { error, .. }) if error.kind() == ErrorKind::NotFound => Facts::default(),
        read => read?,
    };
    facts.cost.ok_or_else(|| CostError::MissingCost { path: path.display().to_string() })
}

//! Checks the translated templates of `infra/`.
//!
//! `tidings-infra-checks FOLDER...` reads the templates of the stacks in `infra/stacks.toml` from each folder, and the
//! domains' topics and events from its `catalogs.json`. Into the same folder it writes the faults that it finds
//! (`findings.json`), the templates as each variant deploys them (`resolved/`), and for each domain its functions'
//! permissions with their reasons (`permissions/`). It prints the names of its checks. `infra/checks/run.py` calls it.

mod catalogs;
mod checks;
mod error;
mod finding;
mod permissions;
mod resolve;
mod roles;
mod stand_ins;
mod template;
mod values;
mod variants;

use std::{collections::BTreeSet, ffi::OsString, fs, path::Path, process::ExitCode};

use serde_json::{Value, json};

use error::CheckError;
use permissions::Workspace;
use variants::{Deployment, PRODUCTION, Stacks, VARIANTS};

fn main() -> ExitCode {
    let folders: Vec<_> = std::env::args_os().skip(1).collect();
    match judge_all(&folders) {
        Ok(()) => {
            for (name, _) in checks::ALL {
                println!("{name}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("tidings-infra-checks: {error}");
            ExitCode::FAILURE
        }
    }
}

fn judge_all(folders: &[OsString]) -> Result<(), CheckError> {
    let root = Path::new(".");
    let (stacks, workspace) = (Stacks::read(root)?, Workspace::read(root)?);
    folders.iter().try_for_each(|folder| judge(Path::new(folder), &stacks, &workspace))
}

/// Checks the templates of a folder and writes the results there.
fn judge(folder: &Path, stacks: &Stacks, workspace: &Workspace) -> Result<(), CheckError> {
    let resolved = folder.join("resolved");
    fs::create_dir_all(&resolved).map_err(CheckError::file(&resolved))?;
    let mut findings = BTreeSet::new();
    for variant in VARIANTS {
        match Deployment::read(folder, stacks, variant) {
            Ok(deployment) => {
                for (name, check) in checks::ALL {
                    findings.extend(
                        check(&deployment, workspace).into_iter().map(|it| (*name, it.at, it.message)),
                    );
                }
                for template in deployment.templates() {
                    let file = format!("{}-{}.json", variant.name.replace(' ', "-"), template.name);
                    write(&resolved.join(file), &template.to_json())?;
                }
                if variant.name == PRODUCTION {
                    let tables = folder.join("permissions");
                    fs::create_dir_all(&tables).map_err(CheckError::file(&tables))?;
                    for (domain, text) in permissions::tables(&deployment, workspace) {
                        let path = tables.join(format!("{domain}.md"));
                        fs::write(&path, text).map_err(CheckError::file(&path))?;
                    }
                }
            }
            Err(problem) => {
                findings.insert(("evaluation", variant.name.to_owned(), problem.to_string()));
            }
        }
    }
    let findings: Vec<_> = findings
        .into_iter()
        .map(|(check, at, message)| json!({"check": check, "at": at, "message": message}))
        .collect();
    write(&folder.join("findings.json"), &Value::Array(findings))
}

fn write(path: &Path, value: &Value) -> Result<(), CheckError> {
    fs::write(path, format!("{value:#}\n")).map_err(CheckError::file(path))
}

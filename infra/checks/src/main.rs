//! Judges the translated templates of `infra/`.
//!
//! `tidings-infra-checks FOLDER...` reads `platform.json` and `functions.json` of each folder and writes there
//! `findings.json`, what is wrong with them; `resolved/`, the templates as each variant deploys them; and
//! `permissions.md`, what each function is allowed and why. It prints the names of its checks.
//! `infra/checks/run.py` calls it.

mod checks;
mod error;
mod permissions;
mod resolve;
mod roles;
mod stand_ins;
mod template;
mod values;
mod variants;

use std::{collections::BTreeSet, fs, path::Path, process::ExitCode};

use serde_json::{Value, json};

use error::CheckError;
use permissions::Workspace;
use variants::{Deployment, PRODUCTION, VARIANTS};

fn main() -> ExitCode {
    let folders: Vec<_> = std::env::args_os().skip(1).collect();
    let judged = Workspace::read(Path::new("."))
        .and_then(|workspace| folders.iter().try_for_each(|folder| judge(Path::new(folder), &workspace)));
    match judged {
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

/// Writes what it finds in the templates of a folder.
fn judge(folder: &Path, workspace: &Workspace) -> Result<(), CheckError> {
    let resolved = folder.join("resolved");
    fs::create_dir_all(&resolved).map_err(CheckError::file(&resolved))?;
    let mut findings = BTreeSet::new();
    for variant in VARIANTS {
        match Deployment::read(folder, variant) {
            Ok(deployment) => {
                for (name, check) in checks::ALL {
                    findings.extend(
                        check(&deployment, workspace).into_iter().map(|it| (*name, it.at, it.message)),
                    );
                }
                for (template, name) in deployment.templates().zip(["platform", "functions"]) {
                    let file = format!("{}-{name}.json", variant.name.replace(' ', "-"));
                    write(&resolved.join(file), &template.to_json())?;
                }
                if variant.name == PRODUCTION {
                    let path = folder.join("permissions.md");
                    let text = permissions::table(&deployment, workspace);
                    fs::write(&path, text).map_err(CheckError::file(&path))?;
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

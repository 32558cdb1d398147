//! The functions' code: each function's crates, and where they call AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::error::CheckError;

/// The workspace's crates by name.
#[derive(Debug)]
pub struct Workspace {
    crates: BTreeMap<String, Crate>,
}

/// A crate of the workspace, without its tests.
#[derive(Debug)]
pub struct Crate {
    dependencies: BTreeSet<String>,
    lines: Vec<Line>,
    /// Its calls to the AWS SDK, in the order of its files.
    pub calls: Vec<Call>,
}

#[derive(Debug)]
struct Line {
    place: String,
    text: String,
}

/// A call to AWS in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The action it needs, e.g. `dynamodb:PutItem`.
    pub action: String,
    /// File and line, from the repository's root.
    pub place: String,
}

impl Workspace {
    /// Reads the code of the workspace at `root`.
    pub fn read(root: &Path) -> Result<Self, CheckError> {
        let root = &root.canonicalize().map_err(CheckError::file(root))?;
        let metadata = metadata(root)?;
        let packages: Vec<&Value> = metadata["packages"].as_array().into_iter().flatten().collect();
        let mut operations = BTreeMap::new();
        for package in &packages {
            if let Some(sdk) = package["name"].as_str().and_then(|name| name.strip_prefix("aws-sdk-")) {
                operations.insert(sdk, operations_of(&folder(package))?);
            }
        }
        let mut crates = BTreeMap::new();
        for package in packages.iter().filter(|package| package["source"].is_null()) {
            let dependencies: BTreeSet<String> = package["dependencies"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|dependency| dependency["kind"].is_null())
                .filter_map(|dependency| Some(dependency["name"].as_str()?.to_owned()))
                .collect();
            let lines = code(root, &folder(package).join("src"))?;
            let calls = calls(&lines, &dependencies, &operations);
            let name = package["name"].as_str().unwrap_or_default().to_owned();
            crates.insert(name, Crate { dependencies, lines, calls });
        }
        Ok(Self { crates })
    }

    /// The crates of a function's binary: its own first, then its dependencies.
    pub fn crates_of<'a>(&'a self, binary: &'a str) -> Vec<&'a Crate> {
        let (mut names, mut next) = (vec![binary], 0);
        while let Some(found) = names.get(next).and_then(|name| self.crates.get(*name)) {
            for dependency in &found.dependencies {
                if self.crates.contains_key(dependency) && !names.contains(&dependency.as_str()) {
                    names.push(dependency);
                }
            }
            next += 1;
        }
        names.iter().filter_map(|name| self.crates.get(*name)).collect()
    }
}

impl Crate {
    /// File and line of the first occurrence of a text.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&str> {
        self.lines.iter().find(|line| line.text.contains(text)).map(|line| line.place.as_str())
    }

    /// The text between `before` and the next quotation mark, in each line that contains `before`.
    pub fn texts_after(&self, text: &str) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(move |line| line.text.split_once(text)?.1.split('"').next())
    }

    /// The number right after a text, e.g. the 3 in `const MAX_ATTEMPTS: u32 = 3;`.
    #[must_use]
    pub fn number_after(&self, text: &str) -> Option<i64> {
        let rest = self.lines.iter().find_map(|line| line.text.split_once(text))?.1;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }
}

fn metadata(root: &Path) -> Result<Value, CheckError> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root)
        .output()
        .map_err(CheckError::NoCargo)?;
    if !output.status.success() {
        return Err(CheckError::Metadata(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| CheckError::Metadata(error.to_string()))
}

fn folder(package: &Value) -> PathBuf {
    let manifest = package["manifest_path"].as_str().unwrap_or_default();
    Path::new(manifest).parent().unwrap_or(Path::new("")).to_owned()
}

/// The names of an SDK's operations. Each has a file with the client method that starts it.
fn operations_of(sdk: &Path) -> Result<Vec<String>, CheckError> {
    let mut names = Vec::new();
    for path in entries(&sdk.join("src/client"))? {
        let name = path.file_stem().and_then(|stem| stem.to_str()).filter(|name| *name != "customize");
        names.extend(name.map(str::to_owned));
    }
    Ok(names)
}

/// The lines of code under `folder` that are deployed, so without tests and comments.
fn code(root: &Path, folder: &Path) -> Result<Vec<Line>, CheckError> {
    let mut lines = Vec::new();
    for path in entries(folder)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !matches!(name, "tests" | "testing") {
            lines.extend(code(root, &path)?);
        } else if path.extension().is_some_and(|it| it == "rs") && name != "tests.rs" {
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let text = fs::read_to_string(&path).map_err(CheckError::file(&path))?;
            let deployed = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).enumerate();
            lines.extend(deployed.filter(|(_, line)| !line.trim_start().starts_with("//")).map(
                |(index, line)| Line { place: format!("{shown}:{}", index + 1), text: line.to_owned() },
            ));
        }
    }
    Ok(lines)
}

/// The paths in a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, CheckError> {
    let found = fs::read_dir(folder).and_then(|entries| entries.map(|it| Ok(it?.path())).collect());
    let mut paths: Vec<PathBuf> = found.map_err(CheckError::file(folder))?;
    paths.sort();
    Ok(paths)
}

fn calls(
    lines: &[Line],
    dependencies: &BTreeSet<String>,
    operations: &BTreeMap<&str, Vec<String>>,
) -> Vec<Call> {
    let known: Vec<_> = operations
        .iter()
        .filter(|(sdk, _)| dependencies.contains(&format!("aws-sdk-{sdk}")))
        .flat_map(|(sdk, names)| names.iter().map(move |name| (*sdk, name, format!(".{name}()"))))
        .collect();
    let mut found = Vec::new();
    for line in lines {
        for (sdk, name, _) in known.iter().filter(|(_, _, pattern)| line.text.contains(pattern)) {
            found.push(Call { action: action(sdk, name), place: line.place.clone() });
        }
    }
    found
}

/// The IAM action of an operation. Both have the same name; the prefix of SES version 2 is that of SES.
fn action(sdk: &str, operation: &str) -> String {
    let service = sdk.trim_end_matches("v2");
    let name: String = operation
        .split('_')
        .flat_map(|word| {
            word.chars().enumerate().map(|(index, c)| if index == 0 { c.to_ascii_uppercase() } else { c })
        })
        .collect();
    format!("{service}:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_searched_without_its_tests() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let workspace = Workspace::read(root).unwrap();
        let push = workspace.crates_of("bank-push");
        let channel = push.iter().find(|it| it.find("\"DEVICES_TABLE\"").is_some()).unwrap();
        let calls: Vec<_> = channel.calls.iter().map(|call| call.action.as_str()).collect();
        assert_eq!(calls, ["dynamodb:Query", "sns:Publish"]);
        assert!(
            channel.find("\"DEVICES_TABLE\"").unwrap().starts_with("crates/channel-push/src/devices.rs:")
        );
        assert!(
            push.iter().any(|it| it.find("\"IDEMPOTENCY_TABLE\"").is_some()),
            "a function's crates include the consumer"
        );
        assert!(push.iter().all(|it| it.find("fn the_code_is_searched").is_none()));
    }

    #[test]
    fn an_action_has_its_operations_name() {
        assert_eq!(action("sesv2", "send_email"), "ses:SendEmail");
        assert_eq!(action("s3", "put_object"), "s3:PutObject");
    }
}

//! Apache Kafka's jars: copied once by Maven into `.local/kafka-VERSION`, as infra/kafka/pom.xml says.

use std::fs;
use std::path::{Path, PathBuf};

use super::progress::announced;
use crate::error::StartError;
use crate::process::{Launch, LineSink, find_program};

const WHAT: &str = "the download of Apache Kafka";
const MAVEN_REMEDY: &str =
    "install Apache Maven (it fetches Kafka's jars once), or choose the embedded broker";

/// The folder with the jars, as an absolute path, because Java runs in another folder. Only the first call for a
/// version needs Maven and a network.
pub(super) async fn ready(repository: &Path, progress: &LineSink) -> Result<PathBuf, StartError> {
    let pom = repository.join("infra/kafka/pom.xml");
    let absolute = |source| StartError::File { path: repository.to_owned(), source };
    let kept = std::path::absolute(repository).map_err(absolute)?.join(".local");
    let jars = kept.join(format!("kafka-{}", version(&pom)?));
    if jars.is_dir() {
        return Ok(jars);
    }
    let maven = find_program("mvn", MAVEN_REMEDY)?;
    let fail = |source| StartError::File { path: kept.clone(), source };
    fs::create_dir_all(&kept).map_err(fail)?;
    // Copied beside and renamed when complete: an interrupted copy is never taken for the jars, and of two copies
    // at once the first wins.
    let copy = tempfile::Builder::new().prefix("kafka-copy-").tempdir_in(&kept).map_err(fail)?;
    let message = "fetching Apache Kafka's jars with mvn, once (44 MB) ...";
    announced(progress, message, copy_dependencies(&maven, &pom, copy.path())).await?;
    let copy = copy.keep();
    if fs::rename(&copy, &jars).is_err() {
        fs::remove_dir_all(&copy).map_err(fail)?;
    }
    Ok(jars)
}

async fn copy_dependencies(maven: &Path, pom: &Path, to: &Path) -> Result<(), StartError> {
    let process = Launch::new(WHAT, maven, MAVEN_REMEDY)
        .arguments(["--batch-mode", "--no-transfer-progress", "--quiet", "--file"])
        .arguments([pom])
        .arguments(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arguments([format!("-DoutputDirectory={}", to.display())])
        .start()?;
    if process.wait().await.is_some_and(|status| status.success()) {
        return Ok(());
    }
    let reason = format!("mvn failed; check the network and Maven's settings:\n{}", process.last_lines());
    Err(StartError::NotReady { what: WHAT.to_owned(), reason })
}

/// The property kafka.version of the POM, which so stays the only place that names it.
fn version(pom: &Path) -> Result<String, StartError> {
    let text = fs::read_to_string(pom).map_err(|source| StartError::File { path: pom.to_owned(), source })?;
    let value = text.split_once("<kafka.version>").and_then(|(_, rest)| rest.split_once('<'));
    match value {
        Some((version, _)) if !version.trim().is_empty() => Ok(version.trim().to_owned()),
        _ => Err(StartError::Setting(format!("{} has no property kafka.version; add it", pom.display()))),
    }
}

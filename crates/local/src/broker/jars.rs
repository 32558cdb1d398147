//! Apache Kafka's jars. Maven copies them once into the user's cache, `tidings/kafka-VERSION`, with
//! infra/kafka/pom.xml, which is compiled into this program.

use std::fs;
use std::path::{Path, PathBuf};

use tidings_process::{Launch, LineSink, StartError, find_program};

use super::progress::announced;

const WHAT: &str = "the download of Apache Kafka";
const MAVEN_REMEDY: &str =
    "install Apache Maven (it fetches Kafka's jars once), or choose the embedded broker";
const POM: &str = include_str!("../../../../infra/kafka/pom.xml");

/// The folder with the jars. Only the first call for a version needs Maven and the network.
pub(super) async fn ready(progress: &LineSink) -> Result<PathBuf, StartError> {
    let cache = cache_folder(|name| std::env::var_os(name).map(PathBuf::from))?;
    let jars = cache.join(format!("kafka-{}", version()?));
    if jars.is_dir() {
        return Ok(jars);
    }
    let maven = find_program("mvn", MAVEN_REMEDY)?;
    let fail = |source| StartError::File { path: cache.clone(), source };
    fs::create_dir_all(&cache).map_err(fail)?;
    // Copy into a temporary folder and rename it when complete, so that an interrupted copy is never used. Of two
    // concurrent copies, the first wins.
    let copy = tempfile::Builder::new().prefix("kafka-copy-").tempdir_in(&cache).map_err(fail)?;
    let pom = copy.path().join("pom.xml");
    fs::write(&pom, POM).map_err(fail)?;
    let message = "downloading Apache Kafka's jars with mvn (44 MB, only once) ...";
    announced(progress, message, copy_dependencies(&maven, &pom, copy.path())).await?;
    let copy = copy.keep();
    if fs::rename(&copy, &jars).is_err() {
        fs::remove_dir_all(&copy).map_err(fail)?;
    }
    Ok(jars)
}

/// The cache folder of the XDG Base Directory Specification, which ignores relative values.
fn cache_folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, StartError> {
    let absolute = |name| variable(name).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("tidings"))
        .ok_or_else(|| {
            StartError::Setting(
                "there is no cache folder for Apache Kafka's jars; set XDG_CACHE_HOME or HOME".to_owned(),
            )
        })
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

/// The property kafka.version of the POM, which is the only place with the version.
fn version() -> Result<&'static str, StartError> {
    let value = POM.split_once("<kafka.version>").and_then(|(_, rest)| rest.split_once('<'));
    value.map(|(version, _)| version.trim()).ok_or_else(|| {
        StartError::Setting("infra/kafka/pom.xml has no property kafka.version; add it".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pom_has_a_version() {
        assert!(version().unwrap().starts_with("4."));
    }

    #[test]
    fn the_cache_follows_the_xdg_specification() {
        let folder = |xdg: &'static str, home: &'static str| {
            cache_folder(|name| match name {
                "XDG_CACHE_HOME" if !xdg.is_empty() => Some(xdg.into()),
                "HOME" if !home.is_empty() => Some(home.into()),
                _ => None,
            })
        };
        assert_eq!(folder("/x", "/h").unwrap(), Path::new("/x/tidings"));
        assert_eq!(folder("", "/h").unwrap(), Path::new("/h/.cache/tidings"));
        assert_eq!(folder("relative", "/h").unwrap(), Path::new("/h/.cache/tidings"));
        assert!(folder("", "").unwrap_err().to_string().contains("XDG_CACHE_HOME"));
    }
}

//! Redpanda in a container, with Docker Compose.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tidings_process::{Launch, LineSink, StartError};

use super::ports;
use super::progress::announced;

const WHAT: &str = "Redpanda (Docker Compose)";
const REMEDY: &str = "install Docker with its Compose plugin, or choose the embedded broker";

/// A Compose project with a unique name.
pub(super) struct Compose {
    docker: String,
    file: PathBuf,
    project: String,
    port: u16,
}

impl Compose {
    /// Starts Redpanda and waits until it is healthy. Also returns its bootstrap servers. `docker` is the program to
    /// run.
    pub async fn start(docker: &str, file: &Path, progress: &LineSink) -> Result<(String, Self), StartError> {
        require_engine(docker).await?;
        let [port] = ports::free(WHAT)?;
        let project = format!("tidings-{}-{port}", std::process::id());
        // From here on, dropping it removes all containers, even if the start fails half-way.
        let compose = Self { docker: docker.to_owned(), file: file.to_owned(), project, port };
        let message = "starting Redpanda with docker compose (pulls its image the first time) ...";
        announced(progress, message, compose.up()).await?;
        let servers = format!("127.0.0.1:{port}");
        super::admin::require_answer(&servers).await?;
        Ok((servers, compose))
    }

    async fn up(&self) -> Result<(), StartError> {
        let process = Launch::new(WHAT, &self.docker, REMEDY)
            .arguments(self.arguments(&["up", "--detach", "--wait"]))
            .variables([("KAFKA_PORT", self.port.to_string())])
            .start()?;
        if process.wait().await.is_some_and(|status| status.success()) {
            return Ok(());
        }
        let reason = format!(
            "docker compose up failed; check that the Compose plugin is installed:\n{}",
            process.last_lines()
        );
        Err(StartError::NotReady { what: WHAT.to_owned(), reason })
    }

    fn arguments(&self, command: &[&str]) -> Vec<String> {
        let file = self.file.display().to_string();
        ["compose", "--project-name", &self.project, "--file", &file]
            .iter()
            .chain(command)
            .map(|one| (*one).to_owned())
            .collect()
    }

    /// Stops it and removes its containers, network and data.
    pub async fn stop(self) {
        // Dropping it runs docker compose down. An error is logged there.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

impl Drop for Compose {
    fn drop(&mut self) {
        let mut command = Command::new(&self.docker);
        command.args(self.arguments(&["down", "--volumes", "--timeout", "1"]));
        command.env("KAFKA_PORT", self.port.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Err(error) = command.status() {
            tracing::warn!(project = self.project, %error, "docker compose down could not be started");
        }
    }
}

/// Checks for the Docker engine, because Compose's error does not say whether the program or the engine is missing.
async fn require_engine(docker: &str) -> Result<(), StartError> {
    let process = Launch::new(WHAT, docker, REMEDY)
        .arguments(["version", "--format", "{{.Server.Version}}"])
        .start()?;
    if process.wait().await.is_some_and(|status| status.success()) {
        return Ok(());
    }
    let reason = "the Docker engine does not respond; start it, or choose the embedded broker".to_owned();
    Err(StartError::NotReady { what: WHAT.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use super::*;

    /// A fake `docker` that records its arguments and fails on the subcommand `fails`.
    fn stand_in(folder: &Path, fails: &str) -> String {
        let path = folder.join("docker");
        let calls = folder.join("calls");
        let script = format!(
            "#!/bin/sh\necho \"$KAFKA_PORT $*\" >> {}\ncase \"$*\" in *{fails}*) echo broken; exit 1;; esac\n",
            calls.display()
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    async fn failure(docker: &str) -> String {
        let progress: LineSink = Arc::new(|_: &str| ());
        match Compose::start(docker, Path::new("/compose.yaml"), &progress).await {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it started"),
        }
    }

    #[tokio::test]
    async fn without_docker_the_error_says_what_to_install() {
        let error = failure("docker-that-is-not-there").await;
        assert_eq!(error, format!("docker-that-is-not-there was not found: {REMEDY}"));
    }

    #[tokio::test]
    async fn without_an_engine_nothing_is_started() {
        let folder = tempfile::tempdir().unwrap();
        let error = failure(&stand_in(folder.path(), "version")).await;
        assert!(error.contains("engine does not respond"), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("calls")).unwrap().lines().count(), 1);
    }

    #[tokio::test]
    async fn a_failed_start_is_taken_down() {
        let folder = tempfile::tempdir().unwrap();
        let error = failure(&stand_in(folder.path(), "--detach")).await;
        assert!(error.contains("the Compose plugin is installed:\nbroken"), "{error}");
        let calls = fs::read_to_string(folder.path().join("calls")).unwrap();
        let calls: Vec<_> = calls.lines().skip(1).collect();
        let [up, down] = calls.as_slice() else { panic!("{calls:?}") };
        let (started, _) = up.split_once(" up ").unwrap();
        let (ended, _) = down.split_once(" down ").unwrap();
        assert_eq!(started, ended, "the same project and port");
        let port = started.split_once(' ').unwrap().0;
        assert!(
            started.ends_with("--file /compose.yaml") && started.contains(&format!("-{port} ")),
            "{started}"
        );
    }
}

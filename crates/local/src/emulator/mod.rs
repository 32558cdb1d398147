//! The AWS emulator: a ministack process, or any other endpoint.
//!
//! Facts about ministack 1.5.33, from its source (`app.py`, `core/persistence.py`): it listens on 0.0.0.0 unless
//! `BIND_HOST` is set; all instances share /tmp unless `STATE_DIR`, `S3_DATA_DIR` and `TMPDIR` are set; by default it
//! opens an MQTT port and an SFTP port and manages Docker containers; at level INFO its log contains recipients.

mod client;
mod provision;
mod read;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tidings_process::{Launch, Process, StartError, basic_environment};
use uuid::Uuid;

pub use client::EmulatorError;
pub use read::{QueueMessage, SentMail, SentSms};

/// Its name in messages.
const WHAT: &str = "the AWS emulator (ministack)";

/// It takes about two seconds, but far more on a machine that is busy with builds.
const READY_LIMIT: Duration = Duration::from_mins(1);

/// It has nothing to save when it stops.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// TCP port 1 is assigned to an obsolete service, so nothing listens there.
const NOBODY: &str = "http://127.0.0.1:1";

/// Another program may take the chosen port before the emulator opens it.
const START_ATTEMPTS: u32 = 3;

/// How to start ministack.
pub struct EmulatorOptions {
    /// The program, `bin/ministack` of a virtual environment.
    pub program: PathBuf,
    /// An existing folder for this run only. The emulator writes only there.
    pub state: PathBuf,
}

/// An AWS emulator. Its methods call it directly, not through the recorder, with the access key id `local`.
pub struct Emulator {
    endpoint: String,
    client: reqwest::Client,
    /// `None` if it was not started by this program.
    process: Option<Process>,
}

impl Emulator {
    /// Starts ministack on a free loopback port and waits until it is ready. Must be called within a tokio
    /// runtime. Dropping the emulator kills it.
    pub async fn start(options: EmulatorOptions) -> Result<Self, StartError> {
        let mut attempt = 1;
        loop {
            match start_on(free_port()?, &options).await {
                Err(StartError::NotReady { reason, .. })
                    if attempt < START_ATTEMPTS && reason.contains("already in use") =>
                {
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Uses a running emulator, e.g. the one at `AWS_ENDPOINT_URL`.
    pub fn external(endpoint: &str) -> Result<Self, StartError> {
        let plain = endpoint.strip_prefix("http://").is_some_and(|rest| !rest.trim_matches('/').is_empty());
        if !plain {
            return Err(StartError::Setting(format!(
                "AWS_ENDPOINT_URL is \"{endpoint}\", but the emulator's address must look like \
                 http://127.0.0.1:4566; correct it, or unset it to start ministack"
            )));
        }
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(Self { endpoint, client: client::new()?, process: None })
    }

    /// No emulator. Nothing listens on its address, so calls fail at once and never leave the machine.
    pub fn absent() -> Result<Self, StartError> {
        Self::external(NOBODY)
    }

    /// Whether there is no emulator.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.endpoint == NOBODY
    }

    /// Its URL, without a trailing slash.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Stops the process that [`Emulator::start`] started. An external emulator keeps running.
    pub async fn stop(&self) {
        if let Some(process) = &self.process {
            process.stop(STOP_LIMIT).await;
        }
    }
}

fn free_port() -> Result<u16, StartError> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).map_err(|error| StartError::Listen {
        what: WHAT.into(),
        address: "127.0.0.1:0".into(),
        reason: error.to_string(),
    })
}

async fn start_on(port: u16, options: &EmulatorOptions) -> Result<Emulator, StartError> {
    let client = client::new()?;
    // It reports this as its version, so that another emulator on the same port is not mistaken for it.
    let identity = format!("tidings-{}", Uuid::new_v4());
    let process = Launch::new(
        WHAT,
        &options.program,
        "run ./scripts/demo, which installs it into .venv, or set AWS_ENDPOINT_URL to a running emulator",
    )
    .clean_environment()
    .variables(basic_environment())
    .variables(environment(port, &options.state, &identity))
    .log_file(options.state.join("ministack.log"))
    .start()?;
    let endpoint = format!("http://127.0.0.1:{port}");
    process.wait_ready(READY_LIMIT, || is_ready(&client, &endpoint, &identity)).await?;
    Ok(Emulator { endpoint, client, process: Some(process) })
}

fn environment(port: u16, state: &Path, identity: &str) -> Vec<(&'static str, String)> {
    let folder = |name: &str| state.join(name).display().to_string();
    vec![
        ("GATEWAY_PORT", port.to_string()),
        ("BIND_HOST", "127.0.0.1".into()),
        ("STATE_DIR", folder("state")),
        ("S3_DATA_DIR", folder("s3")),
        ("TMPDIR", state.display().to_string()),
        ("SERVICES", "dynamodb,s3,ses,sns,sqs".into()),
        ("LOG_LEVEL", "WARNING".into()),
        ("MINISTACK_VERSION", identity.into()),
        ("IOT_MTLS_ENABLED", "0".into()),
        ("SFTP_ENABLED", "0".into()),
        ("DOCKER_HOST", format!("unix://{}", folder("no-docker.sock"))),
        // Writes log lines immediately.
        ("PYTHONUNBUFFERED", "1".into()),
    ]
}

async fn is_ready(client: &reqwest::Client, endpoint: &str, identity: &str) -> bool {
    #[derive(Deserialize)]
    struct Health {
        version: String,
        ready_scripts: Scripts,
    }
    #[derive(Deserialize)]
    struct Scripts {
        status: String,
    }
    let health =
        async { client.get(format!("{endpoint}/_ministack/health")).send().await?.json::<Health>().await };
    health.await.is_ok_and(|health| health.version == identity && health.ready_scripts.status == "completed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_not_an_http_url_is_rejected() {
        for wrong in ["", "127.0.0.1:4566", "https://127.0.0.1:4566", "http://", "http:///"] {
            let error = Emulator::external(wrong).err().expect(wrong).to_string();
            assert!(error.contains("AWS_ENDPOINT_URL"), "{error}");
        }
        assert_eq!(Emulator::external("http://localhost:4566/").unwrap().endpoint(), "http://localhost:4566");
    }

    #[tokio::test]
    async fn a_missing_program_is_a_missing_tool_error() {
        let state = tempfile::tempdir().unwrap();
        let options =
            EmulatorOptions { program: state.path().join("bin/ministack"), state: state.path().into() };
        let error = Emulator::start(options).await.err().unwrap();
        assert!(matches!(error, StartError::MissingTool { .. }), "{error}");
    }

    #[tokio::test]
    async fn the_error_for_a_program_that_exits_at_once_says_so() {
        let state = tempfile::tempdir().unwrap();
        let options = EmulatorOptions { program: "/bin/false".into(), state: state.path().into() };
        let error = Emulator::start(options).await.err().unwrap().to_string();
        assert!(error.contains("ministack") && error.contains("exited"), "{error}");
    }
}

//! Startup errors. Each message also says what to do.

/// A part of the local stack could not be started. The command prints the message and exits with status 2.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A required program is not installed.
    #[error("{program} was not found: {remedy}")]
    MissingTool {
        /// The program's name or path.
        program: String,
        /// What to install or which option to choose instead.
        remedy: String,
    },
    /// A program exited during startup or was not ready in time.
    #[error("{what} did not start: {reason}")]
    NotReady {
        /// What was started, e.g. "Apache Kafka".
        what: String,
        /// The cause with the program's last output, and what to do.
        reason: String,
    },
    /// A server cannot listen on its address.
    #[error("{what} cannot listen on {address}: {reason}; free the port or choose another one")]
    Listen {
        /// The server, e.g. "the recorder".
        what: String,
        /// Host and port.
        address: String,
        /// The operating system's error.
        reason: String,
    },
    /// A setting or an input file is wrong.
    #[error("{0}")]
    Setting(String),
    /// A file could not be read or written.
    #[error("{path}: {source}; check that it exists and that you may read and write it")]
    File {
        /// The file's path.
        path: std::path::PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
}

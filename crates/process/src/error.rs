//! Why the local stack cannot start, said in one sentence that tells what to do.

/// A part of the local stack could not be started. The command prints it and exits with status 2.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A program that is needed is not installed.
    #[error("{program} was not found: {remedy}")]
    MissingTool {
        /// The program's name as it was looked up.
        program: String,
        /// What to install or which option to choose instead.
        remedy: String,
    },
    /// A started program ended, or did not get ready in time.
    #[error("{what} did not start: {reason}")]
    NotReady {
        /// What was started, e.g. "Apache Kafka".
        what: String,
        /// What it last said, and what to do.
        reason: String,
    },
    /// The address a server should listen on is taken, or may not be used.
    #[error("{what} cannot listen on {address}: {reason}; free the port or choose another one")]
    Listen {
        /// The server that should listen.
        what: String,
        /// Host and port.
        address: String,
        /// What the operating system said.
        reason: String,
    },
    /// A setting or an input file is wrong.
    #[error("{0}")]
    Setting(String),
    /// A file could not be read or written.
    #[error("{path}: {source}; check that it exists and that you may read and write it")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

//! Options shared by several subcommands.

#![expect(clippy::doc_markdown, reason = "clap prints doc comments verbatim as help")]

use std::collections::BTreeMap;

use clap::Args;

/// The help of `--broker`.
pub const BROKER: &str = "The Kafka broker: embedded (nothing to install; loses its data at exit), kafka (Apache Kafka; \
needs Java 17, and Maven once), compose (Redpanda; needs Docker), or the host:port of a running broker";

/// The options of every command that starts a stack.
#[derive(Args)]
pub struct CommonArgs {
    /// A running AWS emulator to use instead of starting one (ministack).
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub aws: Option<String>,
    /// A Lambda Invoke API that runs the functions (sam local start-lambda, cargo lambda watch) instead of this
    /// program. A function is invoked by its cargo binary (Metadata: BuildProperties: Binary) if that is set,
    /// otherwise by its logical id.
    #[arg(long, value_name = "URL")]
    pub invoke: Option<String>,
    /// A template parameter, e.g. Stage=test. May be given several times. {brokers} in a value is replaced by the
    /// broker's address.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
}

impl CommonArgs {
    /// The given template parameters.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, String> {
        self.parameters.iter().cloned().collect()
    }
}

/// Parses `NAME=VALUE`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

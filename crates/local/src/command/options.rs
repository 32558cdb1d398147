//! Options that several subcommands have.

#![expect(clippy::doc_markdown, reason = "the help shows it as it stands")]

use std::collections::BTreeMap;

use clap::Args;

/// What `--broker` takes.
pub const BROKER: &str = "The Kafka broker: embedded (nothing to install; forgets all at exit), kafka (Apache Kafka; \
needs Java 17, and Maven once), compose (Redpanda; needs Docker), or the host:port of one that runs";

/// What a stack of any templates is started with.
#[derive(Args)]
pub struct CommonArgs {
    /// An AWS endpoint that runs already, instead of an emulator (ministack) of our own.
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    pub aws: Option<String>,
    /// A Lambda Invoke API that runs the functions (sam local start-lambda, cargo lambda watch), instead of our own
    /// host. They are invoked by their logical id, or by their cargo binary (Metadata: BuildProperties: Binary) where
    /// the template names one.
    #[arg(long, value_name = "URL")]
    pub invoke: Option<String>,
    /// A parameter of the templates, e.g. Stage=test; may be given several times. In a value, {brokers}
    /// stands for the broker's address.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
}

impl CommonArgs {
    /// The given parameters.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, String> {
        self.parameters.iter().cloned().collect()
    }
}

/// Reads `NAME=VALUE`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

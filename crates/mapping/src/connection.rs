//! The endpoints of a mapping.

/// The endpoints that a mapping connects to.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The brokers, `host:port` separated by commas. They are also part of the payload.
    pub bootstrap_servers: String,
    /// The base URL of a Lambda Invoke API.
    pub invoke_endpoint: String,
    /// The base URL of the AWS emulator, for failure destinations.
    pub aws_endpoint: String,
}

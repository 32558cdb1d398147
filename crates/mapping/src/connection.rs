//! Where a mapping's neighbours listen.

/// What a mapping connects.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The brokers, `host:port` separated by commas; payloads name them too.
    pub bootstrap_servers: String,
    /// Base URL of a Lambda Invoke API.
    pub invoke_endpoint: String,
    /// Base URL of the AWS emulator, for failure destinations.
    pub aws_endpoint: String,
}

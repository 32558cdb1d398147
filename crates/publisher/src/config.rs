//! librdkafka's configuration. Its CONFIGURATION.md explains the settings.

use std::time::Duration;

use rdkafka::ClientConfig;

use crate::Auth;

/// The timeout of one publication, including retries: less than half of a handler's usual timeout.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(4);

/// The brokers and the authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublisherSettings {
    /// The bootstrap servers: `host:port,host:port`.
    pub bootstrap_servers: String,
    /// The authentication to the brokers.
    pub auth: Auth,
}

pub fn client_config(settings: &PublisherSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.bootstrap_servers)
        .set("client.id", "tidings-publisher")
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        // Long enough to send concurrent events in one request, but too short to be noticeable.
        .set("linger.ms", "5")
        .set("message.timeout.ms", DELIVERY_TIMEOUT.as_millis().to_string())
        .set("request.timeout.ms", "2000")
        .set("socket.connection.setup.timeout.ms", "2000")
        // Closed connections are normal, because Lambda freezes an instance between invocations.
        .set("log.connection.close", "false");
    match &settings.auth {
        Auth::None => {}
        Auth::MskIam { .. } => {
            config
                .set("security.protocol", "SASL_SSL")
                .set("sasl.mechanism", "OAUTHBEARER")
                // The built-in OpenSSL does not know the path of the system's root certificates.
                .set("ssl.ca.location", "probe");
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_librdkafka(auth: Auth, names: &[&str]) -> Vec<String> {
        let settings = PublisherSettings { bootstrap_servers: "127.0.0.1:9092".to_owned(), auth };
        let config = client_config(&settings).create_native_config().unwrap();
        names.iter().map(|name| config.get(name).unwrap()).collect()
    }

    #[test]
    fn the_producer_is_idempotent_and_waits_for_all_replicas() {
        let names = ["enable.idempotence", "acks", "compression.type", "message.timeout.ms"];
        assert_eq!(in_librdkafka(Auth::None, &names), ["true", "-1", "lz4", "4000"]);
    }

    #[test]
    fn iam_uses_oauth_over_tls() {
        let names = ["security.protocol", "sasl.mechanism", "ssl.ca.location"];
        let iam = Auth::MskIam { region: "eu-central-1".to_owned() };
        assert_eq!(in_librdkafka(iam, &names), ["sasl_ssl", "OAUTHBEARER", "probe"]);
        assert_eq!(in_librdkafka(Auth::None, &names[..1]), ["plaintext"]);
    }
}

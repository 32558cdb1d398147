//! How the publisher authenticates to the brokers.

use std::{error::Error, time::Duration};

use aws_config::Region;
use aws_msk_iam_sasl_signer::generate_auth_token;
use rdkafka::{
    client::{ClientContext, OAuthToken},
    config::RDKafkaLogLevel,
    error::KafkaError,
};
use tokio::runtime::Handle;

/// The timeout for signing a token. Signing blocks the thread that reports deliveries.
const SIGNING_TIMEOUT: Duration = Duration::from_secs(3);

/// The authentication to the brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// No authentication and no encryption: for brokers on this machine.
    None,
    /// IAM authentication, which Amazon MSK accepts on port 9098, with the credentials of the environment.
    MskIam {
        /// The cluster's region.
        region: String,
    },
}

/// librdkafka's callbacks. They pass logs on to `tracing` and sign tokens.
pub struct BrokerContext {
    pub auth: Auth,
    /// The runtime that signs tokens, because librdkafka asks for them on its own thread.
    pub runtime: Handle,
}

impl ClientContext for BrokerContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::error!(kafka.facility = facility, "{message}"),
            RDKafkaLogLevel::Warning => tracing::warn!(kafka.facility = facility, "{message}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(kafka.facility = facility, "{message}");
            }
            RDKafkaLogLevel::Debug => tracing::debug!(kafka.facility = facility, "{message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // Already logged by the callback above.
        tracing::debug!(error = %error, "librdkafka reports: {reason}");
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let Auth::MskIam { region } = &self.auth else {
            return Err("this publisher is set up without authentication".into());
        };
        let signing = generate_auth_token(Region::new(region.clone()));
        let (token, lifetime_ms) =
            self.runtime.block_on(async { tokio::time::timeout(SIGNING_TIMEOUT, signing).await })??;
        // MSK reads the identity from the token, but librdkafka requires a name that is not empty.
        Ok(OAuthToken { token, principal_name: "tidings".to_owned(), lifetime_ms })
    }
}

#[cfg(test)]
mod tests {
    use std::{env, process::Command, thread};

    use super::*;

    const CHILD: &str = "auth::tests::signed_with_the_credentials_of_the_environment";

    /// Credentials come from the environment, so the test starts itself again in a process with credentials.
    #[test]
    fn a_token_is_signed_on_a_thread_outside_the_runtime() {
        let status = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", CHILD])
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&status.stdout);
        assert!(status.status.success() && output.contains("1 passed"), "{output}");
    }

    #[test]
    #[ignore = "needs credentials in the environment; the test above runs it with some"]
    fn signed_with_the_credentials_of_the_environment() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let auth = Auth::MskIam { region: "eu-central-1".to_owned() };
        let context = BrokerContext { auth, runtime: runtime.handle().clone() };
        let token = thread::spawn(move || context.generate_oauth_token(None).map_err(|e| e.to_string()));
        let token = token.join().unwrap().unwrap();
        assert!(!token.token.is_empty());
        assert!(token.lifetime_ms > 0);
    }

    #[test]
    fn without_authentication_there_is_no_token() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let context = BrokerContext { auth: Auth::None, runtime: runtime.handle().clone() };
        assert!(context.generate_oauth_token(None).is_err());
    }
}

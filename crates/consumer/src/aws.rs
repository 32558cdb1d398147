//! The AWS clients' common configuration.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};

/// Region, credentials and endpoint from the environment (`AWS_ENDPOINT_URL` overrides the endpoint), and
/// one HTTP client for all services.
///
/// The SDK's own retries are off, so that only the consumer counts attempts. A single call may take ten seconds: long
/// enough not to repeat a request that a slow service is still working on, short enough that a hanging call uses up an
/// attempt and not the invocation.
pub async fn config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(10))
        .build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .load()
        .await
}

//! Serves Lambda: sets up everything around the handler and runs it.

use std::{fmt, sync::Arc};

use aws_config::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;

use crate::{
    aws,
    batch::BatchConsumer,
    consume::Consume,
    dynamodb::DynamoDbClaims,
    handler::{BatchHandler, Handler},
    invocation::Invocation,
    metrics,
    options::Options,
    outcome::{RecordsReturned, Response, respond},
    payload::PayloadError,
    settings::{SettingError, Settings},
    settle::Stores,
    single::Consumer,
    sqs::SqsDeadLetters,
    telemetry::{self, Spans},
};

/// The function could not start, or lost its connection to Lambda.
#[derive(thiserror::Error)]
pub enum RunError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A client that the function needs could not be set up.
    #[error("the function cannot start: {0}")]
    Start(String),
    /// Lambda's runtime interface failed.
    #[error("the Lambda runtime interface failed: {0}")]
    Runtime(#[from] lambda_runtime::Error),
}

/// A `main` that returns an error prints its `Debug`, so it shows the message instead of the variant.
impl fmt::Debug for RunError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The error of an invocation whose batch has to be delivered again.
#[derive(Debug, thiserror::Error)]
enum InvocationError {
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error(transparent)]
    Returned(#[from] RecordsReturned),
}

impl From<InvocationError> for Diagnostic {
    fn from(error: InvocationError) -> Self {
        let error_type = match error {
            InvocationError::Payload(_) => "PayloadUnreadable",
            InvocationError::Returned(_) => "RecordsReturned",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}

/// Serves Lambda with a handler for single events. `function` names it in claims, dead letters and metrics
/// and must not change while its facts are stored; `build` makes the handler from the AWS configuration
/// and the settings.
pub async fn run<H, E>(
    function: &'static str,
    build: impl FnOnce(&SdkConfig, &Settings) -> Result<H, E>,
) -> Result<(), RunError>
where
    H: Handler,
    RunError: From<E>,
{
    start(function, build, Consumer::new).await
}

/// Serves Lambda with a handler for the records of a partition; otherwise as [`run`].
pub async fn run_batch<H, E>(
    function: &'static str,
    build: impl FnOnce(&SdkConfig, &Settings) -> Result<H, E>,
) -> Result<(), RunError>
where
    H: BatchHandler,
    RunError: From<E>,
{
    start(function, build, BatchConsumer::new).await
}

async fn start<H, E, C: Consume>(
    function: &'static str,
    build: impl FnOnce(&SdkConfig, &Settings) -> Result<H, E>,
    consumer: impl FnOnce(H, Stores, Options) -> C,
) -> Result<(), RunError>
where
    RunError: From<E>,
{
    let settings = Settings::from_environment();
    let aws = aws::config().await;
    let deployed_as = settings.get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or(function);
    let spans = &Spans::from_settings(deployed_as, &settings, &aws)?;
    telemetry::start(spans.as_ref());
    let options = Options::read(&settings)?;
    let table = settings.require("IDEMPOTENCY_TABLE")?;
    let queue_url = settings.require("DEAD_LETTER_QUEUE_URL")?;
    let bucket = settings.require("DEAD_LETTER_BUCKET")?;
    let stores = Stores {
        function,
        function_version: settings.get("AWS_LAMBDA_FUNCTION_VERSION").unwrap_or("unknown").to_owned(),
        claims: Arc::new(DynamoDbClaims::new(&aws, table)),
        dead_letters: Arc::new(SqsDeadLetters::new(&aws, queue_url, bucket)),
    };
    let partial_batch_responses = options.partial_batch_responses;
    let consumer = &consumer(build(&aws, &settings)?, stores, options);
    let service = service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let invocation = invocation(&event.context);
        // Boxed, because the compiler limits the nesting of futures.
        let settled = Box::pin(consumer.consume(event.payload.get().as_bytes(), &invocation)).await?;
        println!("{}", metrics::line(function, deployed_as, invocation.now(), &settled));
        if let Some(spans) = spans {
            spans.send(&invocation).await;
        }
        let response: Response = respond(&settled, partial_batch_responses)?;
        Ok::<_, InvocationError>(response)
    });
    Ok(lambda_runtime::run(service).await?)
}

fn invocation(context: &lambda_runtime::Context) -> Invocation {
    Invocation::new(context.request_id.clone(), deadline(context.deadline, Timestamp::now()))
}

/// The deadline from `Lambda-Runtime-Deadline-Ms`. Lambda sends milliseconds since 1970, but `cargo lambda watch` (seen
/// in 1.9.2) always sends 600000, which is a duration. A value of less than a day is taken as a duration.
fn deadline(milliseconds: u64, now: Timestamp) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
    if milliseconds < DAY {
        now + SignedDuration::from_millis(milliseconds)
    } else {
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_a_time_from_lambda_and_a_duration_from_cargo_lambda() {
        let now = Timestamp::from_second(1_736_937_000).unwrap();
        let later = Timestamp::from_second(1_736_937_060).unwrap();
        assert_eq!(deadline(1_736_937_060_000, now), later);
        assert_eq!(deadline(60_000, now), later);
        assert_eq!(deadline(u64::MAX, now), Timestamp::MAX);
    }
}

//! The errors of handlers, and the distinction between retryable and permanent ones.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// The error of a handler.
///
/// Errors that are not known to be permanent are retryable, because an extra attempt costs less than a lost event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandlerError {
    /// Trying again may succeed: throttling, time-outs, an unreachable service.
    #[error("{0}")]
    Retryable(Failure),
    /// Trying again cannot succeed: the event or what it refers to is wrong.
    #[error("{0}")]
    Permanent(Failure),
}

/// The error, with a name that stays the same across releases.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct Failure {
    /// A stable name in upper camel case, for logs, dead letters and alarms.
    pub error_type: String,
    /// A message for people, without names, addresses, numbers or balances.
    pub message: String,
}

impl HandlerError {
    /// An error after which another attempt may succeed.
    pub fn retryable(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Retryable(Failure { error_type: error_type.into(), message: message.into() })
    }

    /// An error after which no attempt can succeed.
    pub fn permanent(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Permanent(Failure { error_type: error_type.into(), message: message.into() })
    }

    /// The failure, of either kind.
    #[must_use]
    pub const fn failure(&self) -> &Failure {
        match self {
            Self::Retryable(failure) | Self::Permanent(failure) => failure,
        }
    }

    /// Whether another attempt may succeed.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Retryable(_))
    }
}

/// AWS error codes for requests that are themselves wrong and would fail again.
/// Sources: the error lists of the SES v2, SNS, S3 and DynamoDB API references.
const PERMANENT_CODES: &[&str] = &[
    "BadRequestException",
    "EndpointDisabled",
    "EndpointDisabledException",
    "EntityTooLarge",
    "InvalidParameter",
    "InvalidParameterException",
    "InvalidParameterValue",
    "KMSOptInRequired",
    "MessageRejected",
    "OptedOut",
    "OptedOutException",
    "ValidationException",
];

/// Classifies an error of an AWS SDK client. The service's message is left out, because it may quote the request and
/// with it an address or a phone number.
impl<E: ProvideErrorMetadata, R> From<SdkError<E, R>> for HandlerError {
    fn from(error: SdkError<E, R>) -> Self {
        match &error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or("UnknownServiceError");
                let message = "the AWS service refused the request; its error reference explains the code";
                if PERMANENT_CODES.contains(&code) {
                    Self::permanent(code, message)
                } else {
                    Self::retryable(code, message)
                }
            }
            SdkError::TimeoutError(_) => {
                Self::retryable("AwsTimeout", "the AWS service did not answer in time")
            }
            SdkError::DispatchFailure(_) => {
                Self::retryable("AwsUnreachable", "the AWS service could not be reached")
            }
            SdkError::ResponseError(_) => {
                Self::retryable("AwsResponseUnreadable", "the AWS service's answer could not be read")
            }
            _ => Self::permanent("AwsRequestInvalid", "the request to the AWS service could not be built"),
        }
    }
}

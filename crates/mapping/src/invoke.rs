//! A client for the Lambda Invoke API.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec::IntoIter;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use reqwest::{Client, Url};

use super::batch::LastAnswer;
use super::error::MappingError;

/// Longer than the longest timeout of a function with a Kafka mapping (14 minutes).
const LONGEST_INVOCATION: Duration = Duration::from_mins(15);

/// The result of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The function ran. If it failed, `last.function_error` is set.
    Returned {
        /// The invocation's metadata.
        last: LastAnswer,
        /// The function's response.
        body: Bytes,
    },
    /// The invocation was throttled (HTTP 429).
    Throttled,
    /// The payload is too large for the endpoint (HTTP 413).
    TooLarge,
    /// Any other HTTP error, e.g. an unknown function or an error of the service.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// There was no HTTP response: the connection was refused or broken.
    Unreachable {
        /// The error message.
        reason: String,
    },
}

/// Invokes one function.
#[derive(Clone, Debug)]
pub struct Invoker {
    client: Client,
    url: Url,
}

impl Invoker {
    /// Creates an invoker for `function` at the base URL of an Invoke API.
    pub fn new(client: Client, endpoint: &str, function: &str) -> Result<Self, MappingError> {
        let unusable = || MappingError::Endpoint { name: "invoke endpoint", url: endpoint.to_owned() };
        let mut url = Url::parse(endpoint).map_err(|_| unusable())?;
        url.path_segments_mut().map_err(|()| unusable())?.pop_if_empty().extend([
            "2015-03-31",
            "functions",
            function,
            "invocations",
        ]);
        Ok(Self { client, url })
    }

    /// Invokes the function synchronously. The payload consists of several pieces.
    pub async fn invoke(&self, payload: Vec<Bytes>) -> Answer {
        match self.request(payload).await {
            Ok(answer) => answer,
            Err(error) => Answer::Unreachable { reason: error.without_url().to_string() },
        }
    }

    async fn request(&self, payload: Vec<Bytes>) -> Result<Answer, reqwest::Error> {
        let response = self
            .client
            .post(self.url.clone())
            .header("Content-Type", "application/json")
            .header("X-Amz-Invocation-Type", "RequestResponse")
            .timeout(LONGEST_INVOCATION)
            .body(reqwest::Body::wrap(Pieces(payload.into_iter())))
            .send()
            .await?;
        let status = response.status();
        if !status.is_success() {
            return Ok(match status {
                StatusCode::TOO_MANY_REQUESTS => Answer::Throttled,
                StatusCode::PAYLOAD_TOO_LARGE => Answer::TooLarge,
                other => Answer::Refused { status: other.as_u16() },
            });
        }
        let last = last_answer(status, response.headers());
        Ok(Answer::Returned { last, body: response.bytes().await? })
    }
}

fn last_answer(status: StatusCode, headers: &HeaderMap) -> LastAnswer {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    LastAnswer {
        // Endpoints other than Lambda may not return a request id, but the failure destination's message needs one.
        request_id: text("x-amzn-RequestId").unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        status: status.as_u16(),
        version: text("X-Amz-Executed-Version").unwrap_or_else(|| "$LATEST".to_owned()),
        function_error: text("X-Amz-Function-Error"),
    }
}

/// A request body that is sent in pieces, without copying them into one buffer.
struct Pieces(IntoIter<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    /// The exact size, so that the request has a Content-Length.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_slice().iter().map(|piece| piece.len() as u64).sum())
    }
}

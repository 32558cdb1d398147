//! The Lambda Invoke API, as a client.

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

/// Longer than the longest timeout that a function behind a Kafka mapping may have (14 minutes).
const LONGEST_INVOCATION: Duration = Duration::from_mins(15);

/// How an invocation ended, as far as HTTP tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The function ran; it may have failed, then `last.function_error` says how.
    Returned {
        /// Facts about the invocation.
        last: LastAnswer,
        /// The function's answer.
        body: Bytes,
    },
    /// 429: no instance was free.
    Throttled,
    /// 413: the endpoint takes no payload of this size.
    TooLarge,
    /// Any other HTTP error: an unknown function, an error of the service.
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// No HTTP answer: connection refused or broken.
    Unreachable {
        /// What the connection said.
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
    /// An invoker of `function` at the base URL of an Invoke API.
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

    /// Invokes the function synchronously with a payload in pieces.
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
        // Endpoints other than Lambda may name no request: the failure destination's message needs an id.
        request_id: text("x-amzn-RequestId").unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        status: status.as_u16(),
        version: text("X-Amz-Executed-Version").unwrap_or_else(|| "$LATEST".to_owned()),
        function_error: text("X-Amz-Function-Error"),
    }
}

/// A request's body that is sent as it is in memory, without being joined first.
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

    /// Exact, so that the request names its length.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_slice().iter().map(|piece| piece.len() as u64).sum())
    }
}

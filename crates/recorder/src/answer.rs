//! The responses that the recorder itself sends, in each service's protocol so that an AWS SDK can read them.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;
use uuid::Uuid;

use super::decode::Request;

/// The header in which REST services with JSON bodies name the error.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// An HTTP response, from the emulator or from the recorder.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { status, headers, body: body.into() }
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// An error response that the service's SDK reads as `code`.
pub(super) fn error(service: &str, status: StatusCode, code: &str, message: &str) -> Answer {
    let request_id = Uuid::new_v4();
    match service {
        "sns" => Answer::new(
            status,
            "text/xml",
            format!(
                "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>{}</Type>\
                 <Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                if status.is_server_error() { "Receiver" } else { "Sender" },
                escape(code),
                escape(message),
            ),
        ),
        "s3" => Answer::new(
            status,
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>\
                 <RequestId>{request_id}</RequestId></Error>",
                escape(code),
                escape(message),
            ),
        ),
        "dynamodb" | "sqs" => Answer::new(
            status,
            "application/x-amz-json-1.0",
            json!({"__type": format!("com.amazonaws.{service}#{code}"), "message": message}).to_string(),
        ),
        _ => {
            let body = json!({"__type": code, "message": message}).to_string();
            let mut answer = Answer::new(status, "application/json", body);
            if let Ok(code) = HeaderValue::from_str(code) {
                answer.headers.insert(ERROR_TYPE, code);
            }
            answer
        }
    }
}

/// A success response like the service's, for a call that is not forwarded.
pub(super) fn success(request: &Request) -> Answer {
    let id = Uuid::new_v4();
    match request.service.as_str() {
        "ses" => Answer::new(StatusCode::OK, "application/json", json!({"MessageId": id}).to_string()),
        "sqs" => {
            Answer::new(StatusCode::OK, "application/x-amz-json-1.0", json!({"MessageId": id}).to_string())
        }
        "sns" => Answer::new(
            StatusCode::OK,
            "text/xml",
            format!(
                "<{0}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><{0}Result><MessageId>{id}\
                 </MessageId></{0}Result><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>\
                 </{0}Response>",
                request.operation,
            ),
        ),
        "s3" => {
            let mut answer = Answer::new(StatusCode::OK, "application/xml", Bytes::new());
            if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", id.simple())) {
                answer.headers.insert(ETAG, tag);
            }
            answer
        }
        _ => Answer::new(StatusCode::OK, "application/x-amz-json-1.0", "{}"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

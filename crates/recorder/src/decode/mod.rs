//! Decodes HTTP requests to AWS.
//!
//! Caller and service are part of the signature (`Authorization: AWS4-HMAC-SHA256
//! Credential={access key id}/{date}/{region}/{service}/aws4_request, ...`, or `X-Amz-Credential` in the query of
//! a presigned URL). How the operation is encoded depends on the service's protocol.

mod dynamodb;
mod s3;
mod ses;
mod sns;
mod sqs;

use axum::body::Bytes;
use axum::http::request::Parts;
use serde_json::Value;

use super::call::CallDetails;

/// A decoded request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub source: String,
    pub function: String,
    pub service: String,
    pub operation: String,
    pub event_id: Option<String>,
    pub resource: Option<String>,
    pub details: CallDetails,
}

/// The part of a request that is decoded per service.
struct Decoded {
    operation: String,
    event_id: Option<String>,
    resource: Option<String>,
    details: CallDetails,
}

impl Decoded {
    /// An operation whose fields are not decoded.
    fn other(operation: String, resource: Option<String>) -> Self {
        Self { operation, event_id: None, resource, details: CallDetails::Other }
    }
}

/// Decodes a request. A request that cannot be decoded becomes [`CallDetails::Other`]: rejecting it is up to the
/// emulator.
pub(super) fn decode(parts: &Parts, body: &Bytes) -> Request {
    let (source, service) = credential(parts);
    let decoded = match service.as_str() {
        "ses" => ses::decode(parts, body),
        "sns" => sns::decode(body),
        "s3" => Some(s3::decode(parts, body)),
        "sqs" => target(parts).map(|operation| sqs::decode(operation, body)),
        "dynamodb" => target(parts).map(|operation| dynamodb::decode(operation, body)),
        _ => None,
    };
    let decoded = decoded.unwrap_or_else(|| {
        let operation = target(parts).unwrap_or_else(|| format!("{} {}", parts.method, parts.uri.path()));
        Decoded::other(operation, None)
    });
    Request {
        function: source.rsplit_once('.').map_or(source.as_str(), |(function, _)| function).to_owned(),
        source,
        service,
        operation: decoded.operation,
        event_id: decoded.event_id,
        resource: decoded.resource,
        details: decoded.details,
    }
}

/// Access key id and service from the credential scope; both are empty if the request is not signed.
fn credential(parts: &Parts) -> (String, String) {
    let from_header = header(parts, "authorization")
        .and_then(|value| value.split_once("Credential="))
        .map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or_default().to_owned());
    let scope = from_header.or_else(|| query(parts, "X-Amz-Credential")).unwrap_or_default();
    // Split from the right, because an access key id may contain slashes.
    let mut fields = scope.rsplitn(5, '/');
    let (_terminator, service, _region, _date) = (fields.next(), fields.next(), fields.next(), fields.next());
    (fields.next().unwrap_or_default().to_owned(), service.unwrap_or_default().to_owned())
}

/// The operation in `X-Amz-Target: DynamoDB_20120810.PutItem`.
fn target(parts: &Parts) -> Option<String> {
    header(parts, "x-amz-target").and_then(|value| value.rsplit_once('.')).map(|(_, name)| name.to_owned())
}

fn header<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name).and_then(|value| value.to_str().ok())
}

/// The first value of a query parameter, percent-decoded.
fn query(parts: &Parts, name: &str) -> Option<String> {
    form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// The string at a JSON pointer.
fn text(json: &Value, pointer: &str) -> Option<String> {
    json.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use axum::http::{self, Method};

    use super::*;

    /// A request as the SDK signs it.
    fn request(method: Method, uri: &str, service: &str, headers: &[(&str, &str)], body: &str) -> Request {
        let mut builder = http::Request::builder().method(method).uri(uri).header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential=email.3/20261120/us-east-1/{service}/aws4_request, \
                 SignedHeaders=host, Signature=00"
            ),
        );
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (parts, ()) = builder.body(()).expect("a valid request").into_parts();
        decode(&parts, &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn caller_and_service_come_from_the_signature() {
        let target = [("x-amz-target", "DynamoDB_20120810.DescribeTable")];
        let decoded = request(Method::POST, "/", "dynamodb", &target, r#"{"TableName":"t"}"#);
        assert_eq!((decoded.source.as_str(), decoded.function.as_str()), ("email.3", "email"));
        assert_eq!(decoded.service, "dynamodb");
        assert_eq!(decoded.operation, "DescribeTable");
        assert_eq!(decoded.resource.as_deref(), Some("t"));
        assert_eq!(decoded.details, CallDetails::Other);
    }

    #[test]
    fn caller_and_service_come_from_a_presigned_url() {
        let uri = "/b/k?X-Amz-Credential=statement.1%2F20261120%2Fus-east-1%2Fs3%2Faws4_request";
        let (parts, ()) = http::Request::builder().uri(uri).body(()).expect("a valid request").into_parts();
        let decoded = decode(&parts, &Bytes::new());
        assert_eq!((decoded.function.as_str(), decoded.service.as_str()), ("statement", "s3"));
        assert_eq!(decoded.operation, "GetObject");
    }

    #[test]
    fn an_unsigned_request_has_no_caller_and_no_service() {
        let (parts, ()) = http::Request::builder().uri("/x").body(()).expect("a valid request").into_parts();
        let decoded = decode(&parts, &Bytes::new());
        assert_eq!((decoded.source.as_str(), decoded.service.as_str()), ("", ""));
        assert_eq!(decoded.operation, "GET /x");
    }

    #[test]
    fn an_unreadable_body_is_decoded_as_other() {
        for (service, target) in [("dynamodb", "DynamoDB_20120810.PutItem"), ("sqs", "AmazonSQS.SendMessage")]
        {
            let decoded = request(Method::POST, "/", service, &[("x-amz-target", target)], "{not json");
            assert_eq!(decoded.details, CallDetails::Other, "{service}");
            assert!(target.ends_with(&decoded.operation), "{service}");
        }
        let mail = request(Method::POST, "/v2/email/outbound-emails", "ses", &[], "{not json");
        assert_eq!((mail.operation.as_str(), mail.details), ("SendEmail", CallDetails::Other));
        assert_eq!(request(Method::POST, "/", "sns", &[], "%%%").details, CallDetails::Other);
    }

    #[test]
    fn the_event_id_of_a_ledger_item_is_its_attribute() {
        let body = r#"{"TableName":"tidings-ledger","Item":{"account_id":{"S":"ACC1"},"event_id":{"S":"EVT-9"}},
            "ConditionExpression":"attribute_not_exists(entry)"}"#;
        let target = [("x-amz-target", "DynamoDB_20120810.PutItem")];
        let decoded = request(Method::POST, "/", "dynamodb", &target, body);
        assert_eq!(decoded.event_id.as_deref(), Some("EVT-9"));
        let CallDetails::PutItem { table, item, condition, .. } = decoded.details else {
            panic!("not a PutItem: {:?}", decoded.details)
        };
        assert_eq!(table, "tidings-ledger");
        assert_eq!(item["account_id"]["S"], "ACC1");
        assert_eq!(condition.as_deref(), Some("attribute_not_exists(entry)"));
    }

    #[test]
    fn the_event_id_of_a_claim_is_part_of_its_key() {
        let target = [("x-amz-target", "DynamoDB_20120810.UpdateItem")];
        for (id, event_id) in [
            ("email#EVT-1", Some("EVT-1")),
            ("push#EVT-1#device-7", Some("EVT-1")),
            ("audit#user.login/3/42", Some("user.login/3/42")),
            ("no separator", None),
        ] {
            let body = format!(r#"{{"TableName":"t","Key":{{"id":{{"S":"{id}"}}}}}}"#);
            let decoded = request(Method::POST, "/", "dynamodb", &target, &body);
            assert_eq!(decoded.event_id.as_deref(), event_id, "{id}");
        }
    }

    #[test]
    fn the_event_id_of_a_dead_letter_is_in_its_body() {
        let target = [("x-amz-target", "AmazonSQS.SendMessage")];
        let body = r#"{"QueueUrl":"http://h/0/email-dead-letters","MessageBody":"{\"eventId\":\"EVT-5\"}"}"#;
        let decoded = request(Method::POST, "/", "sqs", &target, body);
        assert_eq!(decoded.event_id.as_deref(), Some("EVT-5"));
        let queue = "http://h/0/email-dead-letters".to_owned();
        assert_eq!(decoded.resource.as_ref(), Some(&queue));
        assert_eq!(decoded.details, CallDetails::SqsSend { queue, body: r#"{"eventId":"EVT-5"}"#.into() });
    }

    #[test]
    fn a_dead_letter_without_an_event_id_has_its_records_position_as_id() {
        let target = [("x-amz-target", "AmazonSQS.SendMessage")];
        let letter = r#"{"record":{"topic":"user.login","partition":3,"offset":42}}"#;
        let body = serde_json::json!({"QueueUrl": "http://h/0/q", "MessageBody": letter}).to_string();
        let decoded = request(Method::POST, "/", "sqs", &target, &body);
        assert_eq!(decoded.event_id.as_deref(), Some("user.login/3/42"));
    }

    #[test]
    fn s3_keys_and_metadata_are_decoded() {
        let decoded = request(
            Method::PUT,
            "/statements/statements/ACC%201/date=1/a%2Bb+c.pdf?x-id=PutObject",
            "s3",
            &[("x-amz-meta-event-id", "EVT-2")],
            "pdf",
        );
        assert_eq!(decoded.event_id.as_deref(), Some("EVT-2"));
        let CallDetails::PutObject { bucket, key, sha256, body, .. } = decoded.details else {
            panic!("not a PutObject: {:?}", decoded.details)
        };
        assert_eq!((bucket.as_str(), key.as_str()), ("statements", "statements/ACC 1/date=1/a+b+c.pdf"));
        assert_eq!(body, "pdf");
        // printf pdf | sha256sum
        assert_eq!(sha256, "c35b21d6ca39aa7cc3b79a705d989f1a6e88b99ab43988d74048799e3db926a3");
    }

    #[test]
    fn aws_chunked_framing_is_removed() {
        let framed =
            "4;chunk-signature=00\r\nwiki\r\n5\r\npedia\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        for sha256 in ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"] {
            let decoded = request(Method::PUT, "/b/k", "s3", &[("x-amz-content-sha256", sha256)], framed);
            let CallDetails::PutObject { body, .. } = decoded.details else {
                panic!("not a PutObject: {:?}", decoded.details)
            };
            assert_eq!(body, "wikipedia");
        }
        let cut = request(
            Method::PUT,
            "/b/k",
            "s3",
            &[("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")],
            "ffffffffffffffff\r\nwiki",
        );
        assert_eq!(cut.details, CallDetails::Other);
    }
}

//! S3: REST with path-style addresses, `/{bucket}/{key}`, which the SDK uses on IP endpoints.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::Method;
use axum::http::request::Parts;
use bytes::{Buf, BytesMut};
use sha2::{Digest, Sha256};

use super::{CallDetails, Decoded, header, query};

pub(super) fn decode(parts: &Parts, body: &Bytes) -> Decoded {
    let path = parts.uri.path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let (bucket, key) = (percent_decode(bucket), percent_decode(key));
    // The SDK adds `x-id` with the operation's name if the path is ambiguous.
    let operation = query(parts, "x-id").unwrap_or_else(|| operation(parts, &bucket, &key));
    let metadata = metadata(parts);
    let event_id = metadata.get("event-id").cloned();
    let resource = Some(bucket.clone()).filter(|name| !name.is_empty());
    let details = match content(parts, body) {
        Some(body) if operation == "PutObject" => {
            let sha256 = hex::encode(Sha256::digest(&body));
            CallDetails::PutObject { bucket, key, metadata, sha256, body }
        }
        _ => CallDetails::Other,
    };
    Decoded { operation, event_id, resource, details }
}

fn operation(parts: &Parts, bucket: &str, key: &str) -> String {
    let has = |name: &str| query(parts, name).is_some();
    let name = match (&parts.method, bucket.is_empty(), key.is_empty()) {
        (&Method::GET, true, _) => "ListBuckets",
        (&Method::GET, false, true) if has("list-type") => "ListObjectsV2",
        (&Method::GET, false, false) => "GetObject",
        (&Method::HEAD, false, true) => "HeadBucket",
        (&Method::HEAD, false, false) => "HeadObject",
        (&Method::PUT, false, true) if parts.uri.query().is_none() => "CreateBucket",
        (&Method::PUT, false, false) if has("partNumber") => "UploadPart",
        (&Method::PUT, false, false) if parts.headers.contains_key("x-amz-copy-source") => "CopyObject",
        (&Method::PUT, false, false) => "PutObject",
        (&Method::DELETE, false, false) => "DeleteObject",
        (&Method::POST, false, false) if has("uploads") => "CreateMultipartUpload",
        (&Method::POST, false, false) if has("uploadId") => "CompleteMultipartUpload",
        (method, _, _) => return format!("{method} {}", parts.uri.path()),
    };
    name.to_owned()
}

fn metadata(parts: &Parts) -> BTreeMap<String, String> {
    parts
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-amz-meta-")?;
            Some((name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        })
        .collect()
}

/// The body without `aws-chunked` framing; `None` if the framing is broken.
fn content(parts: &Parts, body: &Bytes) -> Option<Bytes> {
    let framed = header(parts, "x-amz-content-sha256").is_some_and(|value| value.starts_with("STREAMING-"));
    if framed { unchunk(body.clone()) } else { Some(body.clone()) }
}

/// Removes `aws-chunked` framing: chunks of `{size in hex}[;extension]\r\n{data}\r\n`, terminated by a chunk of
/// size 0 and trailers.
fn unchunk(mut framed: Bytes) -> Option<Bytes> {
    let mut content = BytesMut::new();
    loop {
        let end = framed.windows(2).position(|pair| pair == b"\r\n")?;
        let line = framed.split_to(end);
        framed.advance(2);
        let size = std::str::from_utf8(&line).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(content.freeze());
        }
        if framed.len().checked_sub(2)? < size {
            return None;
        }
        content.extend_from_slice(&framed.split_to(size));
        framed.advance(2);
    }
}

fn percent_decode(path: &str) -> String {
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}

//! Parsing responses of AWS services and their emulators.

use serde_json::Value;

/// The error code in a JSON or XML error, or the start of the body if it has none.
#[must_use]
pub fn error_code(body: &str) -> String {
    let json = serde_json::from_str::<Value>(body).ok();
    let code = json
        .as_ref()
        .and_then(|json| json["__type"].as_str())
        .map(|name| name.rsplit_once('#').map_or(name, |(_, code)| code));
    let start = || body.chars().take(200).collect();
    code.or_else(|| elements(body, "Code").next()).map_or_else(start, str::to_owned)
}

/// The texts of all XML elements with this name and without attributes.
pub fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(open.as_str())?;
        let (text, following) = after.split_once(close.as_str())?;
        rest = following;
        Some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_are_read_from_json_and_xml() {
        assert_eq!(
            error_code(r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceInUseException"}"#),
            "ResourceInUseException"
        );
        assert_eq!(error_code("<Error><Code>NoSuchBucket</Code></Error>"), "NoSuchBucket");
        assert_eq!(error_code("plain"), "plain");
    }

    #[test]
    fn all_elements_are_found() {
        let xml = "<r><Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents></r>";
        assert_eq!(elements(xml, "Key").collect::<Vec<_>>(), ["a", "b"]);
    }
}

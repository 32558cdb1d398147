//! Makes JSON from producers in any language readable and comparable.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;

/// The deepest nesting of values that are compared as JSON: deeper than any event, but shallow enough that reading each
/// level again costs little.
const MAX_DEPTH: usize = 32;

/// The length of an escape such as `\ud83d`, in bytes.
const ESCAPE: usize = 6;

/// A record's value as text that a JSON parser can read to its end.
///
/// JavaScript cuts strings between the halves of a surrogate pair and writes `"Lunch \ud83d"`, which RFC 8259
/// (section 8.2) allows but many parsers refuse. Other languages cut strings within a UTF-8 character. Both would make
/// the whole event unreadable, so lone surrogates and bytes that are not UTF-8 become U+FFFD.
#[must_use]
pub fn readable(value: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(value) {
        Cow::Borrowed(text) => replace_lone_surrogates(text, |_| "\\ufffd".to_owned()),
        Cow::Owned(text) => replace_lone_surrogates(&text, |_| "\\ufffd".to_owned()).into_owned().into(),
    }
}

fn replace_lone_surrogates(text: &str, replacement: impl Fn(&str) -> String) -> Cow<'_, str> {
    let lone = lone_surrogates(text);
    if lone.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut replaced = String::with_capacity(text.len());
    let mut end = 0;
    for start in lone {
        replaced.push_str(&text[end..start]);
        end = start + ESCAPE;
        replaced.push_str(&replacement(&text[start..end]));
    }
    replaced.push_str(&text[end..]);
    Cow::Owned(replaced)
}

/// The positions of escaped lone surrogates. In JSON, a backslash occurs only in strings.
fn lone_surrogates(text: &str) -> Vec<usize> {
    let mut lone = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        at += match (escaped_unit(text, at), escaped_unit(text, at + ESCAPE)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * ESCAPE,
            (Some(0xd800..=0xdfff), _) => {
                lone.push(at);
                ESCAPE
            }
            _ => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    lone
}

/// The UTF-16 code unit of the escape at this position.
fn escaped_unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + ESCAPE)?.strip_prefix("\\u")?;
    let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hexadecimal.then(|| u16::from_str_radix(digits, 16).ok())?
}

/// Reads an optional text field leniently, so that a value of another type does not make the event unreadable. A number
/// or a boolean is read as text. Anything else, or text without the field's form, counts as absent.
pub fn optional<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let json = <&RawValue>::deserialize(deserializer)?.get();
    let text = match json.as_bytes().first() {
        Some(b'"') => Some(Cow::Borrowed(json)),
        Some(b'{' | b'[' | b'n') | None => None,
        Some(_) => Some(Cow::Owned(format!("\"{json}\""))),
    };
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// The canonical form of a JSON value. It does not depend on the order of fields, white space, escapes and the form of
/// numbers, which keep every digit. Of several fields with the same name, the last one counts.
///
/// Bytes that are not JSON, or JSON nested deeper than 32 levels, are returned unchanged.
#[must_use]
pub fn canonical(value: &[u8]) -> Cow<'_, [u8]> {
    canonical_json(value).map_or(Cow::Borrowed(value), |json| Cow::Owned(json.into_bytes()))
}

fn canonical_json(value: &[u8]) -> Option<String> {
    // A lone surrogate cannot be written, but different ones must not become equal.
    let text = str::from_utf8(value).ok()?;
    let text = replace_lone_surrogates(text, |escape| format!("\\ufffd{}", escape[2..].to_lowercase()));
    let mut canonical = String::with_capacity(text.len());
    write(serde_json::from_str(&text).ok()?, MAX_DEPTH, &mut canonical)?;
    Some(canonical)
}

/// `None` if the value is nested too deeply.
fn write(raw: &RawValue, depth: usize, out: &mut String) -> Option<()> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'{' => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            out.push('{');
            for (name, value) in fields {
                write_string(&name, out)?;
                out.push(':');
                write(value, depth.checked_sub(1)?, out)?;
                out.push(',');
            }
            out.push('}');
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            out.push('[');
            for item in items {
                write(item, depth.checked_sub(1)?, out)?;
                out.push(',');
            }
            out.push(']');
        }
        b'"' => write_string(&serde_json::from_str::<String>(text).ok()?, out)?,
        b't' | b'f' | b'n' => out.push_str(text),
        _ => out.push_str(&canonical_number(text)),
    }
    Some(())
}

fn write_string(text: &str, out: &mut String) -> Option<()> {
    out.push_str(&serde_json::to_string(text).ok()?);
    Some(())
}

/// A JSON number as its significant digits and a power of ten: `5000.00`, `5e3` and `5000` are `5e3`.
fn canonical_number(text: &str) -> Cow<'_, str> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    // Lengths are far below the limits of i64. A number with an exponent beyond them stays unchanged.
    let zeros = (digits.len() - significant.len()).cast_signed() as i64;
    let decimals = fraction.len().cast_signed() as i64;
    let Some(power) = exponent.parse::<i64>().ok().and_then(|power| power.checked_add(zeros - decimals))
    else {
        return Cow::Borrowed(text);
    };
    match significant.trim_start_matches('0') {
        "" => Cow::Borrowed("0"),
        significant => Cow::Owned(format!("{sign}{significant}e{power}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::Value;

    use super::*;

    #[rstest]
    #[case(r#""Lunch \ud83d""#, r#""Lunch \ufffd""#)]
    #[case(r#""\uDE00 \uD83D\uDE00 \ud83d\ud83d\ude00""#, r#""\ufffd \uD83D\uDE00 \ufffd\ud83d\ude00""#)]
    #[case(r#""\ud83dx\ud83d\n""#, r#""\ufffdx\ufffd\n""#)]
    #[case(r#"{"\udc00": 1}"#, r#"{"\ufffd": 1}"#)]
    // An escaped backslash before a u does not start an escape.
    #[case(r#""\\ud83d \\\ud83d""#, r#""\\ud83d \\\ufffd""#)]
    #[case(r#""\ud83"#, r#""\ud83"#)]
    #[case(r#""\u+83d""#, r#""\u+83d""#)]
    #[case("\"\\é\\", "\"\\é\\")]
    fn a_lone_surrogate_becomes_the_replacement_character(#[case] json: &str, #[case] expected: &str) {
        assert_eq!(readable(json.as_bytes()), expected);
    }

    #[test]
    fn bytes_that_are_not_utf_8_become_the_replacement_character() {
        let cut = &"\"Lunch 😀".as_bytes()[..10];
        assert_eq!(readable(&[cut, b"\""].concat()), "\"Lunch \u{fffd}\"");
    }

    #[rstest]
    #[case::order(r#"{"a": 1, "b": [true, null]}"#, r#"{"b":[true,null],"a":1}"#)]
    #[case::white_space("{ \"a\" :\t1\r\n}", r#"{"a":1}"#)]
    #[case::escapes(r#"{"a": "\u00e9\/\u0041😀"}"#, "{\"\\u0061\":\"é/A\\ud83d\\ude00\"}")]
    #[case::numbers("[5000.00, 5e3, -0.0, 1E-2, 0.10e+3]", "[5000, 5000.0, 0, 0.01, 100]")]
    #[case::many_digits("79228162514264337593543950335.10", "79228162514264337593543950335.1")]
    #[case::last_of_one_name(r#"{"a": 1, "a": 2}"#, r#"{"a": 2}"#)]
    fn spellings_of_one_value_are_the_same(#[case] one: &str, #[case] other: &str) {
        assert_eq!(canonical(one.as_bytes()), canonical(other.as_bytes()));
    }

    #[rstest]
    #[case("79228162514264337593543950335", "79228162514264337593543950336")]
    #[case("0.1", "0.10000000000000000001")]
    #[case("5000", "-5000")]
    #[case("5000", "\"5000\"")]
    #[case("1", "10")]
    #[case("1e99999999999999999999", "1e99999999999999999998")]
    #[case("[1, 2]", "[2, 1]")]
    #[case("[1, [2]]", "[1, 2]")]
    #[case(r#"["a", "b"]"#, r#"["a\",\"b"]"#)]
    #[case(r#"{"a": null}"#, "{}")]
    #[case(r#"{"a": {"b": 1}}"#, r#"{"a": {}, "b": 1}"#)]
    #[case("{\"a\": 1", "{ \"a\": 1")]
    #[case(r#""\ud83d""#, r#""\ud83e""#)]
    #[case(r#"{"\ud83d": 1}"#, r#"{"\ud83e": 1}"#)]
    fn other_values_differ(#[case] one: &str, #[case] other: &str) {
        assert_ne!(canonical(one.as_bytes()), canonical(other.as_bytes()));
    }

    #[test]
    fn bytes_that_are_not_json_or_too_deep_stay_unchanged() {
        let deep = format!("{} 1 {}", "[".repeat(100_000), "]".repeat(100_000));
        for bytes in [&b""[..], b"\xff", b"{\"a\": \"Caf\xe9\"}", b"{} {}", b"{", deep.as_bytes()] {
            assert_eq!(canonical(bytes), bytes);
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-20..20_i64).prop_map(Value::from),
            "[a-b\"\\\\é😀]{0,2}".prop_map(Value::from),
        ];
        scalar.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map("[a-c]", inner, 0..3)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// The same value with its fields in the opposite order, every character escaped, and numbers with exponents.
    fn respelled(value: &Value) -> String {
        let string = |text: &str| {
            let units: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            format!("\"{}\"", units.concat())
        };
        match value {
            Value::Object(fields) => {
                let fields = fields
                    .iter()
                    .rev()
                    .map(|(name, value)| format!("{} : {}", string(name), respelled(value)));
                format!("{{\n{} }}", fields.collect::<Vec<_>>().join(" , "))
            }
            Value::Array(items) => {
                format!("[ {}]", items.iter().map(respelled).collect::<Vec<_>>().join(",\t"))
            }
            Value::String(text) => string(text),
            Value::Number(number) => format!("{number}.0e+0"),
            scalar => scalar.to_string(),
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read_and_compared(bytes in prop_oneof![
            any::<Vec<u8>>(),
            "[\\\\ud8-fc\" ]{0,40}".prop_map(String::into_bytes),
        ]) {
            let text = readable(&bytes);
            prop_assert!(lone_surrogates(&text).is_empty());
            let _ = canonical(&bytes);
        }

        /// `serde_json` decides which values are equal.
        #[test]
        fn canonical_forms_are_equal_where_values_are(one in json(), other in json()) {
            let spelled = respelled(&one);
            let [one_json, other_json] = [one.to_string(), other.to_string()];
            prop_assert_eq!(canonical(one_json.as_bytes()), canonical(spelled.as_bytes()), "{}", spelled);
            let same = canonical(one_json.as_bytes()) == canonical(other_json.as_bytes());
            prop_assert_eq!(same, one == other);
        }

        /// Read by `serde_json`, the canonical form has the same value as the original.
        #[test]
        fn a_strings_canonical_form_has_the_same_value(text in any::<String>()) {
            let json = Value::from(text);
            let written = json.to_string();
            let canonical = canonical(written.as_bytes());
            prop_assert_eq!(serde_json::from_slice::<Value>(&canonical).unwrap(), json);
        }
    }
}

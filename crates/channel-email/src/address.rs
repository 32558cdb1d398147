//! E-mail addresses that are safe to hand to SES.

use std::{borrow::Cow, str::FromStr};

use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};

/// The longest address that SMTP allows (RFC 5321, erratum 1690).
const MAX_LENGTH: usize = 254;
/// The longest part before the `@` (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_LENGTH: usize = 64;

/// An e-mail address in the plain form `local@domain`: one recipient without name, quotes or comments.
///
/// It is ASCII, because SES accepts only ASCII before the `@` and domains in Punycode (its API reference,
/// `Destination`). Other domains are converted to Punycode. It has no `Debug`, so that it does not get into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

/// The text is not a plain e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an e-mail address like local@domain.example")]
pub struct InvalidAddress;

impl Address {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let (local, domain) = text.split_once('@').ok_or(InvalidAddress)?;
        let domain = to_ascii(domain).ok_or(InvalidAddress)?;
        let fits = local.len() <= MAX_LOCAL_LENGTH && local.len() + 1 + domain.len() <= MAX_LENGTH;
        if fits && is_local(local) && is_domain(&domain) {
            Ok(Self(format!("{local}@{domain}")))
        } else {
            Err(InvalidAddress)
        }
    }
}

/// Converts an internationalised domain to ASCII (UTS 46). An ASCII domain stays unchanged.
fn to_ascii(domain: &str) -> Option<Cow<'_, str>> {
    if domain.is_ascii() {
        return Some(Cow::Borrowed(domain));
    }
    let to_ascii =
        |domain| Uts46::new().to_ascii(domain, AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify);
    to_ascii(domain.as_bytes()).ok()
}

/// RFC 5322's dot-atom.
fn is_local(local: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(allowed))
}

/// At least two labels of letters, digits and inner hyphens (RFC 1123).
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("john@example.com")]
    #[case("first.last+tag@mail.example.co.in")]
    #[case("o'brien@xn--bcher-kva.example")]
    fn plain_addresses_are_accepted(#[case] text: &str) {
        assert_eq!(text.parse::<Address>().map(|it| it.0).unwrap_or_default(), text);
    }

    #[rstest]
    #[case("anna@bücher.example", "anna@xn--bcher-kva.example")]
    #[case("anna@BÜCHER.Example", "anna@xn--bcher-kva.example")]
    #[case("asha@उदाहरण.भारत", "asha@xn--p1b6ci4b4b3a.xn--h2brj9c")]
    #[case("taro@例え。テスト", "taro@xn--r8jz45g.xn--zckzah")]
    fn an_international_domain_is_written_in_ascii(#[case] text: &str, #[case] ascii: &str) {
        assert_eq!(text.parse::<Address>().map(|it| it.0).unwrap_or_default(), ascii);
    }

    #[rstest]
    #[case("")]
    #[case("john")]
    #[case("@example.com")]
    #[case("john@")]
    #[case("john@localhost")]
    #[case("john@exam ple.com")]
    #[case("john@example.com\r\nBcc: all@example.com")]
    #[case("john@example.com,jane@example.com")]
    #[case("john@jane@example.com")]
    #[case("John <john@example.com>")]
    #[case("\"john\"@example.com")]
    #[case("john..doe@example.com")]
    #[case("john@-example.com")]
    #[case("john@example..com")]
    #[case("जॉन@example.com")]
    #[case("anna@bü cher.example")]
    #[case("anna@bücher.example,jane@example.com")]
    #[case("anna@bücher")]
    #[case("anna@bücher..example")]
    #[case("anna@bücher.example\u{ff0f}x")]
    #[case("anna@\u{200b}.example")]
    #[case(&format!("anna@{}.example", "ü".repeat(60)))]
    #[case(&format!("{}@example.com", "a".repeat(65)))]
    #[case(&format!("john@{}example.com", "a.".repeat(130)))]
    fn anything_else_is_refused(#[case] text: &str) {
        assert!(text.parse::<Address>().is_err());
    }
}

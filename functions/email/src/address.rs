//! E-mail addresses that are safe to hand to SES.

use std::str::FromStr;

/// The longest address that SMTP carries (RFC 5321, erratum 1690).
const MAX_LENGTH: usize = 254;
/// The longest part before the `@` (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_LENGTH: usize = 64;

/// An e-mail address of the plain form `local@domain`: no name, no quotes, no comments, one recipient.
///
/// It is ASCII, because SES takes no other (domains are written in Punycode). It has no `Debug`, so that it
/// does not reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

/// The text is no plain e-mail address.
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
        let fits = text.len() <= MAX_LENGTH && local.len() <= MAX_LOCAL_LENGTH;
        if fits && is_local(local) && is_domain(domain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAddress)
        }
    }
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
    #[case(&format!("{}@example.com", "a".repeat(65)))]
    #[case(&format!("john@{}example.com", "a.".repeat(130)))]
    fn anything_else_is_refused(#[case] text: &str) {
        assert!(text.parse::<Address>().is_err());
    }
}

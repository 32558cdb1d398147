//! Phone numbers that SNS can send to.

use std::str::FromStr;

use tidings_texts::MIN_PHONE_DIGITS;

/// The longest number, in digits (ITU-T E.164, section 6).
const MAX_DIGITS: usize = 15;
/// India's country code. No country code is the beginning of another (ITU-T E.164, annex D).
const INDIA: &str = "+91";

/// A phone number in E.164 form: `+`, a country code (which does not begin with 0) and the national number, without
/// separators.
///
/// Whether the number is assigned is not checked, because numbering plans change more often than functions are
/// deployed. SNS refuses a wrong number (`InvalidParameter`, a permanent error). It has no `Debug`, so that it does not
/// get into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

/// The text is not a phone number in E.164 form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an E.164 number like +919876543210")]
pub struct InvalidPhoneNumber;

impl PhoneNumber {
    /// The number as text, including the `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an Indian number. Indian operators require DLT attributes.
    #[must_use]
    pub fn is_indian(&self) -> bool {
        self.0.starts_with(INDIA)
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;

    fn from_str(text: &str) -> Result<Self, InvalidPhoneNumber> {
        let digits = text.strip_prefix('+').ok_or(InvalidPhoneNumber)?;
        let of_digits = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if of_digits && (MIN_PHONE_DIGITS..=MAX_DIGITS).contains(&digits.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPhoneNumber)
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("+911234567890", true)]
    #[case("+919876543210", true)]
    #[case("+12025550143", false)]
    #[case("+442079460958", false)]
    #[case("+96522345678", false)]
    #[case("+81312345678", false)]
    #[case("+4915112345678", false)]
    // Recently assigned ranges, from libphonenumber's current metadata.
    #[case("+78123456789", false)]
    #[case("+241062345678", false)]
    #[case("+330631966543", false)]
    #[case("+2250712345678", false)]
    fn numbers_in_e164_form_are_accepted(#[case] text: &str, #[case] indian: bool) {
        let Ok(number) = text.parse::<PhoneNumber>() else { panic!("{text} was refused") };
        assert_eq!((number.as_str(), number.is_indian()), (text, indian));
    }

    #[rstest]
    #[case("")]
    #[case("12345")]
    #[case("9876543210")]
    #[case("00919876543210")]
    #[case("+")]
    #[case("+91")]
    #[case("+0919876543210")]
    #[case("+91 98765 43210")]
    #[case("+91-9876543210")]
    #[case("+91987654321098765")]
    #[case("+919876543210\n")]
    #[case("+९१९८७६५४३२१०")]
    #[case("tel:+919876543210")]
    #[case("+919876543210;ext=1")]
    fn anything_else_is_refused(#[case] text: &str) {
        assert!(text.parse::<PhoneNumber>().is_err());
    }
}

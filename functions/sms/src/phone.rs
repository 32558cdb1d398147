//! Phone numbers that SNS can send to.

use std::str::FromStr;

use phonenumber::{
    Mode,
    metadata::{DATABASE, Database},
};

/// The longest number, in digits (ITU-T E.164, section 6).
const MAX_DIGITS: usize = 15;
/// The shortest that is dialled from abroad: a country code and the shortest subscriber numbers in use.
const MIN_DIGITS: usize = 7;

/// A phone number in E.164 form: `+`, an assigned country code and the national number, nothing between.
///
/// Whether the number is in use, or of a range that its country has given out, is not asked: numbering plans
/// change faster than functions are deployed, and a wrong number is SNS's to refuse. It has no `Debug`, so
/// that it does not reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    e164: String,
    country_code: u16,
}

/// The text is no phone number in E.164 form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an E.164 number like +919876543210")]
pub struct InvalidPhoneNumber;

/// Loads the numbering plans. Done while the function starts, because at first use it would come out of the
/// time of the first events, and block all of them.
pub fn load_numbering_plans() {
    // Following the reference is what loads them.
    let _: &Database = &DATABASE;
}

impl PhoneNumber {
    /// The number, from the `+` on.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.e164
    }

    /// Whether it is of India, whose operators ask for DLT attributes.
    #[must_use]
    pub const fn is_indian(&self) -> bool {
        self.country_code == 91
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;

    fn from_str(text: &str) -> Result<Self, InvalidPhoneNumber> {
        let digits = text.strip_prefix('+').ok_or(InvalidPhoneNumber)?;
        let of_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !of_digits || !(MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) {
            return Err(InvalidPhoneNumber);
        }
        let number = phonenumber::parse(None, text).map_err(|_| InvalidPhoneNumber)?;
        // The parser is lenient: it drops what it takes for a prefix. What it would rewrite is no E.164.
        if number.format().mode(Mode::E164).to_string() != text {
            return Err(InvalidPhoneNumber);
        }
        Ok(Self { e164: text.to_owned(), country_code: number.country().code() })
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
    #[case("+999123456789")]
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

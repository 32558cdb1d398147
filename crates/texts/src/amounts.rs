//! Formats amounts of money.
//!
//! Digits are grouped as in the currency's country (`₹12,34,567.89`, `$1,234,567.89`). The separators are the comma and
//! point of both languages, because their readers take `€1.234` for little more than one euro. An amount has its
//! currency's decimals (ISO 4217: JPY 0, INR 2, KWD 3). Further decimals are rounded half to even, so that the errors
//! of many amounts even out.

use icu_decimal::{DecimalFormatter, input};
use icu_locale_core::{Locale, locale};
use rust_decimal::{Decimal, RoundingStrategy};
use tidings_events::{Amount, Currency};

use crate::Language;

/// Currencies with a sign of their own, or one that mainly stands for them (`$`, `£`, `¥`, `₩`, `₱`).
///
/// The others are written with their code, because their signs are shared (`kr`, `₨`, the other dollars) or run from
/// right to left, which would reorder the digits beside them in a mail client.
const WITH_SIGN: &[Currency] = &[
    Currency::AZN,
    Currency::CRC,
    Currency::EUR,
    Currency::GBP,
    Currency::ILS,
    Currency::INR,
    Currency::JPY,
    Currency::KRW,
    Currency::KZT,
    Currency::LAK,
    Currency::MNT,
    Currency::NGN,
    Currency::PHP,
    Currency::PYG,
    Currency::RUB,
    Currency::TRY,
    Currency::UAH,
    Currency::USD,
    Currency::VND,
];

/// Currencies whose countries group digits by lakh and crore: three digits, then twos (CLDR: hi-IN, ne-NP, bn-BD).
const LAKH_AND_CRORE: &[Currency] = &[Currency::BDT, Currency::INR, Currency::NPR];

/// An amount with sign or code, grouped, with all its decimals: `₹5,000.00`, `¥5,000`, `KWD 5,000.000`,
/// `-₹0.50`. The space after a code is non-breaking.
///
/// ```
/// use tidings_texts::{Language, amount};
/// use tidings_events::{Amount, Currency};
///
/// let text = amount(Amount::parse("1234567.89").unwrap(), Currency::INR, Language::English);
/// assert_eq!(text, "₹12,34,567.89");
/// ```
#[must_use]
pub fn amount(amount: Amount, currency: Currency, language: Language) -> String {
    with_sign(rounded(amount, currency), decimals(currency), currency, language)
}

/// As [`amount`](fn@amount), but without decimals where they are zero: `₹5,000`, `₹5,000.50`.
#[must_use]
pub fn amount_short(amount: Amount, currency: Currency, language: Language) -> String {
    let rounded = rounded(amount, currency);
    let decimals = if rounded.is_integer() { 0 } else { decimals(currency) };
    with_sign(rounded, decimals, currency, language)
}

/// An amount for an SMS, not grouped: `Rs.5000.00`, `USD 5000.00`, `-Rs.0.50`.
///
/// In English it has only characters of the GSM 7-bit alphabet, because others would halve the length of an SMS. A
/// Hindi text is Unicode anyway and uses `रु.`.
#[must_use]
pub fn amount_plain(amount: Amount, currency: Currency, language: Language) -> String {
    let rounded = rounded(amount, currency);
    let digits = digits(rounded, decimals(currency));
    let unit = match (currency, language) {
        (Currency::INR, Language::English) => "Rs.".to_owned(),
        (Currency::INR, Language::Hindi) => "रु.".to_owned(),
        (other, _) => format!("{} ", other.code()),
    };
    format!("{}{unit}{digits}", minus(rounded))
}

/// The currency's decimals; two if ISO 4217 defines none (metals, funds).
fn decimals(currency: Currency) -> usize {
    currency.exponent().map_or(2, usize::from)
}

fn rounded(amount: Amount, currency: Currency) -> Decimal {
    let decimals = u32::try_from(decimals(currency)).unwrap_or(2);
    amount.0.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven)
}

/// The digits without sign, with exactly `decimals` decimals. (`Decimal`'s `{:.2}` panics if it has to pad an amount of
/// 28 digits.)
fn digits(rounded: Decimal, decimals: usize) -> String {
    let text = rounded.abs().normalize().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if decimals == 0 { whole.to_owned() } else { format!("{whole}.{fraction:0<decimals$}") }
}

/// The minus sign, which goes before the currency. An amount that rounds to zero has none.
fn minus(rounded: Decimal) -> &'static str {
    if rounded < Decimal::ZERO { "-" } else { "" }
}

fn with_sign(rounded: Decimal, decimals: usize, currency: Currency, language: Language) -> String {
    let grouped = group(&digits(rounded, decimals), &grouping_locale(currency, language));
    let minus = minus(rounded);
    if WITH_SIGN.contains(&currency) {
        format!("{minus}{}{grouped}", currency.symbol())
    } else {
        format!("{minus}{}\u{a0}{grouped}", currency.code())
    }
}

fn grouping_locale(currency: Currency, language: Language) -> Locale {
    match language {
        Language::English | Language::Hindi if !LAKH_AND_CRORE.contains(&currency) => locale!("en"),
        Language::English => locale!("en-IN"),
        Language::Hindi => locale!("hi-IN"),
    }
}

/// # Panics
/// Never: the locales above are compiled into `icu_decimal`, and digits are a decimal number.
fn group(digits: &str, locale: &Locale) -> String {
    let formatter =
        DecimalFormatter::try_new(locale.into(), icu_decimal::options::DecimalFormatterOptions::default())
            .expect("icu_decimal's compiled data has every locale of CLDR");
    let number: input::Decimal = digits.parse().expect("digits with a point are a decimal number");
    formatter.format(&number).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn parse(text: &str) -> Amount {
        Amount::parse(text).unwrap()
    }

    #[rstest]
    #[case("5000.00", Currency::INR, "₹5,000.00", "₹5,000", "Rs.5000.00")]
    #[case("5000", Currency::INR, "₹5,000.00", "₹5,000", "Rs.5000.00")]
    #[case("5000.5", Currency::INR, "₹5,000.50", "₹5,000.50", "Rs.5000.50")]
    #[case("1234567.89", Currency::INR, "₹12,34,567.89", "₹12,34,567.89", "Rs.1234567.89")]
    #[case("1234567.89", Currency::USD, "$1,234,567.89", "$1,234,567.89", "USD 1234567.89")]
    #[case("1234567.89", Currency::EUR, "€1,234,567.89", "€1,234,567.89", "EUR 1234567.89")]
    #[case("1234567.89", Currency::NPR, "NPR\u{a0}12,34,567.89", "NPR\u{a0}12,34,567.89", "NPR 1234567.89")]
    #[case("1234567", Currency::JPY, "¥1,234,567", "¥1,234,567", "JPY 1234567")]
    #[case("1234.5", Currency::KWD, "KWD\u{a0}1,234.500", "KWD\u{a0}1,234.500", "KWD 1234.500")]
    #[case("1234", Currency::AUD, "AUD\u{a0}1,234.00", "AUD\u{a0}1,234", "AUD 1234.00")]
    #[case("-0.5", Currency::INR, "-₹0.50", "-₹0.50", "-Rs.0.50")]
    #[case("-0.001", Currency::INR, "₹0.00", "₹0", "Rs.0.00")]
    #[case("0", Currency::JPY, "¥0", "¥0", "JPY 0")]
    #[case("2.345", Currency::INR, "₹2.34", "₹2.34", "Rs.2.34")]
    #[case("2.355", Currency::INR, "₹2.36", "₹2.36", "Rs.2.36")]
    #[case("2.5", Currency::JPY, "¥2", "¥2", "JPY 2")]
    fn an_amount_in_each_form(
        #[case] text: &str,
        #[case] currency: Currency,
        #[case] full: &str,
        #[case] short: &str,
        #[case] plain: &str,
    ) {
        assert_eq!(amount(parse(text), currency, Language::English), full);
        assert_eq!(amount(parse(text), currency, Language::Hindi), full);
        assert_eq!(amount_short(parse(text), currency, Language::English), short);
        assert_eq!(amount_plain(parse(text), currency, Language::English), plain);
    }

    #[test]
    fn hindi_has_its_own_abbreviation_of_rupees() {
        assert_eq!(amount_plain(parse("5000"), Currency::INR, Language::Hindi), "रु.5000.00");
        assert_eq!(amount_plain(parse("5000"), Currency::USD, Language::Hindi), "USD 5000.00");
    }

    #[test]
    fn each_sign_is_one_character_and_stands_for_one_currency() {
        let mut signs: Vec<String> = WITH_SIGN.iter().map(|it| it.symbol().to_string()).collect();
        assert!(signs.iter().all(|sign| sign.chars().count() == 1), "{signs:?}");
        signs.sort();
        signs.dedup();
        assert_eq!(signs.len(), WITH_SIGN.len());
    }

    #[rstest]
    #[case(Currency::BDT, "bn-BD-u-nu-latn")]
    #[case(Currency::INR, "hi-IN")]
    #[case(Currency::JPY, "ja-JP")]
    #[case(Currency::KWD, "ar-KW-u-nu-latn")]
    #[case(Currency::LKR, "si-LK")]
    #[case(Currency::NPR, "ne-NP-u-nu-latn")]
    #[case(Currency::PKR, "ur-PK")]
    #[case(Currency::USD, "en-US")]
    fn groups_are_those_of_the_currencys_home(#[case] currency: Currency, #[case] home: Locale) {
        let digits = "1234567890";
        assert_eq!(group(digits, &grouping_locale(currency, Language::English)), group(digits, &home));
    }

    fn currencies() -> impl Strategy<Value = Currency> {
        prop::sample::select(vec![Currency::INR, Currency::USD, Currency::JPY, Currency::KWD, Currency::NPR])
    }

    proptest! {
        #[test]
        fn grouping_loses_no_digit(mantissa in any::<i64>(), scale in 0_u32..=18, currency in currencies()) {
            let value = Decimal::new(mantissa, scale);
            let text = amount(Amount(value), currency, Language::English);
            let number: String = text.chars().filter(|it| it.is_ascii_digit() || "-.".contains(*it)).collect();
            prop_assert_eq!(number.parse::<Decimal>().unwrap(), rounded(Amount(value), currency));
        }

        #[test]
        fn every_amount_can_be_written(
            high in any::<u32>(), mid in any::<u32>(), low in any::<u32>(),
            negative: bool, scale in 0_u32..=28, currency in currencies(),
        ) {
            let value = Amount(Decimal::from_parts(low, mid, high, negative, scale));
            let plain = amount_plain(value, currency, Language::English);
            prop_assert!(plain.is_ascii());
            let number = plain.trim_start_matches(|it: char| !it.is_ascii_digit());
            let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            prop_assert_eq!(decimals, usize::from(currency.exponent().unwrap()));
        }
    }
}

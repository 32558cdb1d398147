//! Formats dates and times.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::Language;

/// A point in time in a zone: `15 Jan 2025, 10:30 AM`, in Hindi `15 जनवरी 2025, पूर्वाह्न 10:30 बजे`.
#[must_use]
pub fn date_time(moment: Timestamp, zone: &TimeZone, language: Language) -> String {
    let local = moment.to_zoned(zone.clone()).datetime();
    let hour = match local.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let (minute, morning) = (local.minute(), local.hour() < 12);
    let day = date(local.date(), language);
    match language {
        Language::English => format!("{day}, {hour}:{minute:02} {}", if morning { "AM" } else { "PM" }),
        Language::Hindi => {
            format!("{day}, {} {hour}:{minute:02} बजे", if morning { "पूर्वाह्न" } else { "अपराह्न" })
        }
    }
}

/// A date: `15 Jan 2025`, in Hindi `15 जनवरी 2025` (Hindi letters do not abbreviate months).
#[must_use]
pub fn date(day: Date, language: Language) -> String {
    let month = months(language)[usize::from(day.month().unsigned_abs()) - 1];
    format!("{} {month} {}", day.day(), day.year())
}

const fn months(language: Language) -> [&'static str; 12] {
    match language {
        Language::English => {
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        }
        Language::Hindi => {
            ["जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"]
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2025-01-15T10:30:45.123Z", "UTC", "15 Jan 2025, 10:30 AM", "15 जनवरी 2025, पूर्वाह्न 10:30 बजे")]
    #[case(
        "2025-01-15T10:30:45.123Z",
        "Asia/Kolkata",
        "15 Jan 2025, 4:00 PM",
        "15 जनवरी 2025, अपराह्न 4:00 बजे"
    )]
    #[case("2025-01-31T18:30:00Z", "Asia/Kolkata", "1 Feb 2025, 12:00 AM", "1 फ़रवरी 2025, पूर्वाह्न 12:00 बजे")]
    #[case("2025-12-31T12:00:00Z", "UTC", "31 Dec 2025, 12:00 PM", "31 दिसंबर 2025, अपराह्न 12:00 बजे")]
    fn a_moment_is_shown_in_the_zone(
        #[case] moment: Timestamp,
        #[case] zone: &str,
        #[case] english: &str,
        #[case] hindi: &str,
    ) {
        let zone = TimeZone::get(zone).unwrap();
        assert_eq!(date_time(moment, &zone, Language::English), english);
        assert_eq!(date_time(moment, &zone, Language::Hindi), hindi);
    }
}

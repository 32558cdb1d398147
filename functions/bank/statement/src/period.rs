//! The period of a statement.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

/// The longest period, in days: a leap year.
pub const MAX_DAYS: i32 = 366;

/// The days from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    first: Date,
    last: Date,
}

/// No statement can be written for these days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeriod {
    /// The last day is before the first.
    #[error("the period ends on {last}, before it starts on {first}; request it again with dates in order")]
    Reversed {
        /// The requested first day.
        first: Date,
        /// The requested last day.
        last: Date,
    },
    /// The period has more than [`MAX_DAYS`] days.
    #[error("the period has {days} days, at most {MAX_DAYS} are allowed; request shorter ones")]
    TooLong {
        /// The number of requested days.
        days: i32,
    },
    /// A day is at the end of the calendar.
    #[error("the period reaches beyond the years that can be handled")]
    OutOfRange,
}

impl Period {
    /// The period from `first` to `last`.
    pub fn new(first: Date, last: Date) -> Result<Self, InvalidPeriod> {
        if last < first {
            return Err(InvalidPeriod::Reversed { first, last });
        }
        let days = (last - first).get_days() + 1;
        if days > MAX_DAYS {
            return Err(InvalidPeriod::TooLong { days });
        }
        Ok(Self { first, last })
    }

    /// The period's first instant in a zone, and the first instant after the period.
    pub fn instants(&self, zone: &TimeZone) -> Result<(Timestamp, Timestamp), InvalidPeriod> {
        let start = |day: Result<Date, jiff::Error>| {
            // The day's first instant, which is not midnight if a clock change skips midnight.
            let start = day?.to_zoned(zone.clone())?.start_of_day()?;
            Ok::<_, jiff::Error>(start.timestamp())
        };
        let first = start(Ok(self.first)).map_err(|_| InvalidPeriod::OutOfRange)?;
        let end = start(self.last.checked_add(1.day())).map_err(|_| InvalidPeriod::OutOfRange)?;
        Ok((first, end))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn period(first: &str, last: &str) -> Result<Period, InvalidPeriod> {
        Period::new(first.parse().unwrap(), last.parse().unwrap())
    }

    #[rstest]
    #[case("2025-01-01", "2025-01-31", "UTC", "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z")]
    #[case("2025-01-01", "2025-01-01", "Asia/Kolkata", "2024-12-31T18:30:00Z", "2025-01-01T18:30:00Z")]
    // Days of 23 and 25 hours.
    #[case("2025-03-30", "2025-03-30", "Europe/Berlin", "2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z")]
    #[case("2025-10-26", "2025-10-26", "Europe/Berlin", "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z")]
    // A day that starts at one o'clock.
    #[case("2018-11-04", "2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z")]
    fn days_are_those_of_the_zone(
        #[case] first: &str,
        #[case] last: &str,
        #[case] zone: &str,
        #[case] start: Timestamp,
        #[case] end: Timestamp,
    ) {
        let zone = TimeZone::get(zone).unwrap();
        assert_eq!(period(first, last).unwrap().instants(&zone), Ok((start, end)));
    }

    #[test]
    fn a_leap_year_is_the_longest_period() {
        assert!(period("2024-01-01", "2024-12-31").is_ok());
        assert_eq!(period("2024-01-01", "2025-01-01"), Err(InvalidPeriod::TooLong { days: 367 }));
    }

    #[test]
    fn days_in_the_wrong_order_are_refused() {
        assert!(matches!(period("2025-01-02", "2025-01-01"), Err(InvalidPeriod::Reversed { .. })));
    }

    #[test]
    fn the_end_of_the_calendar_is_refused() {
        let last = period("9999-12-31", "9999-12-31").unwrap();
        assert_eq!(last.instants(&TimeZone::UTC), Err(InvalidPeriod::OutOfRange));
    }
}

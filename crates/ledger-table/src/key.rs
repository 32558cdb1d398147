//! The sort key, which orders an account's items by time, and queries of a period.

use aws_sdk_dynamodb::{Client, operation::query::builders::QueryFluentBuilder, types::AttributeValue};
use jiff::{Timestamp, tz::TimeZone};
use tidings_bank_events::AccountId;
use tidings_events::EventId;

/// The attribute of the sort key.
pub const ENTRY: &str = "entry";

/// UTC with a fixed number of digits down to nanoseconds, the precision of a timestamp, so that the order of the texts
/// is the order in time (for the years 0 to 9999).
fn instant(timestamp: Timestamp) -> String {
    timestamp.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

/// The sort key of an event's item. It does not contain the position in Kafka, so that an event that is published twice
/// is booked once. [`sort`](crate::sort) orders events with the same time.
#[must_use]
pub fn sort_key(timestamp: Timestamp, event_id: &EventId) -> String {
    format!("{}#{event_id}", instant(timestamp))
}

/// The query for an account's items from `first` until before `end`, ordered by time. Items with the same time have to
/// be [sorted](crate::sort).
///
/// The read is consistent, so that a statement shows every entry that is already booked. DynamoDB returns at most 1 MB
/// at once; follow `last_evaluated_key`, for example with `into_paginator`.
#[must_use]
pub fn period_query(
    client: &Client,
    table: &str,
    account: &AccountId,
    first: Timestamp,
    end: Timestamp,
) -> QueryFluentBuilder {
    // An instant alone sorts before all keys of that instant, which continue with "#". So the first bound
    // includes its instant and the second one excludes it.
    client
        .query()
        .table_name(table)
        .consistent_read(true)
        .key_condition_expression("account_id = :account AND entry BETWEEN :first AND :end")
        .expression_attribute_values(":account", AttributeValue::S(account.to_string()))
        .expression_attribute_values(":first", AttributeValue::S(instant(first)))
        .expression_attribute_values(":end", AttributeValue::S(instant(end)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> EventId {
        text.parse().unwrap()
    }

    #[test]
    fn a_sort_key_has_fixed_width_nanoseconds_in_utc() {
        let timestamp = "2025-01-15T16:00:00+05:30".parse().unwrap();
        assert_eq!(sort_key(timestamp, &id("EVT-1")), "2025-01-15T10:30:00.000000000Z#EVT-1");
        let timestamp = "2025-01-15T10:30:00.012900001Z".parse().unwrap();
        assert_eq!(sort_key(timestamp, &id("EVT-1")), "2025-01-15T10:30:00.012900001Z#EVT-1");
    }

    #[test]
    fn a_period_includes_its_first_instant_and_not_its_end() {
        let (first, end): (Timestamp, Timestamp) =
            ("2025-01-01T00:00:00Z".parse().unwrap(), "2025-02-01T00:00:00Z".parse().unwrap());
        let is_inside = |text: &str| {
            let key = sort_key(text.parse().unwrap(), &id("E"));
            (instant(first)..=instant(end)).contains(&key)
        };
        assert!(is_inside("2025-01-01T00:00:00Z"));
        assert!(is_inside("2025-01-31T23:59:59.999999999Z"));
        assert!(!is_inside("2024-12-31T23:59:59.999999999Z"));
        assert!(!is_inside("2025-02-01T00:00:00Z"));
    }

    proptest! {
        /// Two timestamps of the years 0 to 9999, sometimes close to each other.
        #[test]
        fn keys_sort_by_time(
            one in -62_167_219_200_000_000_000_i128..253_402_207_200_000_000_000,
            other in -62_167_219_200_000_000_000_i128..253_402_207_200_000_000_000,
            near in -2_000_i128..2_000,
        ) {
            let key = |nanos| sort_key(Timestamp::from_nanosecond(nanos).unwrap(), &id("E"));
            prop_assert_eq!(key(one).cmp(&key(other)), one.cmp(&other));
            let other = (one + near).clamp(-62_167_219_200_000_000_000, 253_402_207_199_999_999_999);
            prop_assert_eq!(key(one).cmp(&key(other)), one.cmp(&other));
        }
    }
}

//! Conversion between an entry and its DynamoDB item.

use std::{collections::HashMap, str::FromStr};

use aws_sdk_dynamodb::types::AttributeValue;
use tidings_events::{Amount, Currency};

use crate::{ENTRY, Entry, Kind, sort_key};

/// An item cannot be read as an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// An attribute is missing or not a string.
    #[error("the ledger item has no string attribute {0}; fix or delete the item")]
    Missing(&'static str),
    /// An attribute does not have the form that the ledger function writes.
    #[error("the ledger item's attribute {0} cannot be read; fix the item or deploy a newer version")]
    Unreadable(&'static str),
}

type Item = HashMap<String, AttributeValue>;

/// Converts the entry to an item, keys included.
#[must_use]
pub fn to_item(entry: &Entry) -> Item {
    let mut attributes = vec![
        ("account_id", entry.account_id.to_string()),
        (ENTRY, sort_key(entry.timestamp, &entry.event_id)),
        ("event_id", entry.event_id.to_string()),
        ("timestamp", entry.timestamp.to_string()),
        ("partition", entry.partition.to_string()),
        ("offset", entry.offset.to_string()),
        ("kind", entry.kind.as_str().to_owned()),
        ("reference", entry.reference.to_string()),
        ("counterparty", entry.counterparty.to_string()),
        ("amount", entry.amount.0.to_string()),
        ("currency", entry.currency.code().to_owned()),
        ("balance_after", entry.balance_after.0.to_string()),
    ];
    if let Some(description) = &entry.description {
        attributes.push(("description", description.to_string()));
    }
    attributes.into_iter().map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).collect()
}

/// Reads an entry from an item; unknown attributes are ignored.
pub fn from_item(item: &Item) -> Result<Entry, ItemError> {
    Ok(Entry {
        account_id: parse(item, "account_id")?,
        timestamp: parse(item, "timestamp")?,
        partition: parse(item, "partition")?,
        offset: parse(item, "offset")?,
        event_id: parse(item, "event_id")?,
        kind: read(item, "kind", |text| Kind::ALL.into_iter().find(|kind| kind.as_str() == text))?,
        reference: parse(item, "reference")?,
        counterparty: read(item, "counterparty", |text| Some(text.into()))?,
        description: item
            .contains_key("description")
            .then(|| read(item, "description", |text| Some(text.into())))
            .transpose()?,
        amount: read(item, "amount", Amount::parse)?,
        currency: read(item, "currency", Currency::from_code)?,
        balance_after: read(item, "balance_after", Amount::parse)?,
    })
}

fn parse<T: FromStr>(item: &Item, name: &'static str) -> Result<T, ItemError> {
    read(item, name, |text| text.parse().ok())
}

fn read<T>(item: &Item, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ItemError> {
    let Some(AttributeValue::S(text)) = item.get(name) else { return Err(ItemError::Missing(name)) };
    parse(text).ok_or(ItemError::Unreadable(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            account_id: "ACC123456".parse().unwrap(),
            timestamp: "2025-01-15T10:30:00.123456789Z".parse().unwrap(),
            partition: 7,
            offset: i64::MAX,
            event_id: "EVT-1".parse().unwrap(),
            kind: Kind::Bill,
            reference: "PAY-1".parse().unwrap(),
            counterparty: "City Power".into(),
            description: Some("".into()),
            amount: "5000.00".parse().unwrap(),
            currency: Currency::INR,
            balance_after: "79228162514264337593543950.10".parse().unwrap(),
        }
    }

    #[test]
    fn an_entry_survives_a_round_trip_exactly() {
        for kind in Kind::ALL {
            let entry = Entry { kind, ..entry() };
            let read = from_item(&to_item(&entry)).unwrap();
            assert_eq!(read, entry);
            assert_eq!(read.amount.0.to_string(), "5000.00");
        }
        let entry = Entry { description: None, ..entry() };
        assert_eq!(from_item(&to_item(&entry)), Ok(entry));
    }

    #[test]
    fn every_attribute_that_is_missing_or_of_another_type_is_named() {
        let item = to_item(&entry());
        for name in item.keys().filter(|name| *name != ENTRY && *name != "description") {
            let mut without = item.clone();
            without.remove(name);
            let mut other = item.clone();
            other.insert(name.clone(), AttributeValue::N("1".to_owned()));
            for item in [without, other] {
                let error = from_item(&item).unwrap_err();
                assert!(matches!(error, ItemError::Missing(missing) if missing == name), "{name}: {error}");
            }
        }
    }

    #[test]
    fn a_value_of_the_wrong_form_is_named_and_not_quoted() {
        for name in [
            "account_id",
            "timestamp",
            "partition",
            "offset",
            "event_id",
            "kind",
            "reference",
            "amount",
            "currency",
        ] {
            let mut item = to_item(&entry());
            item.insert(name.to_owned(), AttributeValue::S("not/this\n".to_owned()));
            let error = from_item(&item).unwrap_err();
            assert!(matches!(error, ItemError::Unreadable(wrong) if wrong == name), "{name}");
            assert!(!error.to_string().contains("not/this"));
        }
    }
}

//! The order of an account's entries.

use std::collections::BTreeMap;

use tidings_events::Amount;

use crate::{Entry, Kind};

/// Sorts an account's entries in the order in which they happened: by timestamp, then by partition and offset.
///
/// Offsets of different topics cannot be compared. If a transfer and a bill have the same timestamp, the first one is
/// the one that leaves the balance from which the other starts.
pub fn sort(entries: &mut Vec<Entry>) {
    entries.sort_by_key(Entry::position);
    let mut sorted = Vec::with_capacity(entries.len());
    let mut rest = std::mem::take(entries).into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut same_time = vec![first];
        while let Some(next) = rest.next_if(|next| next.timestamp == same_time[0].timestamp) {
            same_time.push(next);
        }
        chain(same_time, &mut sorted);
    }
    *entries = sorted;
}

/// Appends entries with the same time. Entries of one topic keep their order. Of several topics, the one whose next
/// entry starts from the current balance comes first.
fn chain(entries: Vec<Entry>, sorted: &mut Vec<Entry>) {
    // Each kind of entry comes from its own topic.
    let mut topics: BTreeMap<Kind, Vec<Entry>> = BTreeMap::new();
    for entry in entries.into_iter().rev() {
        topics.entry(entry.kind).or_default().push(entry);
    }
    while topics.len() > 1 {
        let balance = sorted.last().map(|entry| entry.balance_after);
        let heads = || topics.values().filter_map(|entries| entries.last());
        let follows = |entry: &&Entry| balance == opening(entry);
        let starts = |entry: &&Entry| {
            let mut others = topics.values().flatten().filter(|other| other.event_id != entry.event_id);
            others.all(|other| Some(other.balance_after) != opening(entry))
        };
        let next = heads()
            .find(follows)
            .or_else(|| heads().find(starts))
            .or_else(|| heads().min_by_key(|it| it.position()));
        let Some(kind) = next.map(|entry| entry.kind) else { break };
        let Some(entries) = topics.get_mut(&kind) else { break };
        sorted.extend(entries.pop());
        if entries.is_empty() {
            topics.remove(&kind);
        }
    }
    sorted.extend(topics.into_values().flat_map(|entries| entries.into_iter().rev()));
}

/// The balance before an entry.
fn opening(entry: &Entry) -> Option<Amount> {
    entry.balance_after.0.checked_add(entry.amount.0).map(Amount)
}

#[cfg(test)]
mod tests {
    use tidings_events::Currency;

    use super::*;

    fn entry(kind: Kind, offset: i64, amount: &str, balance_after: &str) -> Entry {
        Entry {
            account_id: "ACC123456".parse().unwrap(),
            timestamp: "2025-01-15T10:30:00.1Z".parse().unwrap(),
            partition: 3,
            offset,
            event_id: format!("EVT-{}", 1000 - offset).parse().unwrap(),
            kind,
            reference: "TXN-1".parse().unwrap(),
            counterparty: "Jane".into(),
            description: None,
            amount: amount.parse().unwrap(),
            currency: Currency::INR,
            balance_after: balance_after.parse().unwrap(),
        }
    }

    fn balances(mut entries: Vec<Entry>) -> Vec<String> {
        sort(&mut entries);
        entries.iter().map(|entry| entry.balance_after.0.to_string()).collect()
    }

    #[test]
    fn entries_of_one_topic_and_time_are_in_the_order_of_offsets() {
        let entries = [(30, "400"), (10, "900"), (20, "700")];
        let entries = entries.map(|(offset, balance)| entry(Kind::Transfer, offset, "1", balance));
        assert_eq!(balances(entries.to_vec()), ["900", "700", "400"]);
    }

    #[test]
    fn time_comes_before_offsets() {
        let late = Entry {
            timestamp: "2025-01-15T10:30:00.100000001Z".parse().unwrap(),
            ..entry(Kind::Transfer, 1, "100", "800")
        };
        assert_eq!(balances(vec![late, entry(Kind::Transfer, 2, "100", "900")]), ["900", "800"]);
    }

    #[test]
    fn entries_of_several_topics_at_the_same_time_are_ordered_by_balance() {
        let transfers = [(500, "100", "900"), (501, "50", "750")];
        let mut entries: Vec<_> =
            transfers.map(|(at, amount, after)| entry(Kind::Transfer, at, amount, after)).into();
        entries.push(entry(Kind::Bill, 3, "100", "800"));
        entries.push(entry(Kind::ScheduledTransfer, 9, "10", "740"));
        assert_eq!(balances(entries.clone()), ["900", "800", "750", "740"]);
        let before =
            Entry { timestamp: "2025-01-15T10:30:00Z".parse().unwrap(), ..entry(Kind::Bill, 2, "1", "1000") };
        entries.push(before);
        entries.reverse();
        assert_eq!(balances(entries), ["1000", "900", "800", "750", "740"]);
    }

    #[test]
    fn the_first_entry_of_a_time_is_the_one_that_starts_from_no_other() {
        let entries = vec![
            entry(Kind::Bill, 3, "100", "900"),
            entry(Kind::Bill, 4, "100", "800"),
            entry(Kind::Transfer, 1, "50", "750"),
        ];
        assert_eq!(balances(entries), ["900", "800", "750"]);
        let nothing = vec![entry(Kind::Bill, 3, "100", "900"), entry(Kind::Transfer, 500, "0", "1000")];
        assert_eq!(balances(nothing), ["1000", "900"]);
    }

    #[test]
    fn entries_whose_balances_do_not_match_are_all_kept() {
        let entries = vec![
            entry(Kind::Bill, 3, "1", "7"),
            entry(Kind::Transfer, 2, "0", "5"),
            entry(Kind::ScheduledTransfer, 1, "0", "5"),
        ];
        assert_eq!(balances(entries).len(), 3);
    }
}

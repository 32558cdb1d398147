//! What the demo publishes: a day at a small bank, and what goes wrong in one.

use jiff::{SignedDuration, Timestamp, civil::Date};
use rust_decimal::Decimal;
use tidings_bank_events::{
    Event, Payload, TransactionId,
    payloads::{
        AccountFrozen, BillPaid, FailureReason, LoanApplied, LoanApproved, StatementRequested,
        TransactionFailed, Transfer, UserLogin, UserRegistered,
    },
};
use tidings_events::{Amount, Catalog as _, CurrencyCode, EventId, Metadata, NonNegative};
use tidings_local::produce::OutgoingRecord;
use uuid::Uuid;

use super::people::{Person, people};

/// How many events each customer causes, besides the special ones.
const ROUNDS: usize = 20;
/// One event out of so many is published twice.
const DUPLICATE_EVERY: usize = 25;

/// Something to publish.
#[derive(Clone, Debug)]
pub(super) enum Planned {
    /// Through the publisher, as an application does.
    Event(Box<Event>),
    /// As bytes, because no publisher would send it.
    Bytes(OutgoingRecord),
}

/// A function's binary, and the event that it has trouble with.
pub(super) type Trouble = (&'static str, EventId);

/// All that the demo publishes, and whom it makes life hard.
pub(super) struct Scenario {
    pub people: Vec<Person>,
    /// Published first, in this order.
    pub day: Vec<Planned>,
    /// Published once the day is booked, so that statements have something to show.
    pub statements: Vec<Planned>,
    /// A function and the event whose effect is refused every time.
    pub always_refused: Trouble,
    /// A function and the event whose effect is throttled twice and then accepted.
    pub throttled_twice: Trouble,
    /// A function and an event that it cannot handle.
    pub not_reachable: Trouble,
}

/// The scenario that ends now.
pub(super) fn scenario(now: Timestamp) -> Scenario {
    let people = people();
    let mut day: Vec<Planned> = Vec::new();
    for round in 0..ROUNDS {
        for (number, person) in people.iter().enumerate() {
            let other = &people[(number + round + 1) % people.len()];
            let minutes = i64::try_from((ROUNDS - round) * 40 + number).unwrap_or_default();
            let event = event(payload(round + number, round, person, other), person, now, minutes);
            let planned = Planned::Event(Box::new(event));
            if day.len().is_multiple_of(DUPLICATE_EVERY) {
                day.push(planned.clone());
            }
            day.push(planned);
        }
    }
    let mut unreachable = people[7].clone();
    unreachable.account.user_phone = "12-34".into();
    let troubled = [("bank-email", &people[2]), ("bank-sms", &people[5]), ("bank-sms", &unreachable)];
    let [always_refused, throttled_twice, not_reachable] = troubled.map(|(function, person)| {
        let event = event(transfer(ROUNDS, person, &people[0]), person, now, 1);
        let id = event.event_id.clone();
        day.push(Planned::Event(Box::new(event)));
        (function, id)
    });
    day.extend(trouble(&people, now));
    day.extend(foreign(&people, now));
    let statements = people.iter().map(|person| statement(person, now)).collect();
    Scenario { people, day, statements, always_refused, throttled_twice, not_reachable }
}

/// Ten kinds of events, transfers the most frequent.
fn payload(kind: usize, round: usize, person: &Person, other: &Person) -> Payload {
    match kind % 14 {
        0..=4 => transfer(round, person, other),
        5 => Payload::ScheduledTransfer(Transfer {
            schedule_id: Some(business_id("SO")),
            ..transfer_data(round, person, other)
        }),
        6 | 7 => bill(round, person),
        8 => failed(round, person, other),
        9 | 10 => login(person),
        11 => Payload::UserRegistered(UserRegistered {
            user: person.account.owner(),
            verification_code: Some(format!("{:06}", 100_000 + round * 37).as_str().into()),
        }),
        12 => loan(round, person),
        _ => Payload::AccountFrozen(AccountFrozen {
            account: person.account.clone(),
            reason: "SUSPICIOUS_ACTIVITY".to_owned(),
        }),
    }
}

/// A record that nothing can be made of, one per kind; an id used twice.
fn trouble(people: &[Person], now: Timestamp) -> Vec<Planned> {
    let key = |person: &Person| Some(person.account.account_id.as_str().as_bytes().to_vec());
    let bytes = |topic: &str, person: &Person, value: Option<&str>| {
        Planned::Bytes(OutgoingRecord {
            topic: topic.to_owned(),
            key: key(person),
            value: value.map(|value| value.as_bytes().to_vec()),
            headers: Vec::new(),
        })
    };
    let mut planned = Vec::new();
    for (number, person) in people.iter().take(4).enumerate() {
        let unknown = format!(
            r#"{{"event_id":"{}","event_type":"account.teleported","timestamp":"{now}","version":"1.0","data":{{}}}}"#,
            new_id()
        );
        let topic = ["transaction.completed", "bill.paid", "user.registered", "loan.approved"][number];
        planned.push(bytes(topic, person, None));
        planned.push(bytes(topic, person, Some(r#"{"event_id": "EVT-broken", "data": {"#)));
        planned.push(bytes(topic, person, Some(&unknown)));
    }
    let first = event(transfer(1, &people[8], &people[1]), &people[8], now, 1);
    let mut reused = event(transfer(2, &people[8], &people[1]), &people[8], now, 1);
    reused.event_id = first.event_id.clone();
    planned.extend([first, reused].map(|event| Planned::Event(Box::new(event))));
    planned
}

/// What other producers make of events: one that another serializer wrote again, and one with its amount as text
/// and a description that JavaScript cut within an emoji.
fn foreign(people: &[Person], now: Timestamp) -> Vec<Planned> {
    let events = [9, 10].map(|number: usize| {
        let person = &people[number];
        event(transfer(1, person, &people[1]), person, now, 1)
    });
    // As values their fields are sorted, and their numbers are written differently.
    let [again, mut as_text] = events.each_ref().map(|event| {
        let json = event.encode().expect("an event can be encoded");
        serde_json::from_slice::<serde_json::Value>(&json).expect("an event is JSON")
    });
    as_text["data"]["amount"] = as_text["data"]["amount"].to_string().into();
    as_text["data"]["description"] = "Lunch {cut}".into();
    let bytes = [format!("{again:#}"), as_text.to_string().replace("{cut}", "\\ud83d")]
        .into_iter()
        .zip(&events)
        .map(|(json, event)| {
            Planned::Bytes(OutgoingRecord {
                topic: event.topic().to_owned(),
                key: Some(event.payload.key().as_bytes().to_vec()),
                value: Some(json.into_bytes()),
                headers: Vec::new(),
            })
        });
    let original = Planned::Event(Box::new(events[0].clone()));
    bytes.chain([original]).collect()
}

fn event(payload: Payload, person: &Person, now: Timestamp, minutes_ago: i64) -> Event {
    let metadata = Metadata {
        ip_address: Some("192.0.2.7".into()),
        user_agent: Some("BankApp/1.2.3".into()),
        locale: Some(person.locale.to_owned()),
        ..Metadata::default()
    };
    let timestamp = now.saturating_sub(SignedDuration::from_mins(minutes_ago)).unwrap_or(now);
    Event { event_id: new_id(), timestamp, payload, metadata }
}

fn transfer(round: usize, person: &Person, other: &Person) -> Payload {
    Payload::TransactionCompleted(transfer_data(round, person, other))
}

fn transfer_data(round: usize, person: &Person, other: &Person) -> Transfer {
    let hundredths = round * 12_500 + 49_900;
    Transfer {
        transaction_id: business_id("TXN"),
        schedule_id: None,
        from_account: person.account.clone(),
        to_account: other.beneficiary(),
        amount: paid(hundredths, person),
        currency: person.currency.into(),
        transaction_type: "FUND_TRANSFER".to_owned(),
        description: Some("Monthly rent".into()),
        balance_after: amount(person.debit(hundredths), person),
    }
}

fn failed(round: usize, person: &Person, other: &Person) -> Payload {
    Payload::TransactionFailed(TransactionFailed {
        transaction_id: business_id("TXN"),
        from_account: person.account.clone(),
        to_account: other.beneficiary(),
        amount: paid(90_000_000 + round, person),
        currency: person.currency.into(),
        reason: FailureReason::InsufficientFunds,
    })
}

fn bill(round: usize, person: &Person) -> Payload {
    let hundredths = round * 3_100 + 17_500;
    Payload::BillPaid(BillPaid {
        payment_id: business_id("PAY"),
        from_account: person.account.clone(),
        biller_name: "City Power & Light".into(),
        bill_reference: "CPL-2026-11".into(),
        amount: paid(hundredths, person),
        currency: person.currency.into(),
        balance_after: amount(person.debit(hundredths), person),
    })
}

fn login(person: &Person) -> Payload {
    Payload::UserLogin(UserLogin {
        user_id: person.account.user_id.clone(),
        method: Some("BIOMETRIC".to_owned()),
        device_id: None,
        location: None,
    })
}

fn loan(round: usize, person: &Person) -> Payload {
    let (loan_id, applicant) = (business_id("LN"), person.account.owner());
    let (amount, currency, term_months) =
        (paid(round * 1_000_000 + 50_000_000, person), CurrencyCode(person.currency), 36);
    if round.is_multiple_of(2) {
        return Payload::LoanApplied(LoanApplied {
            loan_id,
            applicant,
            amount,
            currency,
            term_months,
            purpose: None,
        });
    }
    let interest_rate_percent = Amount(Decimal::new(875, 2));
    Payload::LoanApproved(LoanApproved {
        loan_id,
        applicant,
        amount,
        currency,
        term_months,
        interest_rate_percent,
    })
}

fn statement(person: &Person, now: Timestamp) -> Planned {
    let day = |timestamp: Timestamp| -> Date { timestamp.to_zoned(jiff::tz::TimeZone::UTC).date() };
    let payload = Payload::StatementRequested(StatementRequested {
        account: person.account.clone(),
        start_date: day(now.saturating_sub(SignedDuration::from_hours(30 * 24)).unwrap_or(now)),
        end_date: day(now),
    });
    Planned::Event(Box::new(event(payload, person, now, 0)))
}

/// The object that a statement's request asks for, and that its announcement tells of.
pub(super) fn object_key(payload: &Payload) -> Option<String> {
    match payload {
        Payload::StatementRequested(it) => {
            Some(format!("statements/{}/{}_{}.pdf", it.account.account_id, it.start_date, it.end_date))
        }
        Payload::StatementGenerated(it) => Some(it.key.clone()),
        _ => None,
    }
}

/// What is paid, as an [`amount`].
fn paid(hundredths: usize, person: &Person) -> NonNegative {
    amount(hundredths, person).try_into().expect("nothing is below zero here")
}

/// An amount with the decimals of the customer's currency.
fn amount(hundredths: usize, person: &Person) -> Amount {
    let digits = person.currency.exponent().map_or(2, u32::from);
    let mut decimal = Decimal::new(i64::try_from(hundredths).unwrap_or(i64::MAX), 2);
    decimal.rescale(digits);
    Amount(decimal)
}

fn new_id() -> EventId {
    EventId::try_from(Uuid::now_v7().to_string()).expect("a UUID is an event id")
}

fn business_id(prefix: &str) -> TransactionId {
    let number = Uuid::now_v7().simple().to_string().to_uppercase();
    TransactionId::try_from(format!("{prefix}-{}", &number[20..])).expect("letters and digits")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn balances_follow_from_one_another() {
        let (mut balances, mut seen) = (BTreeMap::new(), BTreeSet::new());
        for planned in scenario(Timestamp::now()).day {
            let Planned::Event(event) = planned else { continue };
            let (account, amount, after) = match &event.payload {
                Payload::TransactionCompleted(it) | Payload::ScheduledTransfer(it) => {
                    (&it.from_account.account_id, it.amount, it.balance_after)
                }
                Payload::BillPaid(it) => (&it.from_account.account_id, it.amount, it.balance_after),
                _ => continue,
            };
            if !seen.insert(event.event_id.clone()) {
                continue;
            }
            let before = balances.insert(account.clone(), after);
            assert!(before.is_none_or(|before: Amount| before.0 - amount.0 == after.0), "{account}");
        }
        assert!(seen.len() > 200, "{}", seen.len());
    }
}

//! Arbitrary events for property tests.

use std::fmt::Debug;

use jiff::{Timestamp, civil::Date};
use proptest::{collection::vec, option, prelude::*, sample::select};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::payloads::{
    Account, AccountFrozen, Beneficiary, BillPaid, FailureReason, LoanApplied, LoanApproved,
    StatementGenerated, StatementRequested, TransactionFailed, Transfer, User, UserLogin, UserRegistered,
};
use tidings_events::{Amount, Currency, CurrencyCode, Metadata, NonNegative, Personal, RawJson};

use crate::{Event, Payload};

/// Any event of any topic.
pub fn event() -> impl Strategy<Value = Event> {
    (id(), timestamp(), payload(), metadata()).prop_map(|(event_id, timestamp, payload, metadata)| Event {
        event_id,
        timestamp,
        payload,
        metadata,
    })
}

fn payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        transfer().prop_map(Payload::TransactionCompleted),
        transfer().prop_map(Payload::ScheduledTransfer),
        transaction_failed().prop_map(Payload::TransactionFailed),
        user_registered().prop_map(Payload::UserRegistered),
        user_login().prop_map(Payload::UserLogin),
        loan_applied().prop_map(Payload::LoanApplied),
        loan_approved().prop_map(Payload::LoanApproved),
        account_frozen().prop_map(Payload::AccountFrozen),
        bill_paid().prop_map(Payload::BillPaid),
        statement_requested().prop_map(Payload::StatementRequested),
        statement_generated().prop_map(Payload::StatementGenerated),
    ]
}

/// Any amount that a decimal holds, including trailing zeros.
pub fn amount() -> impl Strategy<Value = Amount> {
    const LARGEST: i128 = (1 << 96) - 1;
    (-LARGEST..=LARGEST, 0..=28_u32)
        .prop_map(|(digits, scale)| Amount(Decimal::from_i128_with_scale(digits, scale)))
}

fn not_negative() -> impl Strategy<Value = NonNegative> {
    amount().prop_map(|amount| Amount(amount.0.abs()).try_into().unwrap())
}

fn id<T: Debug + TryFrom<String, Error: Debug>>() -> impl Strategy<Value = T> {
    "[A-Za-z0-9_:@-][A-Za-z0-9._:@-]{0,127}".prop_map(|text| T::try_from(text).unwrap())
}

/// Any characters at all: quotes, line breaks, control characters, other scripts.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

fn personal() -> impl Strategy<Value = Personal> {
    text().prop_map(Personal)
}

/// Timestamps that RFC 3339 can represent: the years 0 to 9999, in nanoseconds.
fn timestamp() -> impl Strategy<Value = Timestamp> {
    (-62_167_219_200_i64..=253_402_207_200, 0..1_000_000_000_i32)
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
}

fn date() -> impl Strategy<Value = Date> {
    (0..=9999_i16, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| jiff::civil::date(year, month, day))
}

fn currency() -> impl Strategy<Value = CurrencyCode> {
    select(vec![Currency::INR, Currency::USD, Currency::EUR, Currency::JPY, Currency::KWD, Currency::CHF])
        .prop_map(CurrencyCode)
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let value = scalar.prop_recursive(3, 8, 3, |inner| vec(inner, 0..3).prop_map(Value::from));
    let more = vec(("more_[a-z]{0,6}", value), 0..4);
    (option::of(personal()), option::of(personal()), option::of(text()), more).prop_map(
        |(ip_address, user_agent, locale, more)| Metadata {
            ip_address,
            user_agent,
            locale,
            more: more.into_iter().map(|(name, value)| (name, RawJson::try_from(&value).unwrap())).collect(),
        },
    )
}

prop_compose! {
    fn user()(user_id in id(), user_name in personal(), user_email in personal(), user_phone in personal()) -> User {
        User { user_id, user_name, user_email, user_phone }
    }
}

prop_compose! {
    fn account()(account_id in id(), user in user()) -> Account {
        let User { user_id, user_name, user_email, user_phone } = user;
        Account { account_id, user_id, user_name, user_email, user_phone }
    }
}

prop_compose! {
    fn beneficiary()(account_id in id(), beneficiary_name in personal()) -> Beneficiary {
        Beneficiary { account_id, beneficiary_name }
    }
}

prop_compose! {
    fn transfer()(
        transaction_id in id(),
        schedule_id in option::of(id()),
        from_account in account(),
        to_account in beneficiary(),
        amount in not_negative(),
        currency in currency(),
        transaction_type in text(),
        description in option::of(personal()),
        balance_after in amount(),
    ) -> Transfer {
        Transfer {
            transaction_id, schedule_id, from_account, to_account, amount, currency, transaction_type,
            description, balance_after,
        }
    }
}

prop_compose! {
    fn transaction_failed()(
        transaction_id in id(),
        from_account in account(),
        to_account in beneficiary(),
        amount in not_negative(),
        currency in currency(),
        reason in select(vec![
            FailureReason::InsufficientFunds, FailureReason::LimitExceeded, FailureReason::InvalidBeneficiary,
            FailureReason::AccountFrozen, FailureReason::TechnicalError,
        ]),
    ) -> TransactionFailed {
        TransactionFailed { transaction_id, from_account, to_account, amount, currency, reason }
    }
}

prop_compose! {
    fn user_registered()(user in user(), verification_code in option::of(personal())) -> UserRegistered {
        UserRegistered { user, verification_code }
    }
}

prop_compose! {
    fn user_login()(
        user_id in id(),
        method in option::of(text()),
        device_id in option::of(personal()),
        location in option::of(personal()),
    ) -> UserLogin {
        UserLogin { user_id, method, device_id, location }
    }
}

prop_compose! {
    fn loan_applied()(
        loan_id in id(),
        applicant in user(),
        amount in not_negative(),
        currency in currency(),
        term_months in any::<u16>(),
        purpose in option::of(personal()),
    ) -> LoanApplied {
        LoanApplied { loan_id, applicant, amount, currency, term_months, purpose }
    }
}

prop_compose! {
    fn loan_approved()(
        loan_id in id(),
        applicant in user(),
        amount in not_negative(),
        currency in currency(),
        term_months in any::<u16>(),
        interest_rate_percent in amount(),
    ) -> LoanApproved {
        LoanApproved { loan_id, applicant, amount, currency, term_months, interest_rate_percent }
    }
}

prop_compose! {
    fn account_frozen()(account in account(), reason in text()) -> AccountFrozen {
        AccountFrozen { account, reason }
    }
}

prop_compose! {
    fn bill_paid()(
        payment_id in id(),
        from_account in account(),
        biller_name in personal(),
        bill_reference in personal(),
        amount in not_negative(),
        currency in currency(),
        balance_after in amount(),
    ) -> BillPaid {
        BillPaid { payment_id, from_account, biller_name, bill_reference, amount, currency, balance_after }
    }
}

prop_compose! {
    fn statement_requested()(account in account(), start_date in date(), end_date in date()) -> StatementRequested {
        StatementRequested { account, start_date, end_date }
    }
}

prop_compose! {
    fn statement_generated()(request in statement_requested(), bucket in text(), key in text()) -> StatementGenerated {
        let StatementRequested { account, start_date, end_date } = request;
        StatementGenerated { account, start_date, end_date, bucket, key }
    }
}

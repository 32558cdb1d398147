//! What an event says, in the words and forms of a language: the names that templates use.
//!
//! | name | of | example |
//! |---|---|---|
//! | `language` | every event | `en` |
//! | `date` | every event: when it happened | `15 Jan 2025, 10:30 AM` |
//! | `name` | every event with a customer | `John Doe` |
//! | `account` | events about an account: masked | `ACCXXX456` |
//! | `amount`, `amount_short`, `amount_plain` | events about money | `₹5,000.00`, `₹5,000`, `Rs.5000.00` |
//! | `balance`, `balance_plain` | transfers and bills: after it | `₹45,000.00`, `Rs.45000.00` |
//! | `transaction_id`, `beneficiary`, `beneficiary_account` | transfers, failed ones too | `TXN-987654321`, `Jane Smith`, `ACC654321` |
//! | `reason` | failed transfers: a code | `INSUFFICIENT_FUNDS` |
//! | `verification_code` | registrations; none where the event has none | `482913` |
//! | `loan_id`, `term_months`, `interest_rate` | loans; the rate once approved | `LOAN-1`, `24`, `8.5` |
//! | `payment_id`, `biller`, `bill_reference` | bills | `PAY-1`, `City Power`, `CA-42` |
//! | `start_date`, `end_date` | statements | `1 Jan 2025` |
//!
//! What comes from outside (names, references, ids) is on one line, bounded, and nothing in it becomes a link
//! ([`harmless`]); it is escaped where it is put into HTML.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};
use minijinja::value::{Serde, Value};
use tidings_events::{
    Amount, Currency, Event, Payload, TransactionId,
    bank::{Account, Beneficiary, BillPaid, LoanApplied, LoanApproved},
};

use crate::{Language, amount, amount_plain, amount_short, date, date_time, harmless, mask};

/// The facts of one event by the names that templates use; the module's docs list them.
#[derive(Clone)]
pub struct Facts {
    language: Language,
    pub(crate) values: BTreeMap<&'static str, Value>,
}

impl Facts {
    /// Reads an event's facts for its customer's language; moments are told in `zone`.
    #[must_use]
    pub fn of(event: &Event, zone: &TimeZone) -> Self {
        let language = Language::of(&event.metadata);
        let mut facts = Self { language, values: BTreeMap::new() };
        facts.set("language", language.tag());
        facts.set("date", date_time(event.timestamp, zone, language));
        if let Some(customer) = event.payload.customer() {
            facts.set("name", customer_name(&customer.user_name, language));
        }
        facts.payload(&event.payload);
        facts
    }

    /// The customer's language.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Adds a fact that the event alone does not say, such as a link.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.values.insert(name, value.into());
    }

    /// A fact in the words of somebody outside the bank.
    fn set_text(&mut self, name: &'static str, text: &str) {
        self.set(name, harmless(text));
    }

    fn payload(&mut self, payload: &Payload) {
        match payload {
            Payload::TransactionCompleted(it) | Payload::ScheduledTransfer(it) => {
                self.transfer(&it.transaction_id, &it.from_account, &it.to_account);
                self.amount(it.amount, it.currency);
                self.balance(it.balance_after, it.currency);
            }
            Payload::TransactionFailed(it) => {
                self.transfer(&it.transaction_id, &it.from_account, &it.to_account);
                self.amount(it.amount, it.currency);
                self.set("reason", Serde(it.reason));
            }
            Payload::UserRegistered(it) => {
                let code = it.verification_code.as_deref().map(harmless).filter(|code| !code.is_empty());
                self.set("verification_code", code);
            }
            Payload::UserLogin(_) => {}
            Payload::LoanApplied(it) => self.loan_applied(it),
            Payload::LoanApproved(it) => self.loan_approved(it),
            Payload::AccountFrozen(it) => self.account(&it.account),
            Payload::BillPaid(it) => self.bill(it),
            Payload::StatementRequested(it) => {
                self.account(&it.account);
                self.period(it.start_date, it.end_date);
            }
            Payload::StatementGenerated(it) => {
                self.account(&it.account);
                self.period(it.start_date, it.end_date);
            }
        }
    }

    fn transfer(&mut self, id: &TransactionId, from: &Account, to: &Beneficiary) {
        self.set_text("transaction_id", id.as_str());
        self.account(from);
        self.set_text("beneficiary", &to.beneficiary_name);
        self.set_text("beneficiary_account", to.account_id.as_str());
    }

    fn loan_applied(&mut self, loan: &LoanApplied) {
        self.set_text("loan_id", loan.loan_id.as_str());
        self.amount(loan.amount, loan.currency);
        self.set("term_months", loan.term_months);
    }

    fn loan_approved(&mut self, loan: &LoanApproved) {
        self.set_text("loan_id", loan.loan_id.as_str());
        self.amount(loan.amount, loan.currency);
        self.set("term_months", loan.term_months);
        self.set("interest_rate", loan.interest_rate_percent.0.normalize().to_string());
    }

    fn bill(&mut self, bill: &BillPaid) {
        self.set_text("payment_id", bill.payment_id.as_str());
        self.account(&bill.from_account);
        self.set_text("biller", &bill.biller_name);
        self.set_text("bill_reference", &bill.bill_reference);
        self.amount(bill.amount, bill.currency);
        self.balance(bill.balance_after, bill.currency);
    }

    fn account(&mut self, account: &Account) {
        self.set_text("account", &mask(account.account_id.as_str()));
    }

    fn amount(&mut self, value: Amount, currency: Currency) {
        self.set("amount", amount(value, currency, self.language));
        self.set("amount_short", amount_short(value, currency, self.language));
        self.set("amount_plain", amount_plain(value, currency, self.language));
    }

    fn balance(&mut self, value: Amount, currency: Currency) {
        self.set("balance", amount(value, currency, self.language));
        self.set("balance_plain", amount_plain(value, currency, self.language));
    }

    fn period(&mut self, start: Date, end: Date) {
        self.set("start_date", date(start, self.language));
        self.set("end_date", date(end, self.language));
    }
}

/// The digits of the shortest phone numbers that are dialled from abroad: phones make links of so many.
const PHONE_NUMBER: usize = 7;

/// The name to greet by. What has no letter and what holds a phone number is no name.
fn customer_name(name: &str, language: Language) -> String {
    let name = harmless(name);
    let is_name = name.chars().any(char::is_alphabetic)
        && name.chars().filter(|it| it.is_numeric()).count() < PHONE_NUMBER;
    match language {
        _ if is_name => name,
        Language::English => "Customer".to_owned(),
        Language::Hindi => "ग्राहक".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Anna \u{202e}", "Anna")]
    #[case("X Æ A-12", "X Æ A-12")]
    #[case("\u{3164}", "Customer")]
    #[case(" . - ", "Customer")]
    #[case("\u{301}", "Customer")]
    #[case("Prize! Call +1 900 555 0100", "Customer")]
    fn a_greeting_has_a_name_or_is_neutral(#[case] name: &str, #[case] greeted: &str) {
        assert_eq!(customer_name(name, Language::English), greeted);
        let neutral = if greeted == "Customer" { "ग्राहक" } else { greeted };
        assert_eq!(customer_name(name, Language::Hindi), neutral);
    }
}

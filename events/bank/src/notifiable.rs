//! The customer that an event is about, and the facts for a message to them. Templates use these names:
//!
//! | name | events |
//! |---|---|
//! | `account` | events about an account: masked |
//! | `amount` | events about money |
//! | `balance` | transfers and bills: the balance afterwards |
//! | `transaction_id`, `beneficiary`, `beneficiary_account` | transfers, including failed ones |
//! | `reason` | failed transfers: a code |
//! | `verification_code` | registrations; none if the event has none |
//! | `loan_id`, `term_months`, `interest_rate` | loans; the rate only of approved ones |
//! | `payment_id`, `biller`, `bill_reference` | bills |
//! | `start_date`, `end_date` | statements |

use jiff::civil::Date;
use tidings_events::{Fact, Notifiable, Recipient};

use crate::{
    Payload, TransactionId,
    payloads::{
        Account, Beneficiary, BillPaid, LoanApplied, LoanApproved, TransactionFailed, Transfer, User,
    },
};

type Facts = Vec<(&'static str, Fact)>;

impl Notifiable for Payload {
    fn recipient(&self) -> Option<Recipient> {
        match self {
            Self::TransactionCompleted(it) | Self::ScheduledTransfer(it) => {
                Some(customer(it.from_account.owner()))
            }
            Self::TransactionFailed(it) => Some(customer(it.from_account.owner())),
            Self::UserRegistered(it) => Some(customer(it.user.clone())),
            Self::UserLogin(_) => None,
            Self::LoanApplied(it) => Some(customer(it.applicant.clone())),
            Self::LoanApproved(it) => Some(customer(it.applicant.clone())),
            Self::AccountFrozen(it) => Some(customer(it.account.owner())),
            Self::BillPaid(it) => Some(customer(it.from_account.owner())),
            Self::StatementRequested(it) => Some(customer(it.account.owner())),
            Self::StatementGenerated(it) => Some(customer(it.account.owner())),
        }
    }

    fn facts(&self) -> Facts {
        match self {
            Self::TransactionCompleted(it) | Self::ScheduledTransfer(it) => transfer(it),
            Self::TransactionFailed(it) => failed(it),
            Self::UserRegistered(it) => {
                let code = it.verification_code.clone();
                vec![("verification_code", code.map_or(Fact::Absent, Fact::OneTimeCode))]
            }
            Self::UserLogin(_) => Vec::new(),
            Self::LoanApplied(it) => loan_applied(it),
            Self::LoanApproved(it) => loan_approved(it),
            Self::AccountFrozen(it) => vec![account(&it.account)],
            Self::BillPaid(it) => bill(it),
            Self::StatementRequested(it) => period(&it.account, it.start_date, it.end_date),
            Self::StatementGenerated(it) => period(&it.account, it.start_date, it.end_date),
        }
    }
}

fn customer(user: User) -> Recipient {
    Recipient {
        id: user.user_id.into(),
        name: user.user_name,
        email: user.user_email,
        phone: user.user_phone,
    }
}

fn account(account: &Account) -> (&'static str, Fact) {
    ("account", Fact::Masked(account.account_id.to_string()))
}

fn period(of: &Account, start: Date, end: Date) -> Facts {
    vec![account(of), ("start_date", Fact::Day(start)), ("end_date", Fact::Day(end))]
}

fn id(id: &TransactionId) -> Fact {
    Fact::Id(id.to_string())
}

fn transfer(it: &Transfer) -> Facts {
    let mut facts =
        order(&it.transaction_id, &it.from_account, &it.to_account, Fact::Money(*it.amount, *it.currency));
    facts.push(("balance", Fact::Money(it.balance_after, *it.currency)));
    facts
}

fn failed(it: &TransactionFailed) -> Facts {
    let mut facts =
        order(&it.transaction_id, &it.from_account, &it.to_account, Fact::Money(*it.amount, *it.currency));
    facts.push(("reason", Fact::Code(it.reason.to_string())));
    facts
}

/// The facts of a transfer, whether it succeeded or not.
fn order(transaction_id: &TransactionId, from: &Account, to: &Beneficiary, amount: Fact) -> Facts {
    let to_account = to.account_id.to_string();
    vec![
        ("transaction_id", id(transaction_id)),
        account(from),
        ("beneficiary", Fact::Name(to.beneficiary_name.clone(), to_account.clone())),
        ("beneficiary_account", Fact::Id(to_account)),
        ("amount", amount),
    ]
}

fn loan_applied(loan: &LoanApplied) -> Facts {
    vec![
        ("loan_id", id(&loan.loan_id)),
        ("amount", Fact::Money(*loan.amount, *loan.currency)),
        ("term_months", Fact::Number(loan.term_months.into())),
    ]
}

fn loan_approved(loan: &LoanApproved) -> Facts {
    vec![
        ("loan_id", id(&loan.loan_id)),
        ("amount", Fact::Money(*loan.amount, *loan.currency)),
        ("term_months", Fact::Number(loan.term_months.into())),
        ("interest_rate", Fact::Number(loan.interest_rate_percent.0)),
    ]
}

fn bill(bill: &BillPaid) -> Facts {
    vec![
        ("payment_id", id(&bill.payment_id)),
        account(&bill.from_account),
        ("biller", Fact::Name(bill.biller_name.clone(), bill.payment_id.to_string())),
        ("bill_reference", Fact::Reference(bill.bill_reference.clone())),
        ("amount", Fact::Money(*bill.amount, *bill.currency)),
        ("balance", Fact::Money(bill.balance_after, *bill.currency)),
    ]
}

//! The payloads of the bank's events.

use std::fmt;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use tidings_events::{Amount, CurrencyCode, NonNegative, Personal, id, json::optional};

id!(
    /// An account of the bank.
    AccountId
);
id!(
    /// A customer.
    UserId
);
id!(
    /// A transfer, payment, application or other business transaction.
    TransactionId
);

/// A customer and how to reach them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// The customer.
    pub user_id: UserId,
    /// Full name, as the customer writes it.
    pub user_name: Personal,
    /// E-mail address.
    pub user_email: Personal,
    /// Phone number in E.164 form.
    pub user_phone: Personal,
}

/// An account and the customer who owns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The account.
    pub account_id: AccountId,
    /// The owner.
    pub user_id: UserId,
    /// The owner's full name, as they write it.
    pub user_name: Personal,
    /// The owner's e-mail address.
    pub user_email: Personal,
    /// The owner's phone number in E.164 form.
    pub user_phone: Personal,
}

impl Account {
    /// The customer who owns the account.
    #[must_use]
    pub fn owner(&self) -> User {
        User {
            user_id: self.user_id.clone(),
            user_name: self.user_name.clone(),
            user_email: self.user_email.clone(),
            user_phone: self.user_phone.clone(),
        }
    }
}

/// Where a transfer goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Beneficiary {
    /// The receiving account.
    pub account_id: AccountId,
    /// The name that the sender gave for its owner.
    pub beneficiary_name: Personal,
}

/// A transfer succeeded, by hand or by a standing order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transfer {
    /// The transfer.
    pub transaction_id: TransactionId,
    /// The standing order that made it; absent where a person did.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub schedule_id: Option<TransactionId>,
    /// The account that was debited.
    pub from_account: Account,
    /// The account that was credited.
    pub to_account: Beneficiary,
    /// What was transferred.
    pub amount: NonNegative,
    /// The currency of `amount` and `balance_after`.
    pub currency: CurrencyCode,
    /// The kind of transfer, e.g. `FUND_TRANSFER`.
    pub transaction_type: String,
    /// What the sender wrote.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub description: Option<Personal>,
    /// The debited account's balance after the transfer.
    pub balance_after: Amount,
}

/// A transfer failed; nothing was debited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransactionFailed {
    /// The transfer.
    pub transaction_id: TransactionId,
    /// The account that would have been debited.
    pub from_account: Account,
    /// The account that would have been credited.
    pub to_account: Beneficiary,
    /// What should have been transferred.
    pub amount: NonNegative,
    /// The currency of `amount`.
    pub currency: CurrencyCode,
    /// Why, as a code, e.g. `INSUFFICIENT_FUNDS`.
    pub reason: FailureReason,
}

/// Why a transfer failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(transform = allow_later_reasons)]
pub enum FailureReason {
    /// The account does not hold that much.
    InsufficientFunds,
    /// A limit per transfer or day is exceeded.
    LimitExceeded,
    /// The beneficiary's account does not exist or takes no transfers.
    InvalidBeneficiary,
    /// The sending account is frozen.
    AccountFrozen,
    /// Something failed on the bank's side. Reasons of newer producers are read as this one, too.
    #[serde(other)]
    TechnicalError,
}

/// The reason's code in events.
impl fmt::Display for FailureReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

/// Allows any other string too, because consumers that validate must not refuse reasons that a later 1.x adds.
fn allow_later_reasons(schema: &mut Schema) {
    if let Some(Value::Array(mut reasons)) = schema.remove("oneOf") {
        reasons.push(json!({ "description": "A reason that a later version adds.", "type": "string" }));
        schema.insert("anyOf".to_owned(), reasons.into());
    }
}

/// A customer signed up.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UserRegistered {
    /// The new customer.
    #[serde(flatten)]
    pub user: User,
    /// The code that proves the phone number. Never logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_code: Option<Personal>,
}

/// Not derived, because a derived `flatten` loses the field that an error is about, and refuses numbers in unknown
/// fields that other payloads ignore.
impl<'de> Deserialize<'de> for UserRegistered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "UserRegistered")]
        struct Fields {
            user_id: UserId,
            user_name: Personal,
            user_email: Personal,
            user_phone: Personal,
            #[serde(default, deserialize_with = "optional")]
            verification_code: Option<Personal>,
        }
        let Fields { user_id, user_name, user_email, user_phone, verification_code } =
            Fields::deserialize(deserializer)?;
        Ok(Self { user: User { user_id, user_name, user_email, user_phone }, verification_code })
    }
}

/// A customer logged in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserLogin {
    /// The customer.
    pub user_id: UserId,
    /// How, e.g. `PASSWORD` or `BIOMETRIC`.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The device, as the application names it.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub device_id: Option<Personal>,
    /// The place, as far as it is known.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub location: Option<Personal>,
}

/// A customer applied for a loan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoanApplied {
    /// The application.
    pub loan_id: TransactionId,
    /// Who applied.
    pub applicant: User,
    /// What was applied for.
    pub amount: NonNegative,
    /// The currency of `amount`.
    pub currency: CurrencyCode,
    /// Months to repay in.
    pub term_months: u16,
    /// What for, as the applicant wrote it.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Personal>,
}

/// A loan was approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoanApproved {
    /// The application.
    pub loan_id: TransactionId,
    /// Who applied.
    pub applicant: User,
    /// What was approved.
    pub amount: NonNegative,
    /// The currency of `amount`.
    pub currency: CurrencyCode,
    /// Months to repay in.
    pub term_months: u16,
    /// Nominal interest in percent per year.
    pub interest_rate_percent: Amount,
}

/// An administrator froze an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountFrozen {
    /// The account.
    pub account: Account,
    /// Why, as a code, e.g. `SUSPICIOUS_ACTIVITY`; not shown to the customer.
    pub reason: String,
}

/// A bill payment succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BillPaid {
    /// The payment.
    pub payment_id: TransactionId,
    /// The account that was debited.
    pub from_account: Account,
    /// Who was paid.
    pub biller_name: Personal,
    /// The biller's number for the bill or customer.
    pub bill_reference: Personal,
    /// What was paid.
    pub amount: NonNegative,
    /// The currency of `amount` and `balance_after`.
    pub currency: CurrencyCode,
    /// The debited account's balance after the payment.
    pub balance_after: Amount,
}

/// A customer asked for a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementRequested {
    /// The account.
    pub account: Account,
    /// The first day, in the bank's time zone.
    pub start_date: Date,
    /// The last day, inclusive.
    pub end_date: Date,
}

/// A statement's PDF is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementGenerated {
    /// The account.
    pub account: Account,
    /// The first day, in the bank's time zone.
    pub start_date: Date,
    /// The last day, inclusive.
    pub end_date: Date,
    /// The S3 bucket that holds the PDF.
    pub bucket: String,
    /// The object's key. Never a URL: a presigned one dies with the credentials that signed it.
    pub key: String,
}

//! One line of an account's history.

use jiff::Timestamp;
use tidings_bank_events::{AccountId, TransactionId};
use tidings_events::{Amount, Currency, EventId, Personal};

/// One debit of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The account that was debited.
    pub account_id: AccountId,
    /// The time of the debit.
    pub timestamp: Timestamp,
    /// The partition of the event's record in Kafka.
    pub partition: i64,
    /// The offset of that record.
    pub offset: i64,
    /// The id of the event that reported the debit.
    pub event_id: EventId,
    /// The kind of debit.
    pub kind: Kind,
    /// The id of the transfer or payment.
    pub reference: TransactionId,
    /// Who received the money.
    pub counterparty: Personal,
    /// The description by the customer or the biller.
    pub description: Option<Personal>,
    /// The amount that was debited.
    pub amount: Amount,
    /// The currency of `amount` and `balance_after`.
    pub currency: Currency,
    /// The account's balance afterwards.
    pub balance_after: Amount,
}

impl Entry {
    /// The time, and the position of the event's record in its topic.
    pub(crate) const fn position(&self) -> (Timestamp, i64, i64) {
        (self.timestamp, self.partition, self.offset)
    }
}

/// A kind of debit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A transfer that the customer made.
    Transfer,
    /// A bill payment.
    Bill,
    /// A transfer by a standing order.
    ScheduledTransfer,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Transfer, Self::Bill, Self::ScheduledTransfer];

    /// The kind's name in the item.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "TRANSFER",
            Self::Bill => "BILL",
            Self::ScheduledTransfer => "SCHEDULED_TRANSFER",
        }
    }
}

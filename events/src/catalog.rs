//! The table of topics: name, payload type, key.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::bank::{
    Account, AccountFrozen, BillPaid, LoanApplied, LoanApproved, StatementGenerated, StatementRequested,
    TransactionFailed, Transfer, User, UserLogin, UserRegistered,
};
use crate::decode::{FieldError, read_json};
use crate::{Event, event::Wire};

macro_rules! catalog {
    ($($(#[$doc:meta])* $variant:ident($payload:ty) = $name:literal, key $key:expr;)+) => {
        /// A Kafka topic. Its name is also the type of the events on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic {
            $($(#[$doc])* $variant,)+
        }

        impl Topic {
            /// Every topic there is.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The topic's name, e.g. `transaction.completed`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            pub(crate) fn read_event(self, json: &str) -> Result<Event, FieldError> {
                match self {
                    $(Self::$variant => {
                        Ok(read_json::<Wire<$payload>>(json)?.into_event(Payload::$variant))
                    })+
                }
            }

            /// Adds the payload's schema to the definitions; where it is there.
            pub(crate) fn payload_reference(self, generator: &mut SchemaGenerator) -> String {
                match self {
                    $(Self::$variant => {
                        generator.subschema_for::<$payload>();
                        format!("#/$defs/{}", <$payload>::schema_name())
                    })+
                }
            }
        }

        /// What an event says: the `data` of its envelope.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Payload {
            $($(#[$doc])* $variant($payload),)+
        }

        impl Payload {
            /// The topic that this payload belongs to, and so the event's type.
            #[must_use]
            pub const fn topic(&self) -> Topic {
                match self {
                    $(Self::$variant(_) => Topic::$variant,)+
                }
            }

            /// The record's key: the account or user that the event is about.
            #[must_use]
            pub fn key(&self) -> &str {
                match self {
                    $(Self::$variant(payload) => {
                        let key: fn(&$payload) -> &str = $key;
                        key(payload)
                    })+
                }
            }
        }

        impl Serialize for Payload {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(payload) => payload.serialize(serializer),)+
                }
            }
        }
    };
}

catalog! {
    /// A transfer succeeded.
    TransactionCompleted(Transfer) = "transaction.completed", key |it| it.from_account.account_id.as_str();
    /// A transfer failed.
    TransactionFailed(TransactionFailed) = "transaction.failed", key |it| it.from_account.account_id.as_str();
    /// A customer signed up.
    UserRegistered(UserRegistered) = "user.registered", key |it| it.user.user_id.as_str();
    /// A customer logged in.
    UserLogin(UserLogin) = "user.login", key |it| it.user_id.as_str();
    /// A customer applied for a loan.
    LoanApplied(LoanApplied) = "loan.applied", key |it| it.applicant.user_id.as_str();
    /// A loan was approved.
    LoanApproved(LoanApproved) = "loan.approved", key |it| it.applicant.user_id.as_str();
    /// An administrator froze an account.
    AccountFrozen(AccountFrozen) = "account.frozen", key |it| it.account.account_id.as_str();
    /// A bill payment succeeded.
    BillPaid(BillPaid) = "bill.paid", key |it| it.from_account.account_id.as_str();
    /// A customer asked for a statement.
    StatementRequested(StatementRequested) = "statement.requested", key |it| it.account.account_id.as_str();
    /// A statement's PDF is stored.
    StatementGenerated(StatementGenerated) = "statement.generated", key |it| it.account.account_id.as_str();
    /// A standing order ran.
    ScheduledTransfer(Transfer) = "scheduled.transfer", key |it| it.from_account.account_id.as_str();
}

impl fmt::Display for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// No topic has this name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no topic of this name; tidings_events::Topic lists them")]
pub struct UnknownTopic;

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(name: &str) -> Result<Self, UnknownTopic> {
        Self::ALL.iter().copied().find(|topic| topic.name() == name).ok_or(UnknownTopic)
    }
}

impl Payload {
    /// The customer whom the event is about and how to reach them; `None` where the event does not say
    /// (a login carries only the customer's id).
    #[must_use]
    pub fn customer(&self) -> Option<User> {
        match self {
            Self::TransactionCompleted(it) | Self::ScheduledTransfer(it) => Some(it.from_account.owner()),
            Self::TransactionFailed(it) => Some(it.from_account.owner()),
            Self::UserRegistered(it) => Some(it.user.clone()),
            Self::UserLogin(_) => None,
            Self::LoanApplied(it) => Some(it.applicant.clone()),
            Self::LoanApproved(it) => Some(it.applicant.clone()),
            Self::AccountFrozen(it) => Some(it.account.owner()),
            Self::BillPaid(it) => Some(it.from_account.owner()),
            Self::StatementRequested(it) => Some(it.account.owner()),
            Self::StatementGenerated(it) => Some(it.account.owner()),
        }
    }
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

//! The items of the account ledger in DynamoDB. The ledger function writes them, the statement function reads them.
//!
//! | attribute | type | content |
//! |---|---|---|
//! | `account_id` | S, partition key | the account |
//! | `entry` | S, sort key | `{timestamp}#{event_id}`, see [`sort_key`] |
//! | `event_id`, `timestamp`, `kind`, `reference`, `counterparty`, `currency` | S | see [`Entry`] |
//! | `partition`, `offset` | S | decimal text: the position of the event's record in Kafka |
//! | `description` | S, optional | see [`Entry`] |
//! | `amount`, `balance_after` | S | decimal text |
//!
//! Amounts are strings, because DynamoDB's numbers drop trailing zeros and `5000.00` has to stay `5000.00`.

mod entry;
mod item;
mod key;
mod order;

pub use entry::{Entry, Kind};
pub use item::{ItemError, from_item, to_item};
pub use key::{ENTRY, period_query, sort_key};
pub use order::sort;

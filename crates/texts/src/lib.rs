//! What functions need to write to people: languages, amounts, dates, masking, and the templates that
//! put them together.
//!
//! A function that writes brings its templates ([`templates!`]) and a channel; [`Texts`] renders an event
//! in the customer's language from the [`facts`] of the event.

pub mod amounts;
pub mod dates;

pub mod language;
pub mod lines;

pub use amounts::{amount, amount_plain, amount_short};
pub use dates::{IanaTimeZone, date, date_time};
pub use language::Language;
pub use lines::{mask, one_line};

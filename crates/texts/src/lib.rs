//! Writes texts to people: languages, amounts, dates, masking and templates.
//!
//! A function has templates ([`templates!`]) and a channel. [`Texts`] renders the templates with the event's [`Facts`]
//! in the customer's language:
//!
//! ```ignore
//! let texts = Texts::new(TEMPLATES, TextSettings::new(settings)?);
//! let [title, body] = texts.render(event, &texts.facts(event), ["title", "body"])?;
//! ```

pub mod amounts;
pub mod dates;
pub mod facts;
pub mod language;
pub mod lines;
pub mod settings;
pub mod texts;

pub use amounts::{amount, amount_plain, amount_short};
pub use dates::{date, date_time};
pub use facts::{Facts, MIN_PHONE_DIGITS};
pub use language::Language;
pub use lines::{harmless, harmless_id, mask, one_line};
pub use settings::TextSettings;
pub use texts::{Template, Templates, TextError, Texts};

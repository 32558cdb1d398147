//! Sends e-mails with Amazon SES. A function supplies the message and its recipient and
//! sends it through the [`Mailer`] port.

mod address;
mod layout;
mod mail;
mod ses;

pub use address::{Address, InvalidAddress};
pub use layout::LAYOUT;
pub use mail::{Mail, Mailer};
pub use ses::SesMailer;

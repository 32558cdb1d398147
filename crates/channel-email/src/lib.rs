//! Sending e-mails with Amazon SES. A function brings what it says and to whom; [`Mailer`] is the port that it sends by.

mod address;
mod mail;
mod ses;

pub use address::{Address, InvalidAddress};
pub use mail::{Mail, Mailer};
pub use ses::SesMailer;

//! Sends SMS with Amazon SNS. A function supplies the message and its recipient and
//! sends it through the [`TextSender`] port.

mod dlt;
mod phone;
mod sns;
mod text;

pub use dlt::Dlt;
pub use phone::{InvalidPhoneNumber, PhoneNumber};
pub use sns::SnsTextSender;
pub use text::{TextMessage, TextSender};

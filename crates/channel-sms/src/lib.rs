//! Sending SMS with Amazon SNS. A function brings what it says and to whom; [`TextSender`] is the port that it sends by.

mod dlt;
mod phone;
mod sns;
mod text;

pub use dlt::Dlt;
pub use phone::{InvalidPhoneNumber, PhoneNumber};
pub use sns::SnsTextSender;
pub use text::{TextMessage, TextSender};

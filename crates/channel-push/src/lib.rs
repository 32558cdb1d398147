//! Sends push notifications with Amazon SNS to people's registered devices. A function supplies the message and its
//! recipient and sends it through the ports [`Devices`] and [`Pusher`].

mod devices;
mod notification;
mod sns;

pub use devices::{Device, Devices, DevicesTable, MAX_DEVICES};
pub use notification::{Delivery, Notification, Pusher};
pub use sns::SnsPusher;

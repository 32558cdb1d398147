//! Sending push notifications with Amazon SNS to the devices that people registered. A function supplies the
//! message and its recipient and sends it through the ports [`Devices`] and [`Pusher`].

mod devices;
mod notification;
mod sns;

pub use devices::{Device, Devices, DevicesTable, MAX_DEVICES};
pub use notification::{Delivery, Notification, Pusher};
pub use sns::SnsPusher;

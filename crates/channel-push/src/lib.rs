//! Sending push notifications with Amazon SNS to the devices that people registered. A function brings what it says and
//! to whom; [`Devices`] and [`Pusher`] are the ports that it sends by.

mod devices;
mod notification;
mod sns;

pub use devices::{Device, Devices, DevicesTable, MAX_DEVICES};
pub use notification::{Delivery, Notification, Pusher};
pub use sns::SnsPusher;

//! The bank's events read and written.

mod messages;
mod properties;

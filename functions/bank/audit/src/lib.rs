//! Keeps every record byte for byte with its position, including malformed records and tombstones, in a bucket whose
//! objects cannot be changed.
//!
//! The effect is one compressed NDJSON object per partition and batch. Its key depends on its content, so storing the
//! same records again (after a kill between the write and the facts) writes the same object. If a redelivery is batched
//! differently, a record may be in two objects. Readers who count records should count each topic, partition and offset
//! once.

mod archive;
mod lines;

pub use archive::{Archive, Object, S3Archive};
use tidings_consumer::{BatchHandler, HandlerError, Record};

/// Stores each batch of records as one object.
pub struct Audit<A> {
    archive: A,
}

impl<A> Audit<A> {
    /// A handler that stores objects in `archive`.
    pub const fn new(archive: A) -> Self {
        Self { archive }
    }
}

impl<A> Audit<A> {
    /// The archive.
    pub const fn archive(&self) -> &A {
        &self.archive
    }
}

impl<A: Archive> BatchHandler for Audit<A> {
    async fn handle(&self, records: &[Record]) -> Result<(), HandlerError> {
        match lines::object(records)? {
            Some(object) => self.archive.store(object).await,
            None => Ok(()),
        }
    }
}

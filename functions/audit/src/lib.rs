//! Keeps every record that arrives, byte for byte and with where it came from, malformed ones and tombstones
//! included, in a bucket whose objects cannot be changed.
//!
//! The effect is one compressed NDJSON object per partition and batch. Its key follows from its content, so
//! the same records stored again (a process killed after the write, before the facts) are the same object; a
//! redelivery that is batched otherwise may store a record in a second object. Readers who count take each
//! topic, partition and offset once.

mod archive;
mod lines;

pub use archive::{Archive, Object, S3Archive};
use tidings_consumer::{BatchHandler, HandlerError, Record};

/// Stores each batch of records as one object.
pub struct Audit<A> {
    archive: A,
}

impl<A> Audit<A> {
    /// A handler that stores in `archive`.
    pub const fn new(archive: A) -> Self {
        Self { archive }
    }
}

impl<A> Audit<A> {
    /// The archive that it stores in.
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

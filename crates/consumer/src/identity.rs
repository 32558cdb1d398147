//! How a redelivered record is recognized.

use sha2::{Digest as _, Sha256};
use tidings_events::{
    EventId, TraceContext,
    decode::{read_event_id, read_event_type},
    json,
};
use uuid::Uuid;

use crate::{claims::ClaimRequest, invocation::Invocation, payload::InvalidEntry, record::Record};

/// A record's identity. It can be read from values that are not valid events, too.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub event_id: Option<EventId>,
    pub event_type: Option<String>,
    pub trace: Option<TraceContext>,
    /// `topic/partition/offset`, or for an invalid entry its source and content.
    pub place: String,
    /// SHA-256 of the value, the same for every spelling of the same JSON: a producer that publishes an event again
    /// may use another serializer.
    pub content: [u8; 32],
}

impl Identity {
    pub fn of_record(record: &Record) -> Self {
        let value = record.value.as_deref().unwrap_or_default();
        let content = match record.malformed {
            Some(_) => Sha256::digest(record.json.get()),
            None => Sha256::digest(json::canonical(value)),
        };
        Self {
            event_id: read_event_id(value),
            event_type: read_event_type(value),
            trace: record.header("traceparent").and_then(TraceContext::parse),
            place: record.position.to_string(),
            content: content.into(),
        }
    }

    pub fn of_invalid_entry(entry: &InvalidEntry) -> Self {
        let content: [u8; 32] = Sha256::digest(entry.json.get()).into();
        let place = format!("{}/{}", entry.source, hex::encode(content));
        Self { event_id: None, event_type: None, trace: None, place, content }
    }

    /// A claim on the event, or on the position if no event id can be read. A malformed record is claimed by
    /// position even if it has an id, so that it does not block the valid event with that id.
    pub fn claim_record(&self, record: &Record, function: &str, invocation: &Invocation) -> ClaimRequest {
        match &self.event_id {
            Some(id) if record.malformed.is_none() => {
                claim(format!("{function}#{id}"), self.content, invocation)
            }
            _ => self.claim_place(function, invocation),
        }
    }

    /// A claim on the record's position.
    pub fn claim_place(&self, function: &str, invocation: &Invocation) -> ClaimRequest {
        claim(format!("{function}#{}", self.place), self.content, invocation)
    }
}

/// The claim of a new start under `id`.
pub(crate) fn claim(id: String, content: [u8; 32], invocation: &Invocation) -> ClaimRequest {
    ClaimRequest {
        id,
        owner: Uuid::new_v4(),
        content,
        now: invocation.now(),
        lease_until: invocation.lease_until(),
    }
}

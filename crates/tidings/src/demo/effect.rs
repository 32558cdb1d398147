//! What functions do to the world, as a count of distinct things: the ones that should happen, derived from the
//! published records, and the ones that did, read off the recorder.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    io::Read as _,
};

use flate2::read::GzDecoder;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tidings_bank_events::{Event, Payload};
use tidings_events::{EventId, Notifiable as _, decode::read_event_id, json::canonical};
use tidings_recorder::{Call, CallDetails};

/// One thing that a function does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// An e-mail for this event.
    Mail(String),
    /// An SMS for this event.
    Sms(String),
    /// A push for this event to this device.
    Push {
        /// The event.
        event_id: String,
        /// The device.
        device_id: String,
    },
    /// A statement's PDF for this request.
    Pdf(String),
    /// An event on `statement.generated` for this object.
    Announcement(String),
    /// A ledger item for this event.
    LedgerItem(String),
    /// A line in an audit object for the record at this `topic/partition/offset`.
    AuditLine(String),
    /// A message in a function's dead letter queue about this event or, where it has no readable id, this position.
    DeadLetter {
        /// The function.
        function: String,
        /// Event id or position.
        id: String,
    },
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(id) => write!(formatter, "e-mail for {id}"),
            Self::Sms(id) => write!(formatter, "SMS for {id}"),
            Self::Push { event_id, device_id } => write!(formatter, "push for {event_id} to {device_id}"),
            Self::Pdf(id) => write!(formatter, "PDF for {id}"),
            Self::Announcement(key) => write!(formatter, "statement.generated for {key}"),
            Self::LedgerItem(id) => write!(formatter, "ledger item for {id}"),
            Self::AuditLine(place) => write!(formatter, "audit line for {place}"),
            Self::DeadLetter { function, id } => write!(formatter, "dead letter of {function} about {id}"),
        }
    }
}

/// A record as the broker has it.
#[derive(Clone, Debug)]
pub struct Published {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The value; `None` for a tombstone.
    pub value: Option<Vec<u8>>,
    /// When it was handed to the producer.
    pub at: Timestamp,
}

impl Published {
    /// `topic/partition/offset`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}/{}/{}", self.topic, self.partition, self.offset)
    }

    /// The event's id where one can be read, the place where none can.
    fn id(&self) -> String {
        let id = self.value.as_deref().and_then(read_event_id);
        id.map_or_else(|| self.place(), String::from)
    }
}

/// What should happen, one record after the other.
pub struct Expectation {
    /// Content by function and event id: the first one counts.
    seen: HashMap<(String, EventId), [u8; 32]>,
    devices: BTreeMap<String, Vec<String>>,
    refused: BTreeSet<Effect>,
}

impl Expectation {
    /// Nothing published yet. `devices` gives each user's device ids; `refused` are the effects that the
    /// service behind them refuses every time.
    #[must_use]
    pub fn new(devices: BTreeMap<String, Vec<String>>, refused: BTreeSet<Effect>) -> Self {
        Self { seen: HashMap::new(), devices, refused }
    }

    /// The effects that `function` should have for `record`, after those of the records before it.
    pub fn of(&mut self, function: &str, record: &Published) -> Vec<Effect> {
        if function == "audit" {
            return vec![Effect::AuditLine(record.place())];
        }
        let Some(value) = &record.value else { return Vec::new() };
        let dead_letter = Effect::DeadLetter { function: function.to_owned(), id: record.id() };
        let Ok(event) = Event::decode(value, &record.topic) else { return vec![dead_letter] };
        let content: [u8; 32] = Sha256::digest(canonical(value)).into();
        let earlier = self.seen.insert((function.to_owned(), event.event_id.clone()), content);
        match earlier {
            Some(earlier) if earlier == content => return Vec::new(),
            Some(earlier) => {
                self.seen.insert((function.to_owned(), event.event_id.clone()), earlier);
                return vec![dead_letter];
            }
            None => {}
        }
        let effects = self.of_event(function, &event);
        if effects.iter().any(|effect| self.refused.contains(effect)) { vec![dead_letter] } else { effects }
    }

    fn of_event(&self, function: &str, event: &Event) -> Vec<Effect> {
        let id = event.event_id.to_string();
        let recipient = event.payload.recipient();
        match function {
            "email" => vec![Effect::Mail(id)],
            "sms" if recipient.as_ref().is_some_and(|recipient| recipient.phone.starts_with('+')) => {
                vec![Effect::Sms(id)]
            }
            "sms" => vec![Effect::DeadLetter { function: function.to_owned(), id }],
            "push" => {
                let user = recipient.map(|recipient| recipient.id).unwrap_or_default();
                let devices = self.devices.get(&user).cloned().unwrap_or_default();
                let push = |device_id| Effect::Push { event_id: id.clone(), device_id };
                devices.into_iter().map(push).collect()
            }
            "statement" => {
                let mut effects = vec![Effect::Pdf(id)];
                if let Payload::StatementRequested(it) = &event.payload {
                    let account = &it.account.account_id;
                    let key = format!("statements/{account}/{}_{}.pdf", it.start_date, it.end_date);
                    effects.push(Effect::Announcement(key));
                }
                effects
            }
            "ledger" => vec![Effect::LedgerItem(id)],
            _ => Vec::new(),
        }
    }
}

/// What happened, and when each time.
pub type Happened = BTreeMap<Effect, Vec<Timestamp>>;

/// The effects among the recorded calls. `binaries` gives the binary of each function name.
#[must_use]
pub fn happened(calls: &[std::sync::Arc<Call>], binaries: &BTreeMap<String, String>) -> Happened {
    let mut happened = Happened::new();
    for call in calls.iter().filter(|call| call.is_success()) {
        let Some(function) = binaries.get(&call.function) else { continue };
        for effect in effects(function, call) {
            happened.entry(effect).or_default().push(call.answered);
        }
    }
    happened
}

fn effects(function: &str, call: &Call) -> Vec<Effect> {
    let id = || call.event_id.clone().unwrap_or_default();
    match &call.details {
        CallDetails::SendEmail { .. } => vec![Effect::Mail(id())],
        CallDetails::PublishSms { .. } => vec![Effect::Sms(id())],
        CallDetails::PublishPush { attributes, .. } => {
            let device_id = attributes.get("device_id").cloned().unwrap_or_default();
            vec![Effect::Push { event_id: id(), device_id }]
        }
        CallDetails::PutObject { key, .. } if key.starts_with("statements/") => vec![Effect::Pdf(id())],
        CallDetails::PutObject { key, body, .. } if key.starts_with("audit/") => audit_lines(body),
        CallDetails::PutItem { table, .. } if table.ends_with("-ledger") => vec![Effect::LedgerItem(id())],
        CallDetails::SqsSend { .. } => vec![Effect::DeadLetter { function: function.to_owned(), id: id() }],
        _ => Vec::new(),
    }
}

/// The records in an audit object. One that cannot be read has none, and so is missed.
fn audit_lines(body: &[u8]) -> Vec<Effect> {
    let mut text = String::new();
    if GzDecoder::new(body).read_to_string(&mut text).is_err() {
        return Vec::new();
    }
    let place = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let (topic, partition, offset) =
            (line["topic"].as_str()?, line["partition"].as_i64()?, line["offset"].as_i64()?);
        Some(Effect::AuditLine(format!("{topic}/{partition}/{offset}")))
    };
    text.lines().filter_map(place).collect()
}

//! What functions do to the world, as a count of distinct things: the ones that should happen, derived from the
//! published records, and the ones that did, read off the recorder.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    fmt,
    io::Read as _,
};

use flate2::read::GzDecoder;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tidings_bank_events::Event;
use tidings_events::{EventId, Notifiable as _, decode::read_event_id, json::canonical};
use tidings_recorder::{Call, CallDetails};
use tidings_template::Function;

use super::scenario::object_key;
use crate::function_facts::{CallSign, EffectFact, FunctionFacts, Per, Sign};

/// One thing that a function does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Effect {
    /// The function's binary.
    pub function: String,
    /// What the function's `function.toml` calls it.
    pub name: String,
    /// What it is about: an event's id, that and a device, or a record's place.
    pub about: String,
}

impl Effect {
    /// What a function does about an event or, by its place, a record.
    #[must_use]
    pub fn new(function: &str, name: &str, about: impl Into<String>) -> Self {
        Self { function: function.to_owned(), name: name.to_owned(), about: about.into() }
    }

    /// What a function does about an event for one of its user's devices.
    #[must_use]
    pub fn for_device(function: &str, name: &str, event_id: &str, device_id: &str) -> Self {
        Self::new(function, name, format!("{event_id} on {device_id}"))
    }

    /// A message in a function's dead letter queue about this event or, where it has no readable id, this place.
    #[must_use]
    pub fn dead_letter(function: &str, about: impl Into<String>) -> Self {
        Self::new(function, "dead letter", about)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} for {}", self.name, self.about)
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
pub struct Expectation<'a> {
    facts: &'a FunctionFacts,
    /// Content by function and event id: the first one counts.
    seen: HashMap<(String, EventId), [u8; 32]>,
    devices: BTreeMap<String, Vec<String>>,
    unhandled: BTreeSet<(String, EventId)>,
}

impl<'a> Expectation<'a> {
    /// Nothing published yet. `devices` gives each user's device ids; `unhandled` are the functions and events that
    /// end as dead letters although they can be read.
    #[must_use]
    pub fn new(
        facts: &'a FunctionFacts,
        devices: BTreeMap<String, Vec<String>>,
        unhandled: BTreeSet<(String, EventId)>,
    ) -> Self {
        Self { facts, seen: HashMap::new(), devices, unhandled }
    }

    /// The effects that `function` should have for `record`, after those of the records before it.
    pub fn of(&mut self, function: &str, record: &Published) -> Vec<Effect> {
        let facts = self.facts.of(function);
        let (per_record, per_event): (Vec<_>, Vec<_>) =
            facts.iter().partition(|fact| fact.per == Per::Record);
        let mut effects: Vec<Effect> =
            per_record.iter().map(|fact| Effect::new(function, &fact.name, record.place())).collect();
        if !per_event.is_empty() {
            effects.extend(self.of_event(function, &per_event, record));
        }
        effects
    }

    fn of_event(&mut self, function: &str, facts: &[&EffectFact], record: &Published) -> Vec<Effect> {
        let Some(value) = &record.value else { return Vec::new() };
        let dead_letter = Effect::dead_letter(function, record.id());
        let Ok(event) = Event::decode(value, &record.topic) else { return vec![dead_letter] };
        let id = (function.to_owned(), event.event_id.clone());
        let content: [u8; 32] = Sha256::digest(canonical(value)).into();
        match self.seen.entry(id.clone()) {
            Entry::Occupied(first) if *first.get() == content => return Vec::new(),
            Entry::Occupied(_) => return vec![dead_letter],
            Entry::Vacant(vacant) => vacant.insert(content),
        };
        if self.unhandled.contains(&id) {
            return vec![dead_letter];
        }
        facts.iter().flat_map(|fact| self.of_fact(function, fact, &event)).collect()
    }

    fn of_fact(&self, function: &str, fact: &EffectFact, event: &Event) -> Vec<Effect> {
        let id = event.event_id.as_str();
        match (&fact.sign, fact.per) {
            (Sign::Event { .. }, _) => vec![Effect::new(function, &fact.name, announced_as(event))],
            (_, Per::Device) => {
                let user = event.payload.recipient().map(|recipient| recipient.id).unwrap_or_default();
                let devices = self.devices.get(&user).into_iter().flatten();
                devices.map(|device| Effect::for_device(function, &fact.name, id, device)).collect()
            }
            _ => vec![Effect::new(function, &fact.name, id)],
        }
    }
}

/// What an event and the one that answers it have in common, as each has an id of its own.
fn announced_as(event: &Event) -> String {
    object_key(&event.payload).unwrap_or_else(|| event.event_id.to_string())
}

/// What happened, and when each time.
pub type Happened = BTreeMap<Effect, Vec<Timestamp>>;

/// The effects among the recorded calls.
#[must_use]
pub fn happened(calls: &[std::sync::Arc<Call>], functions: &[Function], facts: &FunctionFacts) -> Happened {
    let mut happened = Happened::new();
    for call in calls.iter().filter(|call| call.is_success()) {
        let Some(function) = functions.iter().find(|function| function.name == call.function) else {
            continue;
        };
        for effect in effects(function, facts.of(&function.binary), call) {
            happened.entry(effect).or_default().push(call.answered);
        }
    }
    happened
}

fn effects(function: &Function, facts: &[EffectFact], call: &Call) -> Vec<Effect> {
    if let CallDetails::SqsSend { queue, .. } = &call.details
        && function.environment.get("DEAD_LETTER_QUEUE_URL") == Some(queue)
    {
        return vec![Effect::dead_letter(&function.binary, call.event_id.clone().unwrap_or_default())];
    }
    let is_effect = |sign: &CallSign| sign.operation == call.operation && sign.is_about(&call.details);
    let facts = facts.iter().filter(|fact| fact.call().is_some_and(is_effect));
    facts.flat_map(|fact| effects_of_call(&function.binary, fact, call)).collect()
}

fn effects_of_call(function: &str, fact: &EffectFact, call: &Call) -> Vec<Effect> {
    let id = call.event_id.as_deref().unwrap_or_default();
    match (fact.per, &call.details) {
        (Per::Event, _) => vec![Effect::new(function, &fact.name, id)],
        (Per::Device, CallDetails::PublishPush { attributes, .. }) => {
            let device = attributes.get("device_id").map_or("", String::as_str);
            vec![Effect::for_device(function, &fact.name, id, device)]
        }
        (Per::Record, CallDetails::PutObject { body, .. }) => {
            let places = places(body);
            places.into_iter().map(|place| Effect::new(function, &fact.name, place)).collect()
        }
        _ => Vec::new(),
    }
}

/// The places of the records in an object of JSON lines. One that cannot be read has none, and so is missed.
fn places(body: &[u8]) -> Vec<String> {
    let mut text = String::new();
    if GzDecoder::new(body).read_to_string(&mut text).is_err() {
        return Vec::new();
    }
    let place = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let (topic, partition, offset) =
            (line["topic"].as_str()?, line["partition"].as_i64()?, line["offset"].as_i64()?);
        Some(format!("{topic}/{partition}/{offset}"))
    };
    text.lines().filter_map(place).collect()
}

/// The effects that events of the functions' own are: `records` are those of the topics that they publish to.
#[must_use]
pub fn announced(records: &[Published], facts: &FunctionFacts) -> Happened {
    let mut announced = Happened::new();
    for (function, effects) in facts.all() {
        for fact in effects {
            let Sign::Event { topic } = &fact.sign else { continue };
            for record in records.iter().filter(|record| record.topic == *topic) {
                let event = Event::decode(record.value.as_deref().unwrap_or_default(), topic);
                let about = event.map_or_else(|_| record.id(), |event| announced_as(&event));
                announced.entry(Effect::new(function, &fact.name, about)).or_default().push(record.at);
            }
        }
    }
    announced
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, path::PathBuf, sync::Arc, time::Duration};

    use flate2::{Compression, write::GzEncoder};
    use tidings_template::Code;

    use super::*;

    const LOGIN: &str = include_str!("../../../../events/bank/fixtures/events/user.login-basic.json");
    const LOGIN_ID: &str = "EVT-20250115-0123";
    const LETTERS: &str = "http://127.0.0.1:4566/000000000000/shop-desk-dead-letters";

    /// The function `shop-desk` with this one effect.
    fn facts(effect: &str) -> FunctionFacts {
        FunctionFacts::from_texts(&[("shop-desk", format!("[[effects]]\nname = \"visit\"\n{effect}\n"))])
    }

    fn record(value: Option<&str>, offset: i64) -> Published {
        let value = value.map(|value| value.as_bytes().to_vec());
        Published { topic: "user.login".to_owned(), partition: 0, offset, value, at: Timestamp::UNIX_EPOCH }
    }

    /// What is expected of `shop-desk` for a login, the same again, a tombstone and a text that is no event.
    fn expected(facts: &FunctionFacts) -> Vec<Vec<Effect>> {
        let mut expectation = Expectation::new(facts, BTreeMap::new(), BTreeSet::new());
        let records = [Some(LOGIN), Some(LOGIN), None, Some("{")];
        let records = records.iter().zip(0..).map(|(value, offset)| record(*value, offset));
        records.map(|record| expectation.of("shop-desk", &record)).collect()
    }

    /// What is recognised in this one call.
    fn seen(facts: &FunctionFacts, operation: &str, details: CallDetails) -> Vec<Effect> {
        let function = Function {
            name: "tidings-local-shop-desk".to_owned(),
            binary: "shop-desk".to_owned(),
            runtime: None,
            handler: None,
            code: Code::Here(PathBuf::new()),
            environment: [("DEAD_LETTER_QUEUE_URL".to_owned(), LETTERS.to_owned())].into(),
            timeout: Duration::ZERO,
            memory_mb: 128,
            reserved_concurrency: None,
            mappings: Vec::new(),
        };
        let call = Call {
            at: Timestamp::UNIX_EPOCH,
            answered: Timestamp::UNIX_EPOCH,
            source: format!("{}.1", function.name),
            function: function.name.clone(),
            service: String::new(),
            operation: operation.to_owned(),
            status: 200,
            reached: true,
            killed: false,
            event_id: Some(LOGIN_ID.to_owned()),
            resource: None,
            details,
        };
        happened(&[Arc::new(call)], &[function], facts).into_keys().collect()
    }

    fn stored(key: &str, body: Vec<u8>) -> CallDetails {
        let (bucket, key) = ("tidings-local-shop".to_owned(), key.to_owned());
        CallDetails::PutObject {
            bucket,
            key,
            metadata: BTreeMap::new(),
            sha256: String::new(),
            body: body.into(),
        }
    }

    #[test]
    fn a_new_function_has_an_effect_per_event_of_a_topic_that_others_read_too() {
        let facts = facts("operation = \"PutObject\"\nresource = \"shop/visits/\"\nper = \"event\"");
        let visit = Effect::new("shop-desk", "visit", LOGIN_ID);
        let broken = Effect::dead_letter("shop-desk", "user.login/0/3");
        assert_eq!(expected(&facts), [vec![visit.clone()], Vec::new(), Vec::new(), vec![broken]]);
        assert_eq!(seen(&facts, "PutObject", stored("visits/1", Vec::new())), [visit]);
        assert_eq!(seen(&facts, "PutObject", stored("other/1", Vec::new())), []);
        assert_eq!(seen(&facts, "GetObject", stored("visits/1", Vec::new())), []);
    }

    #[test]
    fn per_record_means_every_record_and_is_seen_in_the_lines_of_objects() {
        let facts = facts("operation = \"PutObject\"\nper = \"record\"");
        let visit = |offset| Effect::new("shop-desk", "visit", format!("user.login/0/{offset}"));
        assert_eq!(expected(&facts).concat(), [0, 1, 2, 3].map(visit));
        let mut object = GzEncoder::new(Vec::new(), Compression::fast());
        for offset in 0..2 {
            writeln!(object, r#"{{"topic":"user.login","partition":0,"offset":{offset}}}"#).expect("a line");
        }
        let object = object.finish().expect("an object");
        assert_eq!(seen(&facts, "PutObject", stored("lines", object)), [0, 1].map(visit));
    }

    #[test]
    fn a_message_is_a_dead_letter_in_the_function_s_own_queue_only() {
        let facts = facts("operation = \"SendMessage\"\nper = \"event\"");
        let sent = |queue: &str| {
            let details = CallDetails::SqsSend { queue: queue.to_owned(), body: String::new() };
            seen(&facts, "SendMessage", details)
        };
        assert_eq!(sent(LETTERS), [Effect::dead_letter("shop-desk", LOGIN_ID)]);
        assert_eq!(
            sent("http://127.0.0.1:4566/000000000000/tills"),
            [Effect::new("shop-desk", "visit", LOGIN_ID)]
        );
    }

    #[test]
    fn an_event_of_the_function_s_own_is_seen_on_its_topic() {
        let facts = facts("publishes = \"user.login\"\nper = \"event\"");
        let visit = Effect::new("shop-desk", "visit", LOGIN_ID);
        assert_eq!(announced(&[record(Some(LOGIN), 0)], &facts).into_keys().collect::<Vec<_>>(), [visit]);
        let elsewhere = Published { topic: "visit".to_owned(), ..record(Some(LOGIN), 0) };
        assert_eq!(announced(&[elsewhere], &facts).len(), 0);
    }
}

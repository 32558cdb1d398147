//! The time that a mapping adds to a record's way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::topic_partition_list::Offset;
use tidings_local::broker::{Broker, TopicSpec};
use tidings_local::produce::Producer;
use tidings_mapping::{Connection, EventSourceMapping, MappingEvent};
use tidings_trigger::StartingPosition;
use tokio::sync::mpsc::unbounded_channel;

use crate::function::IdleHost;
use crate::throughput::{mapping, record};
use crate::{PARTITIONS, bare, stub};

/// Records measured, after some that warm everything up.
const RECORDS: usize = 1_000;
const WARM_UP: usize = 100;

/// Milliseconds that a mapping adds.
pub struct Added {
    pub p50: f64,
    pub p99: f64,
}

/// Publishes records one by one. With a stub, the clock stops when the function has the payload; with the host, when
/// the mapping has the function's answer.
pub async fn measure(broker: &Broker, host: Option<&IdleHost>) -> Added {
    let topic = if host.is_some() { "latency-host" } else { "latency-stub" };
    broker.create_topics(&[TopicSpec { name: topic.to_owned(), partitions: PARTITIONS }]).await.unwrap();
    let servers = broker.bootstrap_servers().to_owned();
    let (handled_sender, mut handled) = unbounded_channel();
    let (assigned_sender, mut assigned) = unbounded_channel();
    let arrived = handled_sender.clone();
    let endpoint = match host {
        Some(host) => host.endpoint(),
        None => stub::start_telling(Arc::new(move || arrived.send(Instant::now()).unwrap_or_default())).await,
    };
    let answered = host.map(|_| handled_sender);
    let observer = Arc::new(move |event: &MappingEvent| match (event, &answered) {
        (MappingEvent::Assigned(_), _) => assigned_sender.send(()).unwrap_or_default(),
        (MappingEvent::Succeeded { .. }, Some(answered)) => answered.send(Instant::now()).unwrap_or_default(),
        _ => {}
    });
    let spec = mapping(topic, format!("group-{topic}"), 100, StartingPosition::TrimHorizon);
    let connection = Connection {
        bootstrap_servers: servers.clone(),
        invoke_endpoint: endpoint.clone(),
        aws_endpoint: endpoint,
    };
    let running = EventSourceMapping::start(&spec, &connection, observer).unwrap();
    assigned.recv().await.unwrap();
    let (read_sender, mut read) = unbounded_channel();
    let bare = bare::consumer(&servers, topic, Offset::Beginning);
    let reader = std::thread::spawn(move || {
        while !read_sender.is_closed() {
            if bare.poll(Duration::from_millis(100)).is_some_and(|message| message.is_ok()) {
                let _ = read_sender.send(Instant::now());
            }
        }
        bare.unassign().unwrap();
    });
    let producer = Producer::new(&servers).unwrap();
    let mut added = Vec::with_capacity(RECORDS);
    for number in 0..WARM_UP + RECORDS {
        producer.publish(&record(topic, number)).await.unwrap();
        let (read, handled) = (read.recv().await.unwrap(), handled.recv().await.unwrap());
        if number >= WARM_UP {
            added.push(milliseconds(read, handled));
        }
    }
    drop(read);
    reader.join().unwrap();
    running.stop(Duration::from_secs(5)).await;
    added.sort_by(f64::total_cmp);
    Added { p50: added[RECORDS / 2], p99: added[RECORDS * 99 / 100] }
}

/// From the one to the other; negative where the mapping was first.
fn milliseconds(read: Instant, handled: Instant) -> f64 {
    let after = handled.saturating_duration_since(read).as_secs_f64();
    let before = read.saturating_duration_since(handled).as_secs_f64();
    (after - before) * 1000.0
}

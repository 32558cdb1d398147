//! Records per second.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures::future::join_all;
use tidings_local::broker::{Broker, TopicSpec};
use tidings_local::produce::{OutgoingRecord, Producer};
use tidings_mapping::{Connection, EventSourceMapping, MappingEvent};
use tidings_trigger::{EventSource, Mapping, Pollers, StartingPosition};
use tokio::sync::Notify;

use crate::bare::{self, as_f64};
use crate::{PARTITIONS, ROUNDS, VALUE_SIZE, function, median};

/// Records published without waiting for those before them.
const AT_ONCE: usize = 2_000;

/// A topic with something to read.
#[derive(Clone)]
pub struct Topic {
    pub bootstrap_servers: String,
    pub name: String,
    pub records: usize,
}

impl Topic {
    /// Creates and fills it.
    pub async fn filled(broker: &Broker, batch_size: usize, records: usize) -> Self {
        let name = format!("throughput-{batch_size}");
        broker.create_topics(&[TopicSpec { name: name.clone(), partitions: PARTITIONS }]).await.unwrap();
        let bootstrap_servers = broker.bootstrap_servers().to_owned();
        let producer = Producer::new(&bootstrap_servers).unwrap();
        eprintln!("filling {name} with {records} records");
        for first in (0..records).step_by(AT_ONCE) {
            let outgoing: Vec<OutgoingRecord> =
                (first..records.min(first + AT_ONCE)).map(|number| record(&name, number)).collect();
            for published in join_all(outgoing.iter().map(|record| producer.publish(record))).await {
                published.unwrap();
            }
        }
        Self { bootstrap_servers, name, records }
    }
}

/// Keys spread records over the partitions.
pub fn record(topic: &str, number: usize) -> OutgoingRecord {
    OutgoingRecord {
        topic: topic.to_owned(),
        key: Some(number.to_string().into_bytes()),
        value: Some(vec![b'x'; VALUE_SIZE]),
        headers: Vec::new(),
    }
}

/// A mapping of a topic, provisioned with a poller per partition.
pub fn mapping(
    topic: &str,
    group: String,
    batch_size: usize,
    starting_position: StartingPosition,
) -> Mapping {
    let pollers = PARTITIONS.unsigned_abs();
    let source = EventSource::Msk("arn:aws:kafka:us-east-1:000000000000:cluster/bench/1".to_owned());
    Mapping {
        batch_size,
        batching_window: Duration::ZERO,
        consumer_group_id: group,
        provisioned: Some(Pollers { minimum: pollers, maximum: pollers }),
        report_batch_item_failures: true,
        ..Mapping::new(function::NAME, topic, source, starting_position)
    }
}

/// What something does, beside what a bare consumer does.
pub struct Throughput {
    pub per_second: f64,
    pub ratio: f64,
    bare: f64,
}

impl fmt::Display for Throughput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} of {:.0} records/s, {:.2}", self.per_second, self.bare, self.ratio)
    }
}

/// Reads the topic by turns with a bare consumer and with something else. The first round does not count: in it the
/// broker's JVM is compiling.
pub async fn measure(topic: &Topic, other: impl AsyncFn(usize) -> f64) -> Throughput {
    let (mut bare, mut others, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (servers, name, records) = (topic.bootstrap_servers.clone(), topic.name.clone(), topic.records);
        let read = tokio::task::spawn_blocking(move || bare::read(&servers, &name, records));
        let without = read.await.unwrap();
        let with = other(round).await;
        if round > 0 {
            bare.push(without);
            others.push(with);
            ratios.push(with / without);
        }
    }
    Throughput { per_second: median(others), ratio: median(ratios), bare: median(bare) }
}

/// Records per second of a mapping, from the first that is read to the last that is done.
pub async fn mapped(topic: &Topic, batch_size: usize, endpoint: &str, round: usize) -> f64 {
    let group = format!("{}-{round}-{}", topic.name, endpoint.rsplit(':').next().unwrap_or_default());
    let spec = mapping(&topic.name, group, batch_size, StartingPosition::TrimHorizon);
    let connection = Connection {
        bootstrap_servers: topic.bootstrap_servers.clone(),
        invoke_endpoint: endpoint.to_owned(),
        aws_endpoint: endpoint.to_owned(),
    };
    let (done, all_done) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let began = Arc::new(OnceLock::new());
    let (first, count, finished, total) =
        (Arc::clone(&began), Arc::clone(&done), Arc::clone(&all_done), topic.records);
    let observer = Arc::new(move |event: &MappingEvent| match event {
        MappingEvent::Polled(_) => {
            first.get_or_init(Instant::now);
        }
        MappingEvent::Succeeded { records, .. } => {
            let before = count.fetch_add(records.len(), Ordering::Relaxed);
            if before + records.len() >= total {
                finished.notify_one();
            }
        }
        _ => {}
    });
    let running = EventSourceMapping::start(&spec, &connection, observer).unwrap();
    all_done.notified().await;
    let took = began.get().unwrap().elapsed();
    running.stop(Duration::from_secs(5)).await;
    as_f64(topic.records) / took.as_secs_f64()
}

//! What the event source mapping adds: records per second beside a bare consumer of the same topic, and beside the
//! least that brings its records to a function; and the time between a record's arrival at a bare consumer and its
//! arrival at the function.
//!
//! Every number is the median of several rounds; what counts is the ratio within a round, because both sides of it
//! had the same machine. `scripts/bench` runs it on Apache Kafka.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may panic, and prints what it measured"
)]

mod bare;
mod floor;
mod function;
mod latency;
mod stub;
mod throughput;

use std::sync::Arc;

use comfy_table::Table;
use tidings_local::broker::{Broker, BrokerKind};

/// Partitions of every topic, and pollers of every mapping.
pub const PARTITIONS: i32 = 4;
/// Size of a record's value in bytes.
const VALUE_SIZE: usize = 1024;
/// Rounds that a median is taken of.
const ROUNDS: usize = 5;

fn main() {
    // The benchmark is its own function: the host starts it once more.
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return function::serve();
    }
    tokio::runtime::Runtime::new().unwrap().block_on(measure());
}

async fn measure() {
    let kind = std::env::var("TIDINGS_BENCH_BROKER").map_or(BrokerKind::Kafka, |kind| kind.parse().unwrap());
    let broker = Broker::start(kind, &(Arc::new(|line: &str| eprintln!("{line}")) as _)).await.unwrap();
    let host = function::host().await;
    println!(
        "\nThroughput: records of {VALUE_SIZE} bytes, {PARTITIONS} partitions, median of {ROUNDS} rounds\n"
    );
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["batch size", "function", "records/s", "of a bare consumer's"]);
    for (batch_size, records) in [(1, 4_000), (100, 400_000), (10_000, 400_000)] {
        let topic = throughput::Topic::filled(&broker, batch_size, records).await;
        let (stub, host) = (stub::start().await, host.endpoint());
        let mapping = async |endpoint: &str| {
            let mapped = async |round| throughput::mapped(&topic, batch_size, endpoint, round).await;
            throughput::measure(&topic, mapped).await
        };
        let floor = async |_| floor::read(&topic, batch_size, &stub).await;
        for (name, measured) in [
            ("stub", mapping(&stub).await),
            ("stub, without a mapping", throughput::measure(&topic, floor).await),
            ("real, in the host", mapping(&host).await),
        ] {
            eprintln!("batch size {batch_size}, {name}: {measured}");
            table.add_row([
                batch_size.to_string(),
                name.to_owned(),
                format!("{:.0}", measured.per_second),
                format!("{:.2}", measured.ratio),
            ]);
        }
    }
    println!("{table}");
    println!("\nAdded latency at window 0, milliseconds, one record at a time\n");
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["function", "p50", "p99"]);
    for (name, stub) in [("stub", true), ("real, in the host", false)] {
        let added = latency::measure(&broker, if stub { None } else { Some(&host) }).await;
        table.add_row([name.to_owned(), format!("{:.1}", added.p50), format!("{:.1}", added.p99)]);
    }
    println!("{table}");
    host.stop().await;
    broker.stop().await;
}

/// The middle one.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

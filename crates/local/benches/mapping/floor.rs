//! What no mapping can do without: reading, base64, and HTTP to the function. No group, no order within a partition,
//! no commits, no retries.

use std::time::Instant;

use base64::engine::general_purpose::PAD;
use base64::engine::simd::Simd;
use base64::{Engine, encoded_len};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::unfold;
use rdkafka::message::Message;
use rdkafka::topic_partition_list::Offset;
use tidings_mapping::invoke::Invoker;
use tokio::sync::mpsc;

use crate::bare::{self, as_f64};
use crate::throughput::Topic;
use crate::{PARTITIONS, VALUE_SIZE, function};

/// Records whose JSON fits 6 MB.
const LARGEST_BATCH: usize = 3_800;
/// Records whose JSON is kept in one piece.
const PIECE: usize = 45;

/// Records per second, from the first that is read to the last that the function has; as many invocations at once as
/// there are partitions.
pub async fn read(topic: &Topic, batch_size: usize, endpoint: &str) -> f64 {
    let at_once = usize::try_from(PARTITIONS).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let invoker = Invoker::new(client, endpoint, function::NAME).unwrap();
    let (sender, receiver) = mpsc::channel(at_once);
    let (records, reading) = (topic.records, topic.clone());
    let reader =
        tokio::task::spawn_blocking(move || encode(&reading, batch_size.min(LARGEST_BATCH), &sender));
    let batches = unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    let invoke = async |batch| drop(invoker.invoke(batch).await);
    batches.for_each_concurrent(at_once, invoke).await;
    as_f64(records) / reader.await.unwrap().elapsed().as_secs_f64()
}

/// Reads all records and sends them on in batches. Answers when the first was read.
fn encode(topic: &Topic, batch_size: usize, batches: &mpsc::Sender<Vec<Bytes>>) -> Instant {
    let base64 = Simd::standard(PAD);
    let consumer = bare::consumer(&topic.bootstrap_servers, &topic.name, Offset::Beginning);
    let mut began = None;
    let (mut batch, mut piece) = (Vec::new(), Vec::new());
    for read in 1..=topic.records {
        let message = consumer.poll(None).unwrap().unwrap();
        began.get_or_insert_with(Instant::now);
        piece.reserve_exact(PIECE * 2 * VALUE_SIZE - piece.len());
        let head = format!(r#"{{"offset":{},"value":""#, message.offset());
        piece.extend_from_slice(head.as_bytes());
        let (start, value) = (piece.len(), message.payload().unwrap());
        piece.resize(start + encoded_len(value.len(), true).unwrap(), 0);
        base64.encode_slice(value, &mut piece[start..]).unwrap();
        piece.extend_from_slice(br#""},"#);
        let last_of_batch = read % batch_size == 0 || read == topic.records;
        if last_of_batch || read % PIECE == 0 {
            batch.push(Bytes::from(std::mem::take(&mut piece)));
        }
        if last_of_batch {
            batches.blocking_send(std::mem::take(&mut batch)).unwrap();
        }
    }
    began.unwrap()
}

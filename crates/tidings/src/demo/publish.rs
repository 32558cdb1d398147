//! Publishing what the scenario planned.

use jiff::Timestamp;
use tidings_bank_events::Event;
use tidings_local::stack::Stack;
use tidings_process::StartError;
use tidings_publisher::{Auth, Publisher, PublisherSettings};

use super::{effect::Published, error::DemoError, scenario::Planned};

/// The publisher that applications use.
pub(super) fn publisher(stack: &Stack) -> Result<Publisher, DemoError> {
    let bootstrap_servers = stack.broker.bootstrap_servers().to_owned();
    Publisher::new(PublisherSettings { bootstrap_servers, auth: Auth::None })
        .map_err(|error| StartError::Setting(error.to_string()).into())
}

/// Publishes all at once; a producer keeps the order within each partition.
pub(super) async fn publish(
    stack: &Stack,
    publisher: &Publisher,
    planned: &[Planned],
) -> Result<Vec<Published>, DemoError> {
    let publications = planned.iter().map(|planned| publish_one(stack, publisher, planned));
    futures::future::try_join_all(publications).await
}

async fn publish_one(
    stack: &Stack,
    publisher: &Publisher,
    planned: &Planned,
) -> Result<Published, DemoError> {
    let at = Timestamp::now();
    match planned {
        Planned::Event(event) => {
            let delivery = publisher.publish(event, None).await?;
            Ok(Published {
                topic: event.topic().to_owned(),
                partition: delivery.partition,
                offset: delivery.offset,
                value: Some(encoded(event)),
                at,
            })
        }
        Planned::Bytes(record) => {
            let position = stack.producer.publish(record).await?;
            Ok(Published {
                topic: record.topic.clone(),
                partition: position.partition,
                offset: position.offset,
                value: record.value.clone(),
                at,
            })
        }
    }
}

fn encoded(event: &Event) -> Vec<u8> {
    event.encode().expect("an event that was published can be encoded")
}

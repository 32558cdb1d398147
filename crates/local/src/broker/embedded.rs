//! librdkafka's mock cluster in this process.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, DefaultProducerContext, Producer as _};
use rdkafka::types::RDKafkaErrorCode;
use tidings_process::StartError;

use super::TopicSpec;
use super::admin::not_created;

/// A cluster of one broker, owned by a client. Unlike the cluster's handle, the client can be sent between threads.
pub(super) struct Embedded(BaseProducer<DefaultProducerContext>);

impl Embedded {
    /// Starts the cluster. Also returns its bootstrap servers.
    pub fn start() -> Result<(String, Self), StartError> {
        let not_started =
            |reason: String| StartError::NotReady { what: "the embedded broker".to_owned(), reason };
        let client = ClientConfig::new()
            .set("test.mock.num.brokers", "1")
            .create_with_context(DefaultProducerContext)
            .map_err(|error| not_started(format!("{error}; choose another broker")))?;
        let embedded = Self(client);
        let servers = embedded
            .cluster()
            .ok_or_else(|| {
                not_started("librdkafka did not create a mock cluster; choose another broker".to_owned())
            })?
            .bootstrap_servers();
        Ok((servers, embedded))
    }

    /// Creates topics directly, because the mock cluster does not support the `CreateTopics` request.
    pub fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), StartError> {
        for topic in topics {
            let created =
                self.cluster().map(|cluster| cluster.create_topic(&topic.name, topic.partitions, 1));
            match created {
                Some(Ok(()) | Err(KafkaError::MockCluster(RDKafkaErrorCode::TopicAlreadyExists))) => {}
                Some(Err(error)) => {
                    let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
                    return Err(not_created(&topic.name, code));
                }
                None => return Err(not_created(&topic.name, RDKafkaErrorCode::Unknown)),
            }
        }
        Ok(())
    }

    fn cluster(&self) -> Option<MockCluster<'_, DefaultProducerContext>> {
        self.0.client().mock_cluster()
    }
}

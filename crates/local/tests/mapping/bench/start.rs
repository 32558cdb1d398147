//! Starts mappings of the bench's topic.

use std::sync::Arc;
use std::time::Instant;

use tidings_mapping::{Connection, EventSourceMapping, MappingEvent, Observer};
use tidings_trigger::Mapping;

use super::Bench;

impl Bench {
    /// Starts a mapping with another endpoint for its failure destinations.
    pub fn start_with_aws(&self, spec: &Mapping, aws_endpoint: &str) -> EventSourceMapping {
        self.start_with(spec, &self.endpoint, aws_endpoint)
    }

    /// Starts a mapping of the bench's topic with a consumer group of the bench.
    pub fn start(&self, spec: &Mapping) -> EventSourceMapping {
        self.start_with(spec, &self.endpoint, &self.endpoint)
    }

    /// Starts a mapping with other endpoints for the Invoke API and AWS.
    pub fn start_with(
        &self,
        spec: &Mapping,
        invoke_endpoint: &str,
        aws_endpoint: &str,
    ) -> EventSourceMapping {
        self.start_observed(&self.own(spec), invoke_endpoint, aws_endpoint, self.observer())
    }

    /// The mapping with the bench's topic and a consumer group of the bench.
    pub fn own(&self, spec: &Mapping) -> Mapping {
        let consumer_group_id = self.group(&spec.consumer_group_id);
        Mapping { topic: self.topic.clone(), consumer_group_id, ..spec.clone() }
    }

    /// Sends a mapping's events to the bench.
    pub fn observer(&self) -> Observer {
        let events = self.event_sender.clone();
        Arc::new(move |event: &MappingEvent| {
            let _ = events.send((Instant::now(), event.clone()));
        })
    }

    pub fn start_observed(
        &self,
        spec: &Mapping,
        invoke_endpoint: &str,
        aws_endpoint: &str,
        observer: Observer,
    ) -> EventSourceMapping {
        let connection = Connection {
            bootstrap_servers: self.servers.clone(),
            invoke_endpoint: invoke_endpoint.to_owned(),
            aws_endpoint: aws_endpoint.to_owned(),
        };
        EventSourceMapping::start(spec, &connection, observer).unwrap()
    }
}

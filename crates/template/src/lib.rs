//! Reads the SAM and `CloudFormation` templates that get deployed, as far as they mean something on a laptop.
//!
//! Read are
//! - functions, `AWS::Serverless::Function` and `AWS::Lambda::Function`, of any runtime, with their code in a
//!   folder or file on this machine (or where CDK's metadata say that it is), or elsewhere, to be started by a
//!   command or run behind another Invoke API;
//! - their Kafka triggers: events of type MSK and `SelfManagedKafka`, and `AWS::Lambda::EventSourceMapping`,
//!   which may point to a function of another template;
//! - what they write to: standard queues and topics of SQS and SNS, tables, buckets;
//! - topics of the cluster, `AWS::MSK::Topic`, and its ARN where it is declared.
//!
//! Evaluated are Parameters, Mappings, Conditions, `Globals.Function` (and `IgnoreGlobals`), pseudo
//! parameters, Ref, `Fn::Sub`, `Fn::GetAtt`, `Fn::If`, `Fn::Join`, `Fn::Select`, `Fn::Split`,
//! `Fn::FindInMap`, `Fn::Length`, `Fn::ToJsonString`, `Fn::Base64` and the functions of conditions, in short and long
//! form. Loops, `Fn::ForEach`, are written out first.
//! A property is evaluated only where it means something here, so that policies and deployment settings may use
//! any function, and parameters that only they use need no value.
//!
//! Skipped silently are permissions, networks, keys, clusters and observability. An error names the line of what
//! a Kafka trigger or its function needs and the local stack cannot honour, misspellings included. A [`Notice`]
//! tells of the rest: other events, mappings and resources, functions without a Kafka trigger that cannot run
//! here, nested stacks, layers. Where a function's environment refers to what does not exist here, or to what another stack exports (`Fn::ImportValue`), its
//! name stands there, with a notice. The ARN of a cluster that is not known is made of that name, too, as the
//! local cluster takes its place anyway. A parameter without a value serves by its name, with a notice, where it only
//! names something of AWS's; elsewhere it is an error.

mod conditions;
mod error;
mod foreach;
mod function;
mod intrinsic;
mod lookups;
mod mapping;
mod names;
mod parameters;
mod properties;
mod reader;
mod resource;
mod scope;
mod sections;
mod stores;
#[cfg(test)]
mod tests;
mod topics;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use error::{Fault, TemplateError};

use tidings_trigger::Mapping;

/// What the local stack makes of a template, or of several that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Every function that can run here, in the files' order.
    pub functions: Vec<Function>,
    /// Every standard `AWS::SQS::Queue`.
    pub queues: Vec<Queue>,
    /// Every `AWS::DynamoDB::Table` and `AWS::Serverless::SimpleTable`.
    pub tables: Vec<Table>,
    /// Every `AWS::S3::Bucket`.
    pub buckets: Vec<Bucket>,
    /// Every standard `AWS::SNS::Topic`.
    pub notification_topics: Vec<NotificationTopic>,
    /// Every `AWS::MSK::Topic`.
    pub kafka_topics: Vec<KafkaTopic>,
    /// What was passed over, for the person who runs it to know.
    pub notices: Vec<Notice>,
}

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// `FunctionName`, resolved; the logical id where there is none.
    pub name: String,
    /// The cargo binary: `Metadata.BuildProperties.Binary`, or else the logical id.
    pub binary: String,
    /// `Runtime`, e.g. `provided.al2023` or `python3.11`; an image has none.
    pub runtime: Option<String>,
    /// `Handler`, which every runtime but `provided` needs.
    pub handler: Option<String>,
    /// `CodeUri`, `Code` of a plain function.
    pub code: Code,
    /// Environment variables, resolved.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// `MemorySize`, in MB.
    pub memory_mb: u32,
    /// `ReservedConcurrentExecutions`: more invocations at once are throttled.
    pub reserved_concurrency: Option<u32>,
    /// Its triggers, in the template's order.
    pub mappings: Vec<Mapping>,
}

/// Where a function's code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// On this machine: a path, joined with the template's folder where it is relative.
    Here(PathBuf),
    /// In an image, in S3 or in the template itself: only something else can run it.
    Elsewhere {
        /// Line in the template, counted from 1.
        line: usize,
        /// What says so, e.g. `CodeUri in S3`.
        construct: String,
    },
}

/// A `DynamoDB` table; its key attributes are strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `TableName`, resolved.
    pub name: String,
    /// The HASH key's attribute.
    pub partition_key: String,
    /// The RANGE key's attribute.
    pub sort_key: Option<String>,
    /// The attribute that holds the time after which an item may be deleted (epoch seconds).
    pub ttl_attribute: Option<String>,
}

/// An SQS standard queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// `QueueName`, resolved.
    pub name: String,
}

/// An S3 bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// `BucketName`, resolved.
    pub name: String,
}

/// An SNS standard topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationTopic {
    /// `TopicName`, resolved.
    pub name: String,
}

/// A topic of the Kafka cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaTopic {
    /// `TopicName`, resolved.
    pub name: String,
    /// `PartitionCount`.
    pub partitions: u32,
}

/// Something in a template that does not do here what it does on AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The template.
    pub file: PathBuf,
    /// Line in it, counted from 1.
    pub line: usize,
    /// What becomes of it.
    pub kind: NoticeKind,
    /// What it is, e.g. "the event Nightly of type Schedule".
    pub what: String,
}

/// What becomes of what a [`Notice`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// It is neither imitated nor needed by what is.
    PassedOver,
    /// It is read in a way that the template does not say, or AWS does not document.
    Note,
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.kind {
            NoticeKind::PassedOver => "passed over ",
            NoticeKind::Note => "",
        };
        write!(out, "{}:{}: {verb}{}", self.file.display(), self.line, self.what)
    }
}

/// What templates cannot know by themselves.
#[derive(Clone, Debug, Default)]
pub struct TemplateSettings {
    /// Values over the templates' defaults. Each must be declared by at least one of the templates.
    pub parameters: BTreeMap<String, String>,
    /// Base URL of the AWS endpoint, e.g. `http://127.0.0.1:4566`: a queue's URL is
    /// `{this}/{account}/{name}`.
    pub emulator_endpoint: String,
}

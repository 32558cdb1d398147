//! Reads SAM and `CloudFormation` templates for the local stack.
//!
//! It reads
//! - functions (`AWS::Serverless::Function` and `AWS::Lambda::Function`) of any runtime. Their code may be in a folder
//!   or file on this machine, also where CDK's metadata points to it, or elsewhere; then the function needs a command
//!   or runs behind another Invoke API;
//! - their Kafka triggers: events of type `MSK` and `SelfManagedKafka`, and `AWS::Lambda::EventSourceMapping`, which
//!   may refer to a function in another template;
//! - the resources that functions write to: standard SQS queues and SNS topics, `DynamoDB` tables, S3 buckets;
//! - the cluster's topics (`AWS::MSK::Topic`), and its ARN if it is declared.
//!
//! It evaluates Parameters, Mappings, Conditions, `Globals.Function` (and `IgnoreGlobals`), pseudo parameters, `Ref`,
//! `Fn::Sub`, `Fn::GetAtt`, `Fn::If`, `Fn::Join`, `Fn::Select`, `Fn::Split`, `Fn::FindInMap`, `Fn::Length`,
//! `Fn::ToJsonString`, `Fn::Base64` and the condition functions, in short and long form. Loops (`Fn::ForEach`) are
//! expanded first. A property is evaluated only if it has an effect locally. So policies and deployment settings may
//! use any function, and parameters that only they use need no value.
//!
//! Permissions, networks, keys, clusters and observability are skipped silently. If a Kafka trigger or its function
//! has something that the local stack does not support, or a misspelt property, that is an error with its line. A
//! [`Notice`] reports everything else that is ignored: other events, mappings and resources, functions without a Kafka
//! trigger that cannot run locally, nested stacks, layers.
//!
//! Some names stand in for values that are unknown locally, each with a notice. A reference in a function's
//! environment to a resource that does not exist locally, or to another stack's export (`Fn::ImportValue`), becomes
//! its name. The ARN of an unknown cluster is built from its name, because the local cluster is used instead. A
//! parameter without a value becomes its name if it only identifies an AWS resource; otherwise it is an error.

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

/// The contents of a template, or of several templates that are deployed together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Every function that can run locally, in the files' order.
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
    /// What is ignored or read differently than on AWS, for the user to know.
    pub notices: Vec<Notice>,
}

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// `FunctionName`, or the logical id if it is not set.
    pub name: String,
    /// The cargo binary: `Metadata.BuildProperties.Binary`, or the logical id.
    pub binary: String,
    /// `Runtime`, e.g. `provided.al2023` or `python3.11`. An image has none.
    pub runtime: Option<String>,
    /// `Handler`. Every runtime but `provided` requires it.
    pub handler: Option<String>,
    /// `CodeUri`, or `Code` for an `AWS::Lambda::Function`.
    pub code: Code,
    /// The environment variables.
    pub environment: BTreeMap<String, String>,
    /// `Timeout`: how long one invocation may take.
    pub timeout: Duration,
    /// `MemorySize`, in MB.
    pub memory_mb: u32,
    /// `ReservedConcurrentExecutions`. Further concurrent invocations are throttled.
    pub reserved_concurrency: Option<u32>,
    /// The Kafka triggers, in the template's order.
    pub mappings: Vec<Mapping>,
}

/// The location of a function's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// A path on this machine. A relative path is joined with the template's folder.
    Here(PathBuf),
    /// In an image, in S3 or inline in the template. The local stack cannot start it.
    Elsewhere {
        /// The line in the template, counted from 1.
        line: usize,
        /// The property and the kind of location, e.g. `CodeUri in S3`.
        construct: String,
    },
}

/// A `DynamoDB` table whose key attributes are strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `TableName`.
    pub name: String,
    /// The attribute of the HASH key.
    pub partition_key: String,
    /// The attribute of the RANGE key.
    pub sort_key: Option<String>,
    /// The attribute with the time (in epoch seconds) after which an item may be deleted.
    pub ttl_attribute: Option<String>,
}

/// A standard SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// `QueueName`.
    pub name: String,
}

/// An S3 bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// `BucketName`.
    pub name: String,
}

/// A standard SNS topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationTopic {
    /// `TopicName`.
    pub name: String,
}

/// A topic of the Kafka cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaTopic {
    /// `TopicName`.
    pub name: String,
    /// `PartitionCount`.
    pub partitions: u32,
}

/// Something in a template that has a different effect locally than on AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The template's path.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The kind of difference.
    pub kind: NoticeKind,
    /// The ignored thing, e.g. "the event Nightly of type Schedule", or the note.
    pub what: String,
}

/// The kind of a [`Notice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// The local stack ignores it.
    Ignored,
    /// It is interpreted in a way that is neither written in the template nor documented by AWS.
    Note,
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.kind {
            NoticeKind::Ignored => "ignored ",
            NoticeKind::Note => "",
        };
        write!(out, "{}:{}: {verb}{}", self.file.display(), self.line, self.what)
    }
}

/// Values that are not part of the templates.
#[derive(Clone, Debug, Default)]
pub struct TemplateSettings {
    /// Parameter values, which override the templates' defaults. At least one template must declare each parameter.
    pub parameters: BTreeMap<String, String>,
    /// The base URL of the AWS endpoint, e.g. `http://127.0.0.1:4566`. A queue's URL is `{this}/{account}/{name}`.
    pub emulator_endpoint: String,
}

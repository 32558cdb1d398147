//! The templates that the stack runs, with their parameters and settings.

use std::{collections::BTreeMap, path::PathBuf};

/// A placeholder in parameter values for the broker's address, which is known only once the broker runs.
pub const BROKERS: &str = "{brokers}";

/// Templates with their parameters and settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// The templates, which are deployed as stacks of one stage.
    pub templates: Vec<PathBuf>,
    /// Parameter values. [`BROKERS`] in a value is replaced by the broker's address.
    pub parameters: BTreeMap<String, String>,
    /// The number of partitions of topics without an `AWS::MSK::Topic`.
    pub partitions: i32,
    /// The sender of e-mails, which SES must verify.
    pub sender: Option<String>,
    /// Environment variables for every function. Those in the template override them.
    pub environment: BTreeMap<String, String>,
}

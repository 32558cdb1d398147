//! What the stack runs: templates, and what these cannot know by themselves.

use std::{collections::BTreeMap, path::PathBuf};

use crate::broker::TopicSpec;

/// In the value of a parameter it stands for the address of the broker, which is known once that runs.
pub const BROKERS: &str = "{brokers}";

/// Templates, and what is given to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// The templates, which are deployed as stacks of one stage.
    pub templates: Vec<PathBuf>,
    /// Values of their parameters; [`BROKERS`] in a value is replaced.
    pub parameters: BTreeMap<String, String>,
    /// Topics to create besides those that the templates describe.
    pub topics: Vec<TopicSpec>,
    /// How many partitions a topic has of which the templates say no more than its name.
    pub partitions: i32,
    /// The address that e-mails come from, as SES has to know.
    pub sender: Option<String>,
    /// What every function finds in its environment, unless its template says otherwise.
    pub environment: BTreeMap<String, String>,
}

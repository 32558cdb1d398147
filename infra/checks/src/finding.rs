//! What a check finds.

/// A fault in the templates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where it is: a function (by the name of its binary), another resource (by its logical id), or a part of a file.
    pub at: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Finding {
    /// A finding from its place and message.
    pub fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { at: at.into(), message: message.into() }
    }
}

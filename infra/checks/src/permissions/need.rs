//! A permission that a function needs.

/// A needed permission.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// E.g. `sqs:SendMessage`.
    pub action: String,
    /// The resources.
    pub target: Target,
    /// The reason: a line of code, or AWS's documentation.
    pub reason: String,
}

/// The resources that a need is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// This resource.
    Exactly(String),
    /// Parts of this resource: objects of a bucket, streams of a log group.
    Within(String),
    /// Resources that only events or stored data name, such as a phone number or a device: the start of their ARN.
    OfService(String),
    /// The action cannot be limited to a resource.
    Any,
}

impl Target {
    /// Whether a permission for `resource` is about this target.
    #[must_use]
    pub fn covers(&self, resource: &str) -> bool {
        match self {
            Self::Exactly(arn) => match resource.strip_suffix('*') {
                Some(start) => !start.is_empty() && arn.starts_with(start),
                None => resource == arn,
            },
            Self::Within(arn) => resource.strip_prefix(arn).is_some_and(|rest| rest.starts_with(['/', ':'])),
            Self::OfService(start) => resource.trim_start_matches('!').starts_with(start.as_str()),
            Self::Any => resource == "*",
        }
    }
}

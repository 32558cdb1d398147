//! What a record comes to, as each function's `function.toml` says.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use tidings_process::StartError;
use tidings_recorder::CallDetails;

use crate::toml_file::read;

/// The effects of each function, by binary.
pub struct FunctionFacts(BTreeMap<String, Vec<EffectFact>>);

/// One thing that a function does for a record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Row")]
pub struct EffectFact {
    /// What the demo calls it.
    pub name: String,
    /// What it is recognised by.
    pub sign: Sign,
    /// How often a record comes to it.
    pub per: Per,
    /// Whether repeating it changes nothing.
    pub idempotent: bool,
}

/// What an effect is recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An AWS call.
    Call(CallSign),
    /// An event on this topic.
    Event {
        /// The topic.
        topic: String,
    },
}

/// Which AWS calls are an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSign {
    /// AWS's name of the operation.
    pub operation: String,
    /// A text in the name of the table, queue or endpoint, or in `bucket/key`.
    pub resource: Option<String>,
}

/// How often a record comes to an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Once for each event, however often it is delivered.
    Event,
    /// Once for each event and device of its user.
    Device,
    /// Once for each record, whatever is in it.
    Record,
}

impl EffectFact {
    /// The AWS calls that are the effect, unless it is an event.
    #[must_use]
    pub fn call(&self) -> Option<&CallSign> {
        match &self.sign {
            Sign::Call(call) => Some(call),
            Sign::Event { .. } => None,
        }
    }
}

impl CallSign {
    /// Whether a call of the operation is about the resource.
    #[must_use]
    pub fn is_about(&self, details: &CallDetails) -> bool {
        let Some(part) = &self.resource else { return true };
        resource_of(details).is_some_and(|resource| resource.contains(part))
    }
}

fn resource_of(details: &CallDetails) -> Option<String> {
    match details {
        CallDetails::PutObject { bucket, key, .. } => Some(format!("{bucket}/{key}")),
        CallDetails::PublishPush { endpoint_arn, .. } => Some(endpoint_arn.clone()),
        CallDetails::SqsSend { queue, .. } => Some(queue.clone()),
        CallDetails::PutItem { table, .. }
        | CallDetails::UpdateItem { table, .. }
        | CallDetails::GetItem { table, .. }
        | CallDetails::DeleteItem { table, .. } => Some(table.clone()),
        CallDetails::SendEmail { .. } | CallDetails::PublishSms { .. } | CallDetails::Other => None,
    }
}

impl FunctionFacts {
    /// Reads the `function.toml` of each of these binaries: that of `bank-email` is in `functions/bank/email`. An error if
    /// one is missing or names no effect.
    pub fn read<'a>(
        repository: &Path,
        functions: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, StartError> {
        let facts_of = |function: &str| {
            let folder = repository.join("functions").join(function.replacen('-', "/", 1));
            effects(function, &folder.join("function.toml")).map(|effects| (function.to_owned(), effects))
        };
        functions.into_iter().map(facts_of).collect::<Result<_, _>>().map(Self)
    }

    /// The facts in these texts of a `function.toml`, by binary.
    #[cfg(test)]
    pub(crate) fn from_texts(texts: &[(&str, String)]) -> Self {
        let effects = |text: &str| toml::from_str::<Facts>(text).expect("effects").effects;
        Self(texts.iter().map(|(function, text)| ((*function).to_owned(), effects(text))).collect())
    }

    /// The effects of a function; none where there is no such function.
    #[must_use]
    pub fn of(&self, function: &str) -> &[EffectFact] {
        self.0.get(function).map_or(&[], Vec::as_slice)
    }

    /// Every function with its effects.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[EffectFact])> {
        self.0.iter().map(|(function, effects)| (function.as_str(), effects.as_slice()))
    }
}

fn effects(function: &str, path: &Path) -> Result<Vec<EffectFact>, StartError> {
    let effects = if path.is_file() { read::<Facts>(path)?.effects } else { Vec::new() };
    if effects.is_empty() {
        return Err(StartError::Setting(format!(
            "the demo does not know what {function} does for a record; write at least one [[effects]] into {}",
            path.display()
        )));
    }
    Ok(effects)
}

/// A `function.toml`; its other tables are of other tools.
#[derive(Deserialize)]
struct Facts {
    #[serde(default)]
    effects: Vec<EffectFact>,
}

/// An effect as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    operation: Option<String>,
    publishes: Option<String>,
    resource: Option<String>,
    per: Per,
    #[serde(default)]
    idempotent: bool,
}

impl TryFrom<Row> for EffectFact {
    type Error = &'static str;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        let sign = match (row.operation, row.publishes, row.resource) {
            (Some(operation), None, resource) => Sign::Call(CallSign { operation, resource }),
            (None, Some(topic), None) => Sign::Event { topic },
            _ => {
                return Err(
                    "an effect has either an operation, with or without a resource, or publishes to a topic",
                );
            }
        };
        let operation = if let Sign::Call(call) = &sign { call.operation.as_str() } else { "" };
        match (row.per, operation) {
            (Per::Event, _) | (Per::Device, "Publish") | (Per::Record, "PutObject") => {}
            (Per::Device, _) => return Err("only calls of Publish can be counted per device"),
            (Per::Record, _) => {
                return Err("only the lines of objects, from PutObject, can be counted per record");
            }
        }
        Ok(Self { name: row.name, sign, per: row.per, idempotent: row.idempotent })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// Reads the facts of the function `shop-parcel` in functions/shop/parcel.
    fn facts(text: Option<&str>) -> Result<FunctionFacts, StartError> {
        let repository = TempDir::new().expect("a folder");
        let folder = repository.path().join("functions/shop/parcel");
        fs::create_dir_all(&folder).expect("a folder");
        if let Some(text) = text {
            fs::write(folder.join("function.toml"), text).expect("a file");
        }
        FunctionFacts::read(repository.path(), ["shop-parcel"])
    }

    fn refused(text: Option<&str>) -> String {
        facts(text).err().expect("an error").to_string()
    }

    #[test]
    fn effects_are_read_and_the_tables_of_other_tools_are_not() {
        let text = "[[effects]]\nname = \"label\"\noperation = \"PutObject\"\nresource = \"labels/\"\nper = \"event\"\n\
                    [[effects]]\nname = \"parcel.sent\"\npublishes = \"parcel.sent\"\nper = \"event\"\n\
                    [cost]\nmessage = \"none\"\n";
        let facts = facts(Some(text)).expect("facts");
        let [label, sent] = facts.of("shop-parcel") else { panic!("two effects") };
        let (operation, resource) = ("PutObject".to_owned(), Some("labels/".to_owned()));
        assert_eq!(label.sign, Sign::Call(CallSign { operation, resource }));
        assert_eq!((label.per, label.idempotent), (Per::Event, false));
        assert_eq!(sent.sign, Sign::Event { topic: "parcel.sent".to_owned() });
    }

    #[test]
    fn a_function_without_effects_is_named_with_the_file_to_write() {
        for text in [None, Some(""), Some("[cost]\nmessage = \"none\"\n")] {
            let sentence = refused(text);
            assert!(sentence.contains("what shop-parcel does"), "{sentence}");
            assert!(sentence.ends_with("functions/shop/parcel/function.toml"), "{sentence}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_file_and_line() {
        let effect = "# Labels.\n[[effects]]\nname = \"label\"\nper = \"event\"\n";
        let per_device = effect.replace("event", "device");
        assert!(refused(Some(&format!("{per_device}operation = \"PutObject\"\n"))).contains("per device"));
        for (more, named) in [
            ("operation = \"PutObject\"\nresorce = \"labels/\"\n", "resorce"),
            ("", "an effect has either an operation"),
            ("operation = \"PutObject\"\npublishes = \"parcel.sent\"\n", "an effect has either an operation"),
        ] {
            let sentence = refused(Some(&format!("{effect}{more}")));
            assert!(sentence.contains("parcel/function.toml:") && sentence.contains(named), "{sentence}");
            assert_eq!(sentence.lines().count(), 1, "{sentence}");
        }
    }
}

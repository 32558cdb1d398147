//! The declarations of one template and the state of their evaluation.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;

use super::error::{Fault, Located, Result};
use super::parameters::{self, Parameter};
use super::resource::Resource;
use super::yaml::{Entry, Node, find};
use super::{NoticeKind, TemplateSettings};

/// The longest chain of conditions or names that refer to each other. Limits recursion.
const MAX_CHAIN: usize = 64;

/// The sections of one template and the state of their evaluation.
pub(super) struct Scope<'a> {
    /// The template's folder. Relative paths start from it.
    pub folder: &'a Path,
    pub emulator_endpoint: &'a str,
    pub parameters: BTreeMap<String, Parameter>,
    pub conditions: &'a [Entry],
    pub mappings: &'a [Entry],
    pub resources: Vec<Resource<'a>>,
    /// `None` while it is being evaluated, to detect circular references.
    pub settled_conditions: RefCell<BTreeMap<String, Option<bool>>>,
    pub settled_names: RefCell<BTreeMap<String, Option<String>>>,
    chain: Cell<usize>,
    stand_ins: RefCell<Option<StandIns>>,
    /// The parameters whose names were used as stand-ins so far.
    placeholders: RefCell<Vec<String>>,
    notices: RefCell<Vec<Remark>>,
}

/// The parameters whose names may stand in for missing values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unset {
    /// All parameters, because the value does not matter locally.
    Any,
    /// Parameters that only identify an AWS resource.
    OfAws,
}

/// The stand-ins used in the current evaluation.
struct StandIns {
    unset: Unset,
    used: Vec<Place>,
}

/// A line and the construct on it.
pub(super) type Place = (usize, String);

/// A notice, before its file is known.
pub(super) type Remark = (usize, NoticeKind, String);

impl<'a> Scope<'a> {
    pub fn new(template: &'a [Entry], settings: &'a TemplateSettings, folder: &'a Path) -> Result<Self> {
        let section = |name: &str| find(template, name).map_or(Ok(&[] as &[Entry]), |node| node.map(name));
        Ok(Self {
            folder,
            emulator_endpoint: settings.emulator_endpoint.trim_end_matches('/'),
            parameters: parameters::values(section("Parameters")?, &settings.parameters)?,
            conditions: section("Conditions")?,
            mappings: section("Mappings")?,
            resources: section("Resources")?.iter().map(Resource::read).collect::<Result<_>>()?,
            settled_conditions: RefCell::default(),
            settled_names: RefCell::default(),
            chain: Cell::new(0),
            stand_ins: RefCell::default(),
            placeholders: RefCell::default(),
            notices: RefCell::default(),
        })
    }

    /// Follows a reference. Stand-ins are not allowed within it, because names and conditions must not depend on who
    /// evaluates them first.
    pub fn follow<T>(&self, line: usize, step: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.chain.get() >= MAX_CHAIN {
            return Err(Located::new(
                line,
                Fault::TooBig { limit: MAX_CHAIN, what: "references in a chain" },
            ));
        }
        self.chain.set(self.chain.get() + 1);
        let collecting = self.stand_ins.take();
        let result = step();
        self.stand_ins.replace(collecting);
        self.chain.set(self.chain.get() - 1);
        result
    }

    /// The resource with this id, if its condition is true.
    pub fn resource(&self, id: &str, line: usize) -> Result<&Resource<'a>> {
        let found = self.resources.iter().find(|resource| resource.id == id);
        let resource = found.ok_or_else(|| {
            Located::new(line, Fault::Unknown { kind: "parameter or resource", name: id.to_owned() })
        })?;
        if let Some(condition) = resource.condition()?
            && !self.condition(condition, line)?
        {
            let name = format!("{id} (its condition {condition} is false)");
            return Err(Located::new(line, Fault::Unknown { kind: "resource", name }));
        }
        Ok(resource)
    }

    /// Evaluates with a stand-in for each reference to something that does not exist locally, including `unset`
    /// parameters. Also returns the places of the stand-ins.
    pub fn with_stand_ins<T>(
        &self,
        unset: Unset,
        step: impl FnOnce() -> Result<T>,
    ) -> Result<(T, Vec<Place>)> {
        let before = self.stand_ins.replace(Some(StandIns { unset, used: Vec::new() }));
        let placeholders = self.placeholders.borrow().len();
        let result = step().map_err(|error| self.blame_placeholder(placeholders, error));
        let used = self.stand_ins.replace(before).map(|stand_ins| stand_ins.used);
        result.map(|value| (value, used.unwrap_or_default()))
    }

    /// If a value with a placeholder is invalid, the error is the missing value of the parameter. For example,
    /// `Fn::Select` of a part of an ARN fails on a placeholder.
    fn blame_placeholder(&self, before: usize, error: Located) -> Located {
        match (&error.fault, self.placeholders.borrow().get(before)) {
            (Fault::Value { .. } | Fault::Type { .. }, Some(name)) => {
                Located::new(error.line, Fault::MissingParameter { name: name.clone() })
            }
            _ => error,
        }
    }

    /// Uses `text` as a stand-in for `construct` if stand-ins are allowed; otherwise returns an error.
    pub fn stand_in(&self, line: usize, construct: String, text: String) -> Result<Node> {
        match self.stand_ins.borrow_mut().as_mut() {
            Some(StandIns { used, .. }) => {
                used.push((line, construct));
                Ok(Node::scalar(line, text))
            }
            None => Err(Located::unsupported(line, construct, "write the value itself here")),
        }
    }

    /// Uses the name of a parameter as a stand-in for its missing value, with a note, if that is allowed.
    pub fn unset(&self, name: &str, parameter: &Parameter) -> Option<Node> {
        let will_do = match self.stand_ins.borrow().as_ref()?.unset {
            Unset::Any => true,
            Unset::OfAws => parameter.of_aws,
        };
        if !will_do {
            return None;
        }
        self.placeholders.borrow_mut().push(name.to_owned());
        let option = format!("set it with --parameter {name}=VALUE");
        self.note(
            parameter.line,
            format!("parameter {name} has no value; using its name instead ({option})"),
        );
        Some(parameter.placeholder(name))
    }

    /// Adds a notice about something ignored.
    pub fn notice(&self, line: usize, what: impl Into<String>) {
        self.remember((line, NoticeKind::Ignored, what.into()));
    }

    /// Adds a notice about how something is interpreted.
    pub fn note(&self, line: usize, what: impl Into<String>) {
        self.remember((line, NoticeKind::Note, what.into()));
    }

    /// Adds a notice once, even if its construct is evaluated several times.
    fn remember(&self, remark: Remark) {
        let mut notices = self.notices.borrow_mut();
        if !notices.contains(&remark) {
            notices.push(remark);
        }
    }

    pub fn into_notices(self) -> Vec<Remark> {
        self.notices.into_inner()
    }
}

pub(super) fn circular(name: &str, line: usize) -> Located {
    Located::new(line, Fault::Circular { name: name.to_owned() })
}

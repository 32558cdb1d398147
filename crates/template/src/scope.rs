//! What was declared in one template, and what was found out about it so far.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;

use super::error::{Fault, Located, Result};
use super::parameters::{self, Parameter};
use super::resource::Resource;
use super::yaml::{Entry, Node, find};
use super::{NoticeKind, TemplateSettings};

/// Longest chain of conditions or names that refer to each other; keeps recursion far from the end of the
/// stack.
const MAX_CHAIN: usize = 64;

/// One template's sections, and what was found out about them so far.
pub(super) struct Scope<'a> {
    /// The template's folder, which paths in it start from.
    pub folder: &'a Path,
    pub emulator_endpoint: &'a str,
    pub parameters: BTreeMap<String, Parameter>,
    pub conditions: &'a [Entry],
    pub mappings: &'a [Entry],
    pub resources: Vec<Resource<'a>>,
    /// `None` while it is being worked out, so that a circle is noticed.
    pub settled_conditions: RefCell<BTreeMap<String, Option<bool>>>,
    pub settled_names: RefCell<BTreeMap<String, Option<String>>>,
    chain: Cell<usize>,
    stand_ins: RefCell<Option<StandIns>>,
    /// The parameters whose names stood in so far.
    placeholders: RefCell<Vec<String>>,
    notices: RefCell<Vec<Remark>>,
}

/// Which parameters without a value their names may stand in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unset {
    /// Any: the local cluster, or something that runs elsewhere, takes the place of what they name.
    Any,
    /// Those that only name something of AWS's that is not there on a laptop.
    OfAws,
}

/// What stands in where a value does not exist here, while it is being evaluated.
struct StandIns {
    unset: Unset,
    used: Vec<Place>,
}

/// A line and what is there.
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

    /// Goes one reference deeper. Stand-ins end here: names and conditions must not depend on who asks first.
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

    /// The resource with this id, where its condition holds.
    pub fn resource(&self, id: &str, line: usize) -> Result<&Resource<'a>> {
        let found = self.resources.iter().find(|resource| resource.id == id);
        let resource = found.ok_or_else(|| {
            Located::new(line, Fault::Unknown { kind: "parameter or resource", name: id.to_owned() })
        })?;
        if let Some(condition) = resource.condition()?
            && !self.condition(condition, line)?
        {
            let name = format!("{id} (its condition {condition} does not hold)");
            return Err(Located::new(line, Fault::Unknown { kind: "resource", name }));
        }
        Ok(resource)
    }

    /// Evaluates with a text in the place of each reference to what does not exist here, `unset` parameters
    /// included, and tells these places.
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

    /// What is wrong with a value that a placeholder is part of is that the parameter has none: `Fn::Select` of a part
    /// of an ARN, for example, finds none in a name.
    fn blame_placeholder(&self, before: usize, error: Located) -> Located {
        match (&error.fault, self.placeholders.borrow().get(before)) {
            (Fault::Value { .. } | Fault::Type { .. }, Some(name)) => {
                Located::new(error.line, Fault::MissingParameter { name: name.clone() })
            }
            _ => error,
        }
    }

    /// `text` in the place of `construct`, where that will do; an error elsewhere.
    pub fn stand_in(&self, line: usize, construct: String, text: String) -> Result<Node> {
        match self.stand_ins.borrow_mut().as_mut() {
            Some(StandIns { used, .. }) => {
                used.push((line, construct));
                Ok(Node::scalar(line, text))
            }
            None => Err(Located::unsupported(line, construct, "write here what it stands for")),
        }
    }

    /// The name of a parameter without a value in the place of that, where it will do; told as an assumption.
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

    /// Remembers what is passed over.
    pub fn notice(&self, line: usize, what: impl Into<String>) {
        self.remember((line, NoticeKind::PassedOver, what.into()));
    }

    /// Remembers how something is read.
    pub fn note(&self, line: usize, what: impl Into<String>) {
        self.remember((line, NoticeKind::Note, what.into()));
    }

    /// Once, however often it is evaluated.
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

//! What was declared in one template, and what was found out about it so far.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;

use super::TemplateSettings;
use super::error::{Fault, Located, Result};
use super::parameters::{self, Parameter};
use super::resource::Resource;
use super::yaml::{Entry, Node, Value, find};

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
    stand_ins: RefCell<Option<Vec<Place>>>,
    notices: RefCell<Vec<Place>>,
}

/// A line and what is there.
pub(super) type Place = (usize, String);

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

    /// Evaluates with a text in the place of each reference to what does not exist here, and tells these
    /// places.
    pub fn with_stand_ins<T>(&self, step: impl FnOnce() -> Result<T>) -> Result<(T, Vec<Place>)> {
        let before = self.stand_ins.replace(Some(Vec::new()));
        let result = step();
        let used = self.stand_ins.replace(before).unwrap_or_default();
        result.map(|value| (value, used))
    }

    /// `text` in the place of `construct`, where that will do; an error elsewhere.
    pub fn stand_in(&self, line: usize, construct: String, text: String) -> Result<Node> {
        match self.stand_ins.borrow_mut().as_mut() {
            Some(used) => {
                used.push((line, construct));
                Ok(Node::scalar(line, text))
            }
            None => Err(Located::unsupported(line, construct, "write here what it stands for")),
        }
    }

    /// Remembers what is passed over.
    pub fn notice(&self, line: usize, what: impl Into<String>) {
        self.notices.borrow_mut().push((line, what.into()));
    }

    pub fn into_notices(self) -> Vec<Place> {
        self.notices.into_inner()
    }
}

pub(super) fn circular(name: &str, line: usize) -> Located {
    Located::new(line, Fault::Circular { name: name.to_owned() })
}

/// The text of a list parameter, `a,b`, as its items.
pub(super) fn comma_list(line: usize, text: &str) -> Value {
    Value::List(text.split(',').map(|item| Node::scalar(line, item.trim())).collect())
}

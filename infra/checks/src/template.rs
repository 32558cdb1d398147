//! A template as one stage would deploy it, with its conditions and intrinsic functions evaluated.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::resolve::{ResolveError, Resolver};
use crate::stand_ins;

/// A template with the values that one variant gives its parameters.
#[derive(Debug)]
pub struct Template {
    /// Its stack's name, e.g. `platform`.
    pub name: String,
    /// Its resources by logical id, without those whose condition is false.
    pub resources: BTreeMap<String, Resource>,
    /// Its outputs' values by name.
    pub outputs: BTreeMap<String, String>,
    /// The translated template before evaluation.
    pub source: Value,
}

/// A resource of a template.
#[derive(Debug)]
pub struct Resource {
    /// Its type, e.g. `AWS::SQS::Queue`.
    pub kind: String,
    /// Its ARN, made of its name; see [`stand_ins::arn`].
    pub arn: String,
    /// Its name, or its logical id if the template gives it no name.
    pub name: String,
    /// Its properties, evaluated.
    pub properties: Value,
}

impl Template {
    /// Evaluates a template. A list in an output becomes one string, joined by commas.
    pub fn new(
        name: &str,
        source: Value,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Self, ResolveError> {
        let resolver = Resolver::new(&source, parameters)?;
        let mut resources = BTreeMap::new();
        for (id, declared) in present(&resolver, &source["Resources"])? {
            let kind = declared["Type"].as_str().unwrap_or_default().to_owned();
            let properties = declared.get("Properties").map(|it| resolver.resolve(it)).transpose()?.flatten();
            let properties = properties.unwrap_or_else(|| Value::Object(Map::new()));
            let named: Vec<_> =
                stand_ins::name_properties(&kind).iter().filter_map(|it| properties[*it].as_str()).collect();
            let name = if named.is_empty() { id.clone() } else { named.join("/") };
            let arn = stand_ins::arn(&kind, &name);
            resources.insert(id.clone(), Resource { kind, arn, name, properties });
        }
        let mut outputs = BTreeMap::new();
        for (name, declared) in present(&resolver, &source["Outputs"])? {
            let value = resolver.resolve(&declared["Value"])?.unwrap_or_default();
            outputs.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        Ok(Self { name: name.to_owned(), resources, outputs, source })
    }

    /// The resources of a type, with their logical ids.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Resource)> {
        self.resources.iter().filter(move |(_, it)| it.kind == kind).map(|(id, it)| (id.as_str(), it))
    }

    /// Its file, from the repository's root.
    #[must_use]
    pub fn file(&self) -> String {
        format!("infra/{}.yaml", self.name)
    }

    /// The evaluated template as JSON, for tools that read templates.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = self.source.clone();
        let declared = json["Resources"].as_object_mut().into_iter().flatten();
        for (id, resource) in declared {
            if let Some(evaluated) = self.resources.get(id) {
                resource["Properties"] = evaluated.properties.clone();
            }
        }
        if let Some(all) = json["Resources"].as_object_mut() {
            all.retain(|id, _| self.resources.contains_key(id));
        }
        json
    }
}

/// The entries of a section without those whose condition is false.
fn present<'a>(
    resolver: &Resolver<'_>,
    section: &'a Value,
) -> Result<Vec<(&'a String, &'a Value)>, ResolveError> {
    let mut found = Vec::new();
    for (id, declared) in section.as_object().into_iter().flatten() {
        let condition = declared.get("Condition").and_then(Value::as_str);
        if condition.map_or(Ok(true), |name| resolver.holds(name))? {
            found.push((id, declared));
        }
    }
    Ok(found)
}

//! `FilterCriteria`: the filters that select records for the function.

use tidings_trigger::filter::Pattern;

use super::super::error::{Fault, Located, Result};
use super::super::properties::Properties;
use super::super::scope::Scope;

/// The default and the largest possible quota of filters per mapping (AWS Lambda developer guide, "Control which
/// events Lambda sends to your function").
const QUOTA: usize = 5;
const RAISED_QUOTA: usize = 10;

/// Reads the patterns in `FilterCriteria.Filters`.
pub(super) fn read(scope: &Scope<'_>, properties: &Properties<'_>, of: &str) -> Result<Vec<Pattern>> {
    let Some(criteria) = properties.get("FilterCriteria")? else { return Ok(Vec::new()) };
    let criteria = properties.inner("FilterCriteria", &criteria)?;
    criteria.only(&["Filters"], &[])?;
    let Some(filters) = criteria.get("Filters")? else { return Ok(Vec::new()) };
    let (line, filters) = (filters.line, filters.list("Filters")?);
    match filters.len() {
        0..=QUOTA => {}
        many @ ..=RAISED_QUOTA => {
            scope.notice(line, format!("the default quota of {QUOTA} filters: {of} has {many}"));
        }
        many => {
            let expected = format!("at most {RAISED_QUOTA} filters");
            return Err(Located::value(line, format!("FilterCriteria of {of}"), many, expected));
        }
    }
    filters
        .iter()
        .map(|node| {
            let filter = criteria.inner("Filters", node)?;
            filter.only(&["Pattern"], &[])?;
            let node = filter.required("Pattern")?;
            let pattern = Pattern::parse(node.text("Pattern")?).map_err(|error| {
                let (name, reason) = (format!("Pattern of {of}"), error.to_string());
                Located::new(node.line, Fault::Refused { name, reason })
            })?;
            for (key, exists) in pattern.other_keys() {
                scope.note(node.line, other_key(key, exists, of));
            }
            Ok(pattern)
        })
        .collect()
}

fn other_key(key: &str, exists: bool, of: &str) -> String {
    const PAGE: &str = "https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html";
    if exists {
        format!(
            "{of} filters by {key}; this matches the record's metadata, but AWS documents only filters by value ({PAGE})"
        )
    } else {
        format!(
            "{of} filters by {key}, which records do not have; AWS documents only filters by value ({PAGE})"
        )
    }
}

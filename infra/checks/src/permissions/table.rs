//! The documents in `docs/permissions/`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::{Row, rows, workspace::Workspace};
use crate::stand_ins::{ACCOUNT, REGION};
use crate::variants::Deployment;

const HEAD: &str = "# Permissions

What each function's role allows in production, and what needs it: a line of code, or Lambda itself, as AWS documents.
`./scripts/test infra` writes this file from the templates and the code. It fails if this file differs, if nothing needs a
permission, or if the code calls something that the role does not allow. Names are those of the stage `prod`
with the addresses in `infra/stages/test.toml`; account and region are left out.
";

/// A Markdown table for each domain, by its name. Actions with the same reason and resource share a line.
#[must_use]
pub fn tables(deployment: &Deployment, workspace: &Workspace) -> BTreeMap<String, String> {
    let mut rows_by_domain: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows(deployment, workspace) {
        rows_by_domain.entry(row.domain.clone()).or_default().push(row);
    }
    rows_by_domain.into_iter().map(|(domain, rows)| (domain, table(rows))).collect()
}

fn table(mut rows: Vec<Row>) -> String {
    let mut text = HEAD.to_owned();
    while !rows.is_empty() {
        let function = rows[0].function.clone();
        let _ = write!(
            text,
            "\n## {function}\n\n| actions | resource | only if | needed by |\n| --- | --- | --- | --- |\n"
        );
        while let Some(first) = rows.first().filter(|row| row.function == function).cloned() {
            let (same, others) = rows.into_iter().partition(|row| is_same(row, &first));
            rows = others;
            text += &line(&same, &first);
        }
    }
    text
}

fn is_same(one: &Row, other: &Row) -> bool {
    let Row { function, grant, reasons, .. } = one;
    *function == other.function
        && grant.resource == other.grant.resource
        && grant.condition == other.grant.condition
        && *reasons == other.reasons
}

fn line(same: &[Row], first: &Row) -> String {
    let actions: Vec<_> = same.iter().map(|row| row.grant.action.as_str()).collect();
    format!(
        "| {} | {} | {} | {} |\n",
        actions.join("<br>"),
        resource(&first.grant.resource),
        condition(&first.grant.condition),
        first.reasons.join("<br>")
    )
}

/// An ARN without the parts that all have in common.
fn resource(arn: &str) -> String {
    match arn {
        "*" => "no resources: AWS has none for this action".to_owned(),
        _ => match arn.strip_prefix('!') {
            Some(arn) => format!("everything but `{}`", short(arn)),
            None => format!("`{}`", short(arn)),
        },
    }
}

fn short(arn: &str) -> String {
    arn.trim_start_matches("arn:aws:").replace(&format!(":{REGION}:{ACCOUNT}:"), " ").replace(":::", " ")
}

/// A statement's condition, e.g. `kms:ViaService` = `sqs…`.
fn condition(condition: &Value) -> String {
    let mut parts = Vec::new();
    for (_, keys) in condition.as_object().into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            let values: Vec<_> = crate::values::texts(value).iter().map(|it| format!("`{it}`")).collect();
            parts.push(format!("`{key}` is {}", values.join(" or ")));
        }
    }
    parts.join(", ")
}

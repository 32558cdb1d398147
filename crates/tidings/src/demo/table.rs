//! What the demo shows at its end: a table per function, and some of what was sent.

use std::{collections::BTreeMap, fmt::Write as _};

use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use tidings_recorder::{Call, CallDetails};

use super::tally::Counts;

const COLUMNS: [&str; 8] =
    ["function", "received", "done", "duplicate", "dead-lettered", "returned", "p50 ms", "p99 ms"];

/// The table per function; latency is from publication to effect.
#[must_use]
pub fn table<'a>(
    functions: impl Iterator<Item = &'a str>,
    counts: &BTreeMap<String, Counts>,
    latencies: &BTreeMap<String, Vec<i64>>,
) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(COLUMNS);
    for function in functions {
        let counts = counts.get(function).copied().unwrap_or_default();
        let latencies = latencies.get(function).map_or(&[][..], Vec::as_slice);
        let percentile = |percent| {
            percentile(latencies, percent)
                .map_or_else(|| "–".to_owned(), |milliseconds| milliseconds.to_string())
        };
        table.add_row([
            function.to_owned(),
            counts.received.to_string(),
            counts.done.to_string(),
            counts.duplicate.to_string(),
            counts.dead_lettered.to_string(),
            counts.returned.to_string(),
            percentile(50),
            percentile(99),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// The value below which so many percent of a sorted list are (nearest rank).
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// One e-mail, one SMS and one push as text, the first ones that fit `wanted`.
#[must_use]
pub fn samples(calls: &[std::sync::Arc<Call>]) -> String {
    let mut shown = String::new();
    let successes = || calls.iter().filter(|call| call.is_success()).map(|call| &call.details);
    let mail = successes().find_map(|details| match details {
        CallDetails::SendEmail { to, subject, text: Some(text), .. } => {
            Some(format!("to {}\nsubject {subject}\n\n{}", to.join(", "), text.trim_end()))
        }
        _ => None,
    });
    let sms = successes().find_map(|details| match details {
        CallDetails::PublishSms { phone, message, .. } => Some(format!("to {phone}\n\n{message}")),
        _ => None,
    });
    let push = successes().find_map(|details| match details {
        CallDetails::PublishPush { endpoint_arn, message, .. } => {
            Some(format!("to {endpoint_arn}\n\n{}", notification(message)))
        }
        _ => None,
    });
    for (title, sample) in [("E-mail", mail), ("SMS", sms), ("Push", push)] {
        let Some(sample) = sample else { continue };
        let _ = writeln!(shown, "── {title} ──");
        for line in sample.lines() {
            let _ = writeln!(shown, "  {line}");
        }
    }
    shown
}

/// What a device shows of a push: the `default` text of the JSON that SNS splits by platform.
fn notification(message: &str) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(message).ok();
    json.as_ref().and_then(|json| json["default"].as_str()).unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&[7], 99), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}

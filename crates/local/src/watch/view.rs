//! The live view as text: a table with a row for each mapping, or a summary in one line.

mod columns;

use std::fmt::Write as _;

use tidings_trigger::Pollers;

use self::columns::Layout;

/// Shown for a number that is not known yet.
const UNKNOWN: &str = "–";

/// A row of the view.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) function: String,
    pub(super) topic: String,
    pub(super) pollers: u32,
    pub(super) mode: Mode,
    /// The lag in offsets; `None` while it is unknown. The sum is unknown if any mapping's is.
    pub(super) lag: Option<u64>,
    /// Batches that the function is processing.
    pub(super) in_flight: u64,
    /// Records that will be retried.
    pub(super) to_retry: u64,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) filtered: u64,
    /// Records sent to the failure destination.
    pub(super) delivered: u64,
    pub(super) dropped: u64,
    pub(super) throttled: u64,
}

/// How the number of pollers is determined.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Mode {
    #[default]
    OnDemand,
    Provisioned(Pollers),
    /// Of several mappings.
    Any,
}

impl Row {
    /// A measure of a mapping's current work.
    fn activity(&self) -> u64 {
        self.lag.unwrap_or(0) + self.in_flight + self.to_retry
    }
}

/// The table for a terminal of this size: a line for each mapping and one for the sum. It uses at most half of the
/// terminal's lines; if that is not enough, it shows only the busiest mappings.
pub(super) fn table(rows: &[Row], width: usize, height: usize) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let shown = most_active(rows, (height / 2).saturating_sub(2).max(1));
    let mut sum = sum(rows);
    if shown.len() < rows.len() {
        sum.topic = format!("{} not shown", rows.len() - shown.len());
    }
    let mut lines = shown;
    if rows.len() > 1 {
        lines.push(&sum);
    }
    let layout = Layout::new(&lines, width);
    let texts = std::iter::once(layout.header()).chain(lines.iter().map(|row| layout.row(row)));
    // Cut the lines if the terminal is too narrow for the smallest layout.
    texts.map(|line| line.trim_end().chars().take(width).collect()).collect()
}

/// The busiest rows, in their original order. Idle rows are left out first.
fn most_active(rows: &[Row], most: usize) -> Vec<&Row> {
    if rows.len() <= most {
        return rows.iter().collect();
    }
    let mut active: Vec<(usize, &Row)> =
        rows.iter().enumerate().filter(|(_, row)| row.activity() > 0).collect();
    active.sort_by_key(|(_, row)| std::cmp::Reverse(row.activity()));
    active.truncate(most);
    active.sort_by_key(|(index, _)| *index);
    active.into_iter().map(|(_, row)| row).collect()
}

/// The sum of all mappings.
fn sum(rows: &[Row]) -> Row {
    let total = |value: fn(&Row) -> u64| rows.iter().map(value).sum();
    Row {
        function: match rows.len() {
            1 => "1 mapping".to_owned(),
            many => format!("{many} mappings"),
        },
        topic: String::new(),
        pollers: rows.iter().map(|row| row.pollers).sum(),
        mode: Mode::Any,
        lag: rows.iter().map(|row| row.lag).sum(),
        in_flight: total(|row| row.in_flight),
        to_retry: total(|row| row.to_retry),
        done: total(|row| row.done),
        failed: total(|row| row.failed),
        filtered: total(|row| row.filtered),
        delivered: total(|row| row.delivered),
        dropped: total(|row| row.dropped),
        throttled: total(|row| row.throttled),
    }
}

/// A summary of all mappings in one line. Rare counts are shown only if they are not zero.
pub(super) fn summary(rows: &[Row]) -> String {
    let sum = sum(rows);
    let lag = sum.lag.map_or_else(|| UNKNOWN.to_owned(), |lag| lag.to_string());
    let mut line = format!(
        "{}: lag {lag}, in flight {}, to retry {}, done {}",
        sum.function, sum.in_flight, sum.to_retry, sum.done
    );
    let rare = [
        ("failed", sum.failed),
        ("filtered", sum.filtered),
        ("delivered", sum.delivered),
        ("dropped", sum.dropped),
        ("throttled", sum.throttled),
    ];
    for (name, count) in rare.into_iter().filter(|(_, count)| *count > 0) {
        let _ = write!(line, ", {name} {count}");
    }
    line
}

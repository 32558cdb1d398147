//! The choice and width of a table's columns.

use std::fmt::Write as _;

use super::{Mode, Row, UNKNOWN};

/// Names are not shortened below this width while columns can be left out.
const LEAST_NAME: usize = 10;
const GAP: usize = 2;

/// A column of numbers.
#[derive(Clone)]
pub(super) struct Column {
    title: &'static str,
    cell: fn(&Row) -> String,
    /// Whether the cell has no information.
    is_blank: fn(&Row) -> bool,
    width: usize,
}

impl Column {
    const fn new(title: &'static str, cell: fn(&Row) -> String, is_blank: fn(&Row) -> bool) -> Self {
        Self { title, cell, is_blank, width: 0 }
    }

    fn fitted(&self, rows: &[&Row]) -> Self {
        let cells = rows.iter().map(|row| columns((self.cell)(row).as_str()));
        Self { width: cells.chain([self.title.len()]).max().unwrap_or(0), ..self.clone() }
    }
}

/// All columns, from left to right.
const COLUMNS: [Column; 10] = [
    Column::new("pollers", pollers, |_| false),
    Column::new("lag", |row| row.lag.map_or_else(|| UNKNOWN.to_owned(), short), |_| false),
    Column::new("in flight", |row| short(row.in_flight), |_| false),
    Column::new("to retry", |row| short(row.to_retry), |_| false),
    Column::new("done", |row| short(row.done), |row| row.done == 0),
    Column::new("failed", |row| short(row.failed), |row| row.failed == 0),
    Column::new("filtered", |row| short(row.filtered), |row| row.filtered == 0),
    Column::new("delivered", |row| short(row.delivered), |row| row.delivered == 0),
    Column::new("dropped", |row| short(row.dropped), |row| row.dropped == 0),
    Column::new("throttled", |row| short(row.throttled), |row| row.throttled == 0),
];

/// The order in which columns are left out of a narrow table: first those without information, then, after names are
/// shortened, the others.
const LEAST_IMPORTANT: [&str; 7] =
    ["filtered", "throttled", "pollers", "delivered", "done", "failed", "dropped"];

fn pollers(row: &Row) -> String {
    match row.mode {
        Mode::OnDemand => format!("{} on demand", row.pollers),
        Mode::Provisioned(limits) => format!("{} of {}–{}", row.pollers, limits.minimum, limits.maximum),
        Mode::Any => row.pollers.to_string(),
    }
}

/// A count in about six characters at most.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn short(count: u64) -> String {
    match count {
        0..1_000_000 => count.to_string(),
        1_000_000..1_000_000_000 => format!("{:.1}M", count as f64 / 1e6),
        _ => format!("{:.1}G", count as f64 / 1e9),
    }
}

/// The columns of a table and their widths.
pub(super) struct Layout {
    function: usize,
    /// `None` if there is no room for it.
    topic: Option<usize>,
    columns: Vec<Column>,
}

impl Layout {
    /// The layout that shows as much of `rows` as fits into `width` columns.
    pub(super) fn new(rows: &[&Row], width: usize) -> Self {
        let longest = |name: fn(&Row) -> &str, title: &str| {
            rows.iter().map(|row| columns(name(row))).chain([title.len()]).max().unwrap_or(0)
        };
        let (function, topic) =
            (longest(|row| &row.function, "function"), longest(|row| &row.topic, "topic"));
        let mut layout = Self {
            function,
            topic: Some(topic),
            columns: COLUMNS.iter().map(|column| column.fitted(rows)).collect(),
        };
        let is_blank = |column: &Column| rows.iter().all(|row| (column.is_blank)(row));
        while layout.width() > width && layout.leave_out(is_blank) {}
        if layout.width() > width {
            (layout.function, layout.topic) = (function.min(LEAST_NAME), Some(topic.min(LEAST_NAME)));
            while layout.width() > width && layout.leave_out(|_| true) {}
            if layout.width() > width {
                layout.topic = None;
            }
            layout.widen_names(function, topic, width.saturating_sub(layout.width()));
        }
        layout
    }

    fn width(&self) -> usize {
        let columns: usize = self.columns.iter().map(|column| GAP + column.width).sum();
        self.function + self.topic.map_or(0, |topic| GAP + topic) + columns
    }

    /// Leaves out the least important of the columns for which `such` is true. Returns whether there was one.
    fn leave_out(&mut self, such: impl Fn(&Column) -> bool) -> bool {
        let find =
            |title: &&str| self.columns.iter().position(|column| column.title == *title && such(column));
        let index = LEAST_IMPORTANT.iter().find_map(find);
        index.map(|index| self.columns.remove(index)).is_some()
    }

    /// Distributes the remaining room to the names, equally while both need it.
    fn widen_names(&mut self, function: usize, topic: usize, room: usize) {
        let topic_needs = self.topic.map_or(0, |now| topic - now);
        let function_needs = function - self.function;
        let for_topic = topic_needs.min((room / 2).max(room.saturating_sub(function_needs)));
        self.topic = self.topic.map(|now| now + for_topic);
        self.function += function_needs.min(room - for_topic);
    }

    pub(super) fn header(&self) -> String {
        self.line("function", "topic", |column| column.title.to_owned())
    }

    pub(super) fn row(&self, row: &Row) -> String {
        self.line(&row.function, &row.topic, |column| (column.cell)(row))
    }

    fn line(&self, function: &str, topic: &str, cell: impl Fn(&Column) -> String) -> String {
        let mut line = format!("{:<width$}", shorten(function, self.function), width = self.function);
        if let Some(width) = self.topic {
            let _ = write!(line, "{:GAP$}{:<width$}", "", shorten(topic, width));
        }
        for column in &self.columns {
            let _ = write!(line, "{:GAP$}{:>width$}", "", cell(column), width = column.width);
        }
        line
    }
}

/// The width of a text in columns of the terminal. Names of functions and topics are ASCII.
fn columns(text: &str) -> usize {
    text.chars().count()
}

/// Removes the middle of a name that is too long, because names often differ only at one end.
fn shorten(name: &str, width: usize) -> String {
    let length = columns(name);
    if length <= width {
        return name.to_owned();
    }
    let kept = width.saturating_sub(1);
    let (start, end) = (kept.div_ceil(2), kept / 2);
    name.chars().take(start).chain(['…']).chain(name.chars().skip(length - end)).collect()
}

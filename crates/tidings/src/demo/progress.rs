//! How many records are settled, while one waits.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often it is printed where there is no terminal to draw a bar on.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// A bar on a terminal, a line now and then elsewhere.
pub(super) struct Progress {
    bar: ProgressBar,
    total: usize,
    what: String,
    last_line: Mutex<Option<Instant>>,
}

impl Progress {
    pub fn new(total: usize, what: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg:>16} {bar:40} {pos}/{len} records settled, {elapsed}");
        bar.set_style(style.expect("the template is a constant"));
        bar.set_message(what.to_owned());
        Self { bar, total, what: what.to_owned(), last_line: Mutex::new(None) }
    }

    pub fn show(&self, settled: usize) {
        self.bar.set_position(settled as u64);
        if std::io::stderr().is_terminal() {
            return;
        }
        let mut last = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= LINE_EVERY) {
            // Nobody may be there to read it.
            let _ = writeln!(std::io::stderr(), "{}: {settled}/{} records settled", self.what, self.total);
            *last = Some(Instant::now());
        }
    }

    pub fn finish(&self) {
        self.bar.abandon();
    }
}

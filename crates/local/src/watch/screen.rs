//! Prints lines and the live view from a separate thread, so that callers never wait for the terminal and lines appear
//! unbroken above the view.

mod canvas;

use std::io::{self, IsTerminal as _, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SendError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::termios::tcgetwinsize;

pub(super) use self::canvas::Canvas;
use super::printable::printable;
use super::view::{self, Row};

/// How often a changed view is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(500);
/// How often a changed summary is printed if there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// The assumed size of a terminal that does not report it.
const USUAL_SIZE: (usize, usize) = (80, 24);

/// The output of the view.
pub enum Output {
    /// A terminal on standard error, on which a table is drawn in place.
    Terminal,
    /// Anything else, to which a summary line is printed when something changed.
    Plain(Box<dyn Write + Send>),
}

impl Output {
    /// Standard error, as a terminal if it is one.
    #[must_use]
    pub fn stderr() -> Self {
        if io::stderr().is_terminal() { Self::Terminal } else { Self::Plain(Box::new(io::stderr())) }
    }
}

/// Prints lines above the view. It is a [`Write`] for whole lines, as a log writer uses it.
#[derive(Clone)]
pub struct Screen(Sender<Message>);

enum Message {
    Line(String),
    Stop,
}

impl Screen {
    /// Prints one or more lines, made [`printable`], without waiting for the terminal.
    pub fn print(&self, line: impl AsRef<str>) {
        let line = printable(line.as_ref()).into_owned();
        if let Err(SendError(Message::Line(line))) = self.0.send(Message::Line(line)) {
            // A closed pipe is ignored.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    /// Ends the thread after it has printed all earlier lines.
    pub(super) fn stop(&self) {
        // Fails only if the thread has already ended.
        let _ = self.0.send(Message::Stop);
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.print(text.strip_suffix('\n').unwrap_or(&text));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts the thread. `rows` returns the current rows of the view.
pub(super) fn start(
    output: Output,
    rows: impl Fn() -> Vec<Row> + Send + 'static,
) -> (Screen, JoinHandle<()>) {
    let (sender, messages) = channel();
    let display = match output {
        Output::Terminal => Display::Terminal { canvas: Canvas::default(), table: Vec::new() },
        Output::Plain(out) => Display::Plain { out, told: view::summary(&[]) },
    };
    (Screen(sender), std::thread::spawn(move || run(display, &messages, rows)))
}

fn run(mut display: Display, messages: &Receiver<Message>, rows: impl Fn() -> Vec<Row>) {
    let mut due = Instant::now();
    let mut stopped = false;
    while !stopped {
        let mut lines = Vec::new();
        let first = messages.recv_timeout(due.saturating_duration_since(Instant::now()));
        stopped = matches!(first, Err(RecvTimeoutError::Disconnected));
        // Take all waiting lines at once, so that a flood of lines needs few frames.
        for message in first.into_iter().chain(messages.try_iter()) {
            match message {
                Message::Line(line) => lines.push(line),
                Message::Stop => stopped = true,
            }
        }
        let now = Instant::now();
        let rows = (stopped || now >= due).then(|| {
            due = now + display.interval();
            rows()
        });
        // An error means that the terminal is gone.
        let _ = display.show(&lines, rows.as_deref());
    }
}

enum Display {
    Terminal { canvas: Canvas, table: Vec<String> },
    Plain { out: Box<dyn Write + Send>, told: String },
}

impl Display {
    fn interval(&self) -> Duration {
        match self {
            Self::Terminal { .. } => DRAW_EVERY,
            Self::Plain { .. } => LINE_EVERY,
        }
    }

    fn show(&mut self, lines: &[String], rows: Option<&[Row]>) -> io::Result<()> {
        match self {
            Self::Terminal { canvas, table } => {
                let (width, height) = size();
                let new = rows.map(|rows| view::table(rows, width - 1, height));
                if lines.is_empty() && new.as_ref().is_none_or(|new| new == table) {
                    return Ok(());
                }
                if let Some(new) = new {
                    *table = new;
                }
                // Write the frame at once, so that no half-drawn frame is visible.
                io::stderr().write_all(canvas.frame(lines, table, width).as_bytes())
            }
            Self::Plain { out, told } => {
                for line in lines {
                    writeln!(out, "{line}")?;
                }
                let summary = rows.map(view::summary).filter(|summary| summary != told);
                if let Some(summary) = summary {
                    writeln!(out, "{summary}")?;
                    *told = summary;
                }
                out.flush()
            }
        }
    }
}

/// The terminal's numbers of columns and lines.
fn size() -> (usize, usize) {
    match tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 1 && size.ws_row > 1 => (size.ws_col.into(), size.ws_row.into()),
        _ => USUAL_SIZE,
    }
}

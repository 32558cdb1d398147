//! Where lines and the live view are printed, by a thread of its own: who has a line to print never waits for the
//! terminal, and lines come out whole, above the view.

mod canvas;

use std::io::{self, IsTerminal as _, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SendError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::termios::tcgetwinsize;

pub(super) use self::canvas::Canvas;
use super::printable::printable;
use super::view::{self, Row};

/// How often the view is drawn, where it changed.
const DRAW_EVERY: Duration = Duration::from_millis(500);
/// How often a line tells how things are where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Of a terminal that does not tell its size.
const USUAL_SIZE: (usize, usize) = (80, 24);

/// What the view is for.
pub enum Output {
    /// A terminal on standard error: a table that is drawn in place.
    Terminal,
    /// Anything else: a line now and then, where something changed.
    Plain(Box<dyn Write + Send>),
}

impl Output {
    /// Standard error, whatever it is.
    #[must_use]
    pub fn stderr() -> Self {
        if io::stderr().is_terminal() { Self::Terminal } else { Self::Plain(Box::new(io::stderr())) }
    }
}

/// Prints lines above the view. As a [`Write`] it takes whole lines at once, as a log's writer gives them.
#[derive(Clone)]
pub struct Screen(Sender<Message>);

enum Message {
    Line(String),
    Stop,
}

impl Screen {
    /// Prints a line (or several), [`printable`], without waiting for it.
    pub fn print(&self, line: impl AsRef<str>) {
        let line = printable(line.as_ref()).into_owned();
        if let Err(SendError(Message::Line(line))) = self.0.send(Message::Line(line)) {
            // Nobody may be there to read it.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    /// Ends the thread once it has printed all that was handed to it before.
    pub(super) fn stop(&self) {
        // Fails only where it has ended.
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

/// Starts the thread; `rows` tells how things are.
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
        // All that is there at once, so that a flood of lines costs few frames.
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
        // Nobody is left to be told of a terminal that is gone.
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
                // One write, so that no terminal shows half of it.
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

/// Columns and lines of the terminal.
fn size() -> (usize, usize) {
    match tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 1 && size.ws_row > 1 => (size.ws_col.into(), size.ws_row.into()),
        _ => USUAL_SIZE,
    }
}

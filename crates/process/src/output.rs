//! The output of a program.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// How many of a program's last lines an error shows if it does not start.
const LINES_KEPT: usize = 20;

/// Receives each line that a program writes to standard output or standard error, without the line break.
pub type LineSink = Arc<dyn Fn(&str) + Send + Sync>;

/// The destinations of a program's output, and its last lines.
pub(crate) struct Output {
    on_line: Option<LineSink>,
    log_file: Option<Mutex<File>>,
    last: Mutex<VecDeque<String>>,
}

impl Output {
    pub(crate) fn new(on_line: Option<LineSink>, log_file: Option<File>) -> Self {
        Self { on_line, log_file: log_file.map(Mutex::new), last: Mutex::default() }
    }

    fn line(&self, line: &str) {
        if let Some(file) = &self.log_file {
            // A full disk must not stop the program.
            let _ = writeln!(file.lock().unwrap_or_else(PoisonError::into_inner), "{line}");
        }
        if let Some(sink) = &self.on_line {
            sink(line);
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == LINES_KEPT {
            last.pop_front();
        }
        last.push_back(line.to_owned());
    }

    pub(crate) async fn read(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(stream) = stream else { return };
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            self.line(text.trim_end_matches(['\n', '\r']));
            line.clear();
        }
    }

    /// The last lines, oldest first.
    pub(crate) fn last_lines(&self) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

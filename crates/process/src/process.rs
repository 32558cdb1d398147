//! A running program.

use std::future::Future;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;
use tokio::sync::watch;

use crate::error::StartError;
use crate::output::Output;

/// How often [`Process::wait_ready`] asks: short beside any program's start, long beside one question.
const READY_INTERVAL: Duration = Duration::from_millis(50);

/// Kills what a program started and left behind, which may also hold its pipes open; dropped when the program
/// has ended, or when the runtime that watches it goes down.
struct KillGroup(Pid);

impl Drop for KillGroup {
    fn drop(&mut self) {
        // The only possible error is that nobody is left.
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

/// A running program. Dropping it kills its whole process group at once.
pub struct Process {
    what: String,
    group: Pid,
    output: Arc<Output>,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    pub(crate) fn watch(what: String, mut child: Child, output: Arc<Output>) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = id.and_then(Pid::from_raw).expect("a child that was not waited for has an id");
        let (publish, ended) = watch::channel(None);
        let sink = Arc::clone(&output);
        tokio::spawn(async move {
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            let reading = async { tokio::join!(sink.read(stdout), sink.read(stderr)) };
            let waiting = async {
                let _left_behind = KillGroup(group);
                child.wait().await
            };
            // The end is published after the last line, so that nobody misses why it ended.
            let (status, _) = tokio::join!(waiting, reading);
            publish.send_replace(status.ok());
        });
        Self { what, group, output, ended }
    }

    /// The process id, which is also the id of its process group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.group.as_raw_nonzero().get().unsigned_abs()
    }

    /// How it ended, once it ended and its last line was handed on; None while it runs.
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Waits until it ends and all of its output was handed on. None where the operating system could not tell
    /// how it ended.
    pub async fn wait(&self) -> Option<ExitStatus> {
        let mut ended = self.ended.clone();
        // An error means that the watching task is gone, and with it the process.
        ended.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }

    /// Asks `ready` again and again until it says yes. Fails when the program ends first or `limit` is over,
    /// with the last lines that the program wrote.
    pub async fn wait_ready<F, R>(&self, limit: Duration, mut ready: F) -> Result<(), StartError>
    where
        F: FnMut() -> R,
        R: Future<Output = bool>,
    {
        let asking = async {
            while !ready().await {
                tokio::time::sleep(READY_INTERVAL).await;
            }
        };
        tokio::select! {
            () = asking => Ok(()),
            status = self.wait() => Err(self.not_ready(&match status {
                Some(status) => format!("it ended with {status}"),
                None => "it ended".to_owned(),
            })),
            () = tokio::time::sleep(limit) => {
                Err(self.not_ready(&format!("it was not ready after {} seconds", limit.as_secs_f32())))
            }
        }
    }

    fn not_ready(&self, reason: &str) -> StartError {
        let reason = match self.last_lines() {
            lines if lines.is_empty() => format!("{reason} and wrote nothing"),
            lines => format!("{reason}. Its last lines:\n{lines}"),
        };
        StartError::NotReady { what: self.what.clone(), reason }
    }

    /// The last lines that it wrote, at most 20, oldest first.
    #[must_use]
    pub fn last_lines(&self) -> String {
        self.output.last_lines()
    }

    /// Ends it: SIGTERM to its group, SIGKILL where it still runs after `limit`. Returns when it is gone.
    pub async fn stop(&self, limit: Duration) {
        self.signal(Signal::TERM);
        if tokio::time::timeout(limit, self.wait()).await.is_err() {
            self.kill();
            self.wait().await;
        }
    }

    /// Kills its whole group at once (SIGKILL). It is gone when [`Process::wait`] returns.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if self.ended.borrow().is_none() && self.ended.has_changed().is_ok() {
            // The only possible error is that it ended meanwhile.
            let _ = kill_process_group(self.group, signal);
        }
    }

    /// The most memory it ever held, in bytes (`VmHWM` of /proc/PID/status). None where there is no such file, or
    /// once it ended.
    #[must_use]
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

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

/// How often [`Process::wait_ready`] polls: short compared with a start, long compared with one check.
const READY_INTERVAL: Duration = Duration::from_millis(50);

/// Kills the processes that a program started and left behind, which may hold its pipes open. Dropped when the
/// program exits or when the tokio runtime that watches it shuts down.
struct KillGroup(Pid);

impl Drop for KillGroup {
    fn drop(&mut self) {
        // The only possible error is that the group is empty.
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
            // Publish the exit after the last line, so that every waiter can read why the program exited.
            let (status, _) = tokio::join!(waiting, reading);
            publish.send_replace(status.ok());
        });
        Self { what, group, output, ended }
    }

    /// The id of the process and of its process group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.group.as_raw_nonzero().get().unsigned_abs()
    }

    /// Its exit status, once it has exited and its last line was passed on. `None` while it runs.
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Waits until it has exited and all its output was passed on. Returns `None` if the operating system did not
    /// report a status.
    pub async fn wait(&self) -> Option<ExitStatus> {
        let mut ended = self.ended.clone();
        // An error means that the watching task is gone, and the process with it.
        ended.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }

    /// Polls `ready` until it returns true. If the program exits first or `limit` passes, the error includes the
    /// last lines that the program wrote.
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
                Some(status) => format!("it exited ({status})"),
                None => "it exited".to_owned(),
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

    /// The last lines that it wrote (at most 20), oldest first.
    #[must_use]
    pub fn last_lines(&self) -> String {
        self.output.last_lines()
    }

    /// Stops it: sends SIGTERM to its group, and SIGKILL if it still runs after `limit`. Returns when it is gone.
    pub async fn stop(&self, limit: Duration) {
        self.signal(Signal::TERM);
        if tokio::time::timeout(limit, self.wait()).await.is_err() {
            self.kill();
            self.wait().await;
        }
    }

    /// Sends SIGKILL to its group. The process is gone when [`Process::wait`] returns.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if self.ended.borrow().is_none() && self.ended.has_changed().is_ok() {
            // The only possible error is that it has exited meanwhile.
            let _ = kill_process_group(self.group, signal);
        }
    }

    /// Its peak memory in bytes (`VmHWM` in /proc/PID/status). `None` after it has exited and on systems without
    /// that file.
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

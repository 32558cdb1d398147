//! Programs that the local stack starts: each in a process group of its own, so that Ctrl-C in a terminal
//! reaches only us and we end them in order, and none outlives us, however we end.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::future::Future;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::error::StartError;

/// Receives each line that a program writes to its standard output or standard error, without its line end.
pub type LineSink = Arc<dyn Fn(&str) + Send + Sync>;

/// How many of a program's last lines are kept to explain why it did not start.
const LINES_KEPT: usize = 20;

/// How often [`Process::wait_ready`] asks: short beside any program's start, long beside one question.
const READY_INTERVAL: Duration = Duration::from_millis(50);

/// What to start, and what becomes of its output.
pub struct Launch {
    what: String,
    remedy: String,
    command: Command,
    log_file: Option<PathBuf>,
    on_line: Option<LineSink>,
}

impl Launch {
    /// Prepares `program` (a path, or a name looked up in PATH). `what` names it in errors ("Apache Kafka");
    /// `remedy` says what to do where it is not installed.
    pub fn new(what: impl Into<String>, program: impl AsRef<OsStr>, remedy: impl Into<String>) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { what: what.into(), remedy: remedy.into(), command, log_file: None, on_line: None }
    }

    /// Adds arguments.
    #[must_use]
    pub fn arguments<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Starts it in this folder instead of ours.
    #[must_use]
    pub fn directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Hands down nothing of our own environment; call it before [`Launch::variables`].
    #[must_use]
    pub fn clean_environment(mut self) -> Self {
        self.command.env_clear();
        self
    }

    /// Adds environment variables; a later one of the same name wins.
    #[must_use]
    pub fn variables<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.command.envs(variables);
        self
    }

    /// Appends all output to this file too.
    #[must_use]
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_file = Some(path.into());
        self
    }

    /// Hands each line of output to `sink`.
    #[must_use]
    pub fn on_line(mut self, sink: LineSink) -> Self {
        self.on_line = Some(sink);
        self
    }

    /// Starts the program. Must be called within a tokio runtime.
    pub fn start(mut self) -> Result<Process, StartError> {
        let log_file = self.log_file.take().map(open_log).transpose()?;
        let directory = self.command.as_std().get_current_dir().map(Path::to_path_buf);
        if let Some(path) = directory.filter(|path| !path.is_dir()) {
            return Err(StartError::File { path, source: std::io::ErrorKind::NotADirectory.into() });
        }
        let program = self.command.as_std().get_program().to_owned();
        self.command.process_group(0).kill_on_drop(true);
        die_with_parent(&mut self.command);
        let child = spawn_from_lasting_thread(self.command)
            .map_err(|error| start_error(&self.what, &program, self.remedy, &error))?;
        let output = Arc::new(Output {
            on_line: self.on_line,
            log_file: log_file.map(Mutex::new),
            last: Mutex::new(VecDeque::new()),
        });
        Ok(Process::watch(self.what, child, output))
    }
}

fn open_log(path: PathBuf) -> Result<File, StartError> {
    File::options().create(true).append(true).open(&path).map_err(|source| StartError::File { path, source })
}

fn start_error(what: &str, program: &OsStr, remedy: String, error: &std::io::Error) -> StartError {
    let program = program.to_string_lossy().into_owned();
    if error.kind() == std::io::ErrorKind::NotFound {
        return StartError::MissingTool { program, remedy };
    }
    StartError::NotReady { what: what.to_owned(), reason: format!("{program}: {error}; {remedy}") }
}

/// The full path of `program`: a path that names a file, or the first match in PATH. `remedy` says what to do
/// where there is none.
pub fn find_program(program: &str, remedy: &str) -> Result<PathBuf, StartError> {
    let candidates: Vec<PathBuf> = if program.contains('/') {
        std::path::absolute(program).into_iter().collect()
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(program)).collect()
    };
    candidates.into_iter().find(|path| path.is_file()).ok_or_else(|| StartError::MissingTool {
        program: program.to_owned(),
        remedy: remedy.to_owned(),
    })
}

/// On Linux the kernel kills the program when we die, even by SIGKILL. Elsewhere it outlives a SIGKILL of ours.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    use rustix::process::{getpid, getppid, set_parent_process_death_signal};
    let parent = getpid();
    let in_child = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the line above: then no signal comes any more.
        if getppid() == Some(parent) { Ok(()) } else { Err(std::io::ErrorKind::BrokenPipe.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two plain
    // system calls (prctl, getppid), allocates nothing and takes no lock: both errors are bare codes.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(in_child);
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}

type Job = Box<dyn FnOnce() + Send>;

/// Linux sends the parent death signal when the *thread* that started the child ends, and tokio's threads come
/// and go. So one thread, which lives as long as this process, starts them all.
static SPAWNER: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| {
    let (jobs, queue) = mpsc::channel::<Job>();
    std::thread::spawn(move || queue.into_iter().for_each(|job| job()));
    jobs
});

fn spawn_from_lasting_thread(mut command: Command) -> std::io::Result<Child> {
    let runtime = tokio::runtime::Handle::current();
    let (answer, started) = mpsc::sync_channel(1);
    let job: Job = Box::new(move || {
        let _within = runtime.enter();
        // A caller that is gone drops the child, which kills it.
        let _ = answer.send(command.spawn());
    });
    let gone = || std::io::Error::other("the thread that starts programs is gone");
    SPAWNER.send(job).map_err(|_| gone())?;
    started.recv().unwrap_or_else(|_| Err(gone()))
}

struct Output {
    on_line: Option<LineSink>,
    log_file: Option<Mutex<File>>,
    last: Mutex<VecDeque<String>>,
}

impl Output {
    fn line(&self, line: &str) {
        if let Some(file) = &self.log_file {
            // A full disk must not end the program that is logged.
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

    async fn read(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(stream) = stream else { return };
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            self.line(text.trim_end_matches(['\n', '\r']));
            line.clear();
        }
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
    fn watch(what: String, mut child: Child, output: Arc<Output>) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = id.and_then(Pid::from_raw).expect("a child that was not waited for has an id");
        let (publish, ended) = watch::channel(None);
        let sink = Arc::clone(&output);
        tokio::spawn(async move {
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            let reading = async { tokio::join!(sink.read(stdout), sink.read(stderr)) };
            let waiting = async {
                let status = child.wait().await;
                // What it started and left behind goes too: it may hold the pipes open.
                let _ = kill_process_group(group, Signal::KILL);
                status
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
        let last = self.output.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
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

    /// The most memory it ever held, in bytes (VmHWM of /proc/PID/status). None where there is no such file, or
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

/// The environment variables that a program cannot do without, from our own environment: where programs,
/// libraries, the home folder and temporary files are.
#[must_use]
pub fn basic_environment() -> Vec<(&'static str, OsString)> {
    ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"]
        .into_iter()
        .filter_map(|name| std::env::var_os(name).map(|value| (name, value)))
        .collect()
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;

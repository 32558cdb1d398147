//! Starting a program: its command, its output, and the guarantee that it does not outlive this process.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, LazyLock, mpsc};

#[cfg(target_os = "linux")]
use rustix::process::Signal;
use tokio::process::{Child, Command};

use crate::error::StartError;
use crate::output::{LineSink, Output};
use crate::process::Process;

/// A program to start.
pub struct Launch {
    what: String,
    remedy: String,
    command: Command,
    log_file: Option<PathBuf>,
    on_line: Option<LineSink>,
}

impl Launch {
    /// Prepares `program` (a path, or a name looked up in PATH). Errors call it `what` ("Apache Kafka"), and
    /// `remedy` says what to do if it is not installed.
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

    /// Sets its working directory.
    #[must_use]
    pub fn directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Starts it without inheriting this process's environment. Call it before [`Launch::variables`].
    #[must_use]
    pub fn clean_environment(mut self) -> Self {
        self.command.env_clear();
        self
    }

    /// Adds environment variables. A later one overrides an earlier one with the same name.
    #[must_use]
    pub fn variables<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.command.envs(variables);
        self
    }

    /// Also appends all output to this file.
    #[must_use]
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_file = Some(path.into());
        self
    }

    /// Passes each line of output to `sink`.
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
        let output = Arc::new(Output::new(self.on_line, log_file));
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

/// The full path of `program`, which is a path or a name looked up in PATH. `remedy` says what to do if it is
/// missing.
pub fn find_program(program: &str, remedy: &str) -> Result<PathBuf, StartError> {
    let candidates: Vec<PathBuf> = if program.contains('/') {
        std::path::absolute(program).into_iter().collect()
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(program)).collect()
    };
    candidates
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| StartError::MissingTool { program: program.to_owned(), remedy: remedy.to_owned() })
}

/// On Linux the kernel kills the program when this process dies, even from SIGKILL. On other systems the program
/// outlives a SIGKILL of this process.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    use rustix::process::{getpid, getppid, set_parent_process_death_signal};
    let parent = getpid();
    let in_child = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // If the parent died before the call above, no signal will be sent.
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

/// Linux sends the parent death signal when the *thread* that started the child ends, and tokio ends its threads
/// when they are idle. So one thread that lives as long as this process starts all programs.
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
        // If the caller is gone, the child is dropped and thereby killed.
        let _ = answer.send(command.spawn());
    });
    let gone = || std::io::Error::other("the thread that starts programs is gone");
    SPAWNER.send(job).map_err(|_| gone())?;
    started.recv().unwrap_or_else(|_| Err(gone()))
}

/// The environment variables that every program needs, from this process's environment: the paths of programs,
/// libraries, the home folder and temporary files.
#[must_use]
pub fn basic_environment() -> Vec<(&'static str, OsString)> {
    ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"]
        .into_iter()
        .filter_map(|name| std::env::var_os(name).map(|value| (name, value)))
        .collect()
}

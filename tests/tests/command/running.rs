//! One run of `tidings` or `tidings-local`, watched from outside.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tidings_tests::{binaries, broker, repository, venv};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    sync::watch,
};

/// How long a demo may take to come to anything: these machines are shared.
pub const LIMIT: Duration = Duration::from_mins(4);
/// How often /proc is asked; it tells nobody by itself.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long after the command's end the kernel may take to end what it started.
const GONE_WITHIN: Duration = Duration::from_secs(20);

/// The lines of an output, as far as they came.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn push(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A run of the command. Dropping it kills it.
pub struct Running {
    child: Child,
    pub stdout: Lines,
    pub stderr: Lines,
    count: watch::Receiver<usize>,
    /// Where it keeps its temporary files. Every program that it starts inherits the path, and so is found by it.
    folder: TempDir,
}

/// How a run ended.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
    /// What is left of its temporary files.
    pub files: Vec<PathBuf>,
}

/// Starts a subcommand of `tidings` on the built binaries, the tests' broker and the emulator; `more` wins over those.
pub fn start(subcommand: &str, more: &[&str]) -> Running {
    let option = |name: &str, value: &OsStr| [OsStr::new(name).to_owned(), value.to_owned()];
    let defaults = [
        ("--repository", repository().into_os_string()),
        ("--binaries", binaries().into_os_string()),
        ("--venv", venv().into_os_string()),
        ("--broker", broker().into()),
    ];
    let defaults = defaults.iter().filter(|(name, _)| !more.contains(name));
    let mut command = tidings();
    command.arg(subcommand).args(defaults.flat_map(|(name, value)| option(name, value))).args(more);
    spawn(command)
}

/// The command for this repository's functions.
pub fn tidings() -> Command {
    built("tidings")
}

/// The command for any project's functions.
pub fn tidings_local() -> Command {
    built("tidings-local")
}

fn built(name: &str) -> Command {
    let program = binaries().join(name);
    assert!(
        program.is_file(),
        "{} is not built; run cargo build --profile quick --workspace --bins",
        program.display()
    );
    Command::new(program)
}

/// Starts the command in a temporary folder of its own.
pub fn spawn(mut command: Command) -> Running {
    let folder = TempDir::with_prefix("tidings-test-command-").unwrap();
    command.env("TMPDIR", folder.path()).env_remove("KAFKA_BOOTSTRAP_SERVERS").env_remove("AWS_ENDPOINT_URL");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let (stdout, stderr) = (Lines::default(), Lines::default());
    let (sender, count) = watch::channel(0);
    let sender = Arc::new(sender);
    read(child.stdout.take(), stdout.clone(), Arc::clone(&sender));
    read(child.stderr.take(), stderr.clone(), sender);
    Running { child, stdout, stderr, count, folder }
}

fn read(
    stream: Option<impl AsyncRead + Unpin + Send + 'static>,
    to: Lines,
    count: Arc<watch::Sender<usize>>,
) {
    let mut lines = BufReader::new(stream.unwrap()).lines();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            to.push(line);
            count.send_modify(|count| *count += 1);
        }
    });
}

impl Running {
    /// Waits until one of these lines fulfils a condition, and gives that line.
    pub async fn line(&mut self, of: &Lines, condition: impl Fn(&str) -> bool) -> String {
        let found = || of.all().into_iter().find(|line| condition(line));
        let waiting = async {
            loop {
                self.count.mark_unchanged();
                if let Some(line) = found() {
                    return Some(line);
                }
                // Both outputs are closed: no line comes any more.
                if self.count.changed().await.is_err() {
                    return found();
                }
            }
        };
        let line = tokio::time::timeout(LIMIT, waiting).await.ok().flatten();
        line.unwrap_or_else(|| panic!("the line did not come; it wrote:\n{}", self.written()))
    }

    /// Waits until something that it started runs.
    pub async fn something_started(&self) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let command = format!("{} ", binaries().join("tidings").display());
        let own = |process: &String| !process.starts_with(&command);
        let started = async {
            while !processes_with(self.folder.path()).iter().any(own) {
                looks.tick().await;
            }
        };
        tokio::time::timeout(LIMIT, started).await.expect("it starts something");
    }

    /// Waits until the demo has settled some of its records, but not all.
    pub async fn in_the_middle(&mut self) {
        let stderr = self.stderr.clone();
        let some = |line: &str| {
            let progress = line.strip_prefix("the day: ").and_then(|rest| rest.split_once('/'));
            progress.is_some_and(|(settled, _)| settled != "0")
        };
        self.line(&stderr, some).await;
    }

    fn written(&self) -> String {
        [self.stdout.all(), self.stderr.all()].concat().join("\n")
    }

    /// Sends a signal to the command alone, not to what it started.
    pub fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits for its end, and requires that nothing that it started is left running.
    pub async fn ended(mut self) -> Ended {
        let status = tokio::time::timeout(LIMIT, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("it did not end; it wrote:\n{}", self.written()))
            .unwrap();
        let nothing_runs = async {
            let mut looks = tokio::time::interval(LOOK_EVERY);
            while !processes_with(self.folder.path()).is_empty() {
                looks.tick().await;
            }
        };
        let gone = tokio::time::timeout(GONE_WITHIN, nothing_runs).await.is_ok();
        assert!(gone, "still running after its end: {:?}", processes_with(self.folder.path()));
        // Until both outputs are read to their ends.
        while self.count.changed().await.is_ok() {}
        assert!(!self.written().contains("panicked"), "{}", self.written());
        let files = fs::read_dir(self.folder.path()).unwrap();
        Ended {
            status,
            stdout: self.stdout.all(),
            stderr: self.stderr.all(),
            files: files.map(|file| file.unwrap().path()).collect(),
        }
    }
}

/// The command lines of the processes that know this folder, from their environment or their arguments.
fn processes_with(folder: &Path) -> Vec<String> {
    let folder = folder.as_os_str().as_bytes();
    let knows = |bytes: &[u8]| bytes.windows(folder.len()).any(|window| window == folder);
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let path = entry.ok()?.path();
        // One that ended meanwhile, or is no process, has none of these.
        let (environment, arguments) =
            (fs::read(path.join("environ")).ok()?, fs::read(path.join("cmdline")).ok()?);
        let found = knows(&environment) || knows(&arguments);
        found.then(|| String::from_utf8_lossy(&arguments).replace('\0', " "))
    });
    processes.collect()
}

//! Apache Kafka in `KRaft` mode from its jars: one process as broker and controller, on two free ports, with its data
//! in a temporary folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tidings_process::{Launch, LineSink, Process, StartError, basic_environment, find_program};

use super::admin::Probe;
use super::progress::announced;
use super::{jars, ports};

const WHAT: &str = "Apache Kafka";
const JAVA_REMEDY: &str = "install Java 17 or later, or choose the embedded broker";
/// A cold start takes 4 to 8 seconds on 2 cores, and several times that on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);
const PROBE_LIMIT: Duration = Duration::from_secs(1);
/// A start fails if another program takes the chosen port first.
const ATTEMPTS: usize = 3;
/// Any 16 bytes in Base64, because every cluster has a separate folder.
const CLUSTER_ID: &str = "TidingsLocalBroker000A";

/// A running Apache Kafka.
pub(super) struct Kafka {
    // In this order, so that the process is dropped before its folder.
    process: Process,
    _folder: TempDir,
}

impl Kafka {
    /// Starts Kafka and waits until it responds. Also returns its bootstrap servers.
    pub async fn start(progress: &LineSink) -> Result<(String, Self), StartError> {
        let java = find_program("java", JAVA_REMEDY)?;
        let jars = jars::ready(progress).await?;
        for _ in 1..ATTEMPTS {
            match Self::attempt(&java, &jars, progress).await {
                Err(StartError::NotReady { reason, .. }) if reason.contains("BindException") => {}
                started => return started,
            }
        }
        Self::attempt(&java, &jars, progress).await
    }

    async fn attempt(java: &Path, jars: &Path, progress: &LineSink) -> Result<(String, Self), StartError> {
        let [port, controller_port] = ports::free(WHAT)?;
        let folder = TempDir::with_prefix("tidings-kafka-")
            .map_err(|source| StartError::File { path: std::env::temp_dir(), source })?;
        write(&folder.path().join("server.properties"), &settings(folder.path(), port, controller_port))?;
        write(&folder.path().join("log4j2.properties"), LOGGING)?;
        let starting = async {
            format_storage(java, jars, folder.path()).await?;
            let arguments = ["kafka.Kafka", "server.properties"];
            let process =
                launch(java, jars, folder.path(), &["-Xmx512m", "-XX:+UseSerialGC"], &arguments).start()?;
            let servers = format!("127.0.0.1:{port}");
            let probe = Probe::new(&servers)?;
            process.wait_ready(START_LIMIT, || probe.answers(PROBE_LIMIT)).await?;
            Ok::<_, StartError>((servers, process))
        };
        let (servers, process) = announced(progress, "starting Apache Kafka ...", starting).await?;
        Ok((servers, Self { process, _folder: folder }))
    }

    /// Kills it. An orderly shutdown is not needed, because its data is removed too.
    pub async fn stop(self) {
        self.process.kill();
        self.process.wait().await;
    }
}

async fn format_storage(java: &Path, jars: &Path, folder: &Path) -> Result<(), StartError> {
    let arguments =
        ["kafka.tools.StorageTool", "format", "--standalone", "-t", CLUSTER_ID, "-c", "server.properties"];
    // It runs for a second only, so optimising compilation does not pay off.
    let process = launch(java, jars, folder, &["-XX:TieredStopAtLevel=1"], &arguments).start()?;
    if process.wait().await.is_some_and(|status| status.success()) {
        return Ok(());
    }
    let reason = format!("formatting its storage failed:\n{}", process.last_lines());
    Err(StartError::NotReady { what: WHAT.to_owned(), reason })
}

fn launch(java: &Path, jars: &Path, folder: &Path, options: &[&str], arguments: &[&str]) -> Launch {
    let mut class_path = OsString::from(jars);
    class_path.push("/*");
    let mut command: Vec<OsString> = vec![
        "-cp".into(),
        class_path,
        "-Dlog4j2.configurationFile=log4j2.properties".into(),
        "-Djava.awt.headless=true".into(),
    ];
    command.extend(options.iter().chain(arguments).map(OsString::from));
    Launch::new(WHAT, java, JAVA_REMEDY)
        .arguments(command)
        .directory(folder)
        .clean_environment()
        .variables(basic_environment())
}

fn write(path: &Path, text: &str) -> Result<(), StartError> {
    fs::write(path, text).map_err(|source| StartError::File { path: PathBuf::from(path), source })
}

/// See "Broker Configs" in Kafka's documentation. Replication is 1 because there is one broker. Consumers get their
/// partitions at once instead of after three seconds.
fn settings(folder: &Path, port: u16, controller_port: u16) -> String {
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={}
auto.create.topics.enable=false
default.replication.factor=1
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=5
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
",
        folder.join("data").display()
    )
}

/// Logs warnings to standard output, whose last lines are part of the error if the start fails.
const LOGGING: &str = "status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{HH:mm:ss} %p %m (%c{1})%n%ex{short}
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
";

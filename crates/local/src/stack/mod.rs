//! The local stack: a broker, the emulator behind the recorder, the host with the functions' processes, and an event
//! source mapping for each trigger in the templates.

mod hosting;
mod plan;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures::{StreamExt as _, stream::FuturesUnordered};
use tempfile::TempDir;
use tidings_host::{Host, LogSink, ReportSink};
use tidings_mapping::{Connection, EventSourceMapping, MappingError, Observer};
use tidings_process::{LineSink, StartError};
use tidings_recorder::{Kill, Recorder, RecorderOptions};
use tidings_template::{Function, Template};
use tidings_trigger::Mapping;

use crate::{
    broker::{Broker, BrokerKind},
    emulator::{Emulator, EmulatorError, EmulatorOptions},
    produce::Producer,
    project::Project,
    runtimes::{RuntimeError, Runtimes, Starts},
};

/// How long running invocations may take to end when the stack stops.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Contains ministack's version, for the installation hint.
const REQUIREMENTS: &str = include_str!("../../../../scripts/requirements.txt");

/// The configuration of a stack.
#[derive(Clone)]
pub struct StackOptions {
    /// The templates with their parameters and settings.
    pub project: Project,
    /// How the functions are started.
    pub runtimes: Runtimes,
    /// The kind of broker.
    pub broker: BrokerKind,
    /// The kind of AWS emulator.
    pub aws: AwsKind,
    /// The base URL of a Lambda Invoke API that replaces the host, e.g. of `cargo lambda watch`. It is called with the
    /// names of the functions' binaries, which default to the logical ids.
    pub invoke_endpoint: Option<String>,
    /// Receives a message about each step that takes longer than two seconds.
    pub progress: LineSink,
    /// Receives every line that a function prints.
    pub on_line: LogSink,
    /// Receives every invocation's report.
    pub on_report: ReportSink,
    /// Creates the observer of each mapping.
    pub observer: ObserverFactory,
}

/// Creates the observer of a function's mapping.
pub type ObserverFactory = Arc<dyn Fn(&Function, &Mapping) -> Observer + Send + Sync>;

/// The kind of AWS emulator.
#[derive(Clone, Debug)]
pub enum AwsKind {
    /// ministack is started. Holds the path of its program.
    Emulator(PathBuf),
    /// A running emulator. Holds its URL.
    External(String),
    /// None. The functions' AWS calls fail, and templates with AWS resources do not start.
    Absent,
}

/// A running stack. [`Stack::stop`] stops it in order; dropping it kills its processes.
pub struct Stack {
    /// The evaluated templates.
    pub template: Template,
    /// The Kafka broker.
    pub broker: Broker,
    /// The emulator, to inspect its state. The functions call it only through the recorder.
    pub emulator: Emulator,
    /// Records the functions' AWS calls and injects faults.
    pub recorder: Recorder,
    /// A producer for the broker.
    pub producer: Producer,
    /// The base URL of the Lambda Invoke API in use.
    pub invoke_endpoint: String,
    /// The environment variables of every function, in addition to those in its template.
    pub environment: BTreeMap<String, String>,
    /// Messages for the user about the templates and functions.
    pub notices: Vec<String>,
    host: Option<Host>,
    mappings: Vec<(Mapping, EventSourceMapping)>,
    _state: TempDir,
}

impl Stack {
    /// Starts everything and returns when records can be published.
    pub async fn start(options: StackOptions) -> Result<Self, StartError> {
        let planned = plan::plan(&options.project)?;
        let starts = match &options.invoke_endpoint {
            Some(_) => Starts::default(),
            None => options.runtimes.starts(&planned).await.map_err(|error| runtime_error(&error))?,
        };
        require_aws(&options.aws, &planned)?;
        let state = tempfile::tempdir().map_err(|source| file_error("the temporary folder", source))?;
        let (broker, emulator) = tokio::try_join!(
            Broker::start(options.broker.clone(), &options.progress),
            start_emulator(&options.aws, state.path()),
        )?;
        let killer = Arc::new(OnceLock::<Kill>::new());
        let recorder = start_recorder(&emulator, Arc::clone(&killer)).await?;
        let mut template = plan::read(&options.project, broker.bootstrap_servers(), &recorder.endpoint())?;
        plan::add_failure_destinations(&mut template);
        broker.create_topics(&plan::kafka_topics(&options.project, &template)).await?;
        provision(&emulator, &template, options.project.sender.as_deref()).await?;
        let mut environment = options.project.environment.clone();
        environment.insert("AWS_ENDPOINT_URL".to_owned(), recorder.endpoint());
        let (host, invoke_endpoint) = hosting::start(&options, &template, &starts, &environment).await?;
        if let Some(host) = &host {
            // Set only here, before the recorder gets its first call.
            let kill = host.killer();
            let _ = killer.set(Arc::new(move |source| {
                kill(source);
            }));
        }
        let producer = Producer::new(broker.bootstrap_servers()).map_err(|error| kafka_error(&error))?;
        let mut notices = hosting::notices(&template, starts.notices);
        if emulator.is_absent() {
            notices.push(format!(
                "without an AWS emulator the functions' AWS calls fail; {}",
                install_emulator()
            ));
        }
        let mut stack = Self {
            template,
            broker,
            emulator,
            recorder,
            producer,
            invoke_endpoint,
            environment,
            notices,
            host,
            mappings: Vec::new(),
            _state: state,
        };
        stack.start_mappings(&options)?;
        Ok(stack)
    }

    fn start_mappings(&mut self, options: &StackOptions) -> Result<(), StartError> {
        let connection = Connection {
            bootstrap_servers: self.broker.bootstrap_servers().to_owned(),
            invoke_endpoint: self.invoke_endpoint.clone(),
            aws_endpoint: self.emulator.endpoint().to_owned(),
        };
        for function in &self.template.functions {
            for mapping in function.mappings.iter().filter(|mapping| mapping.enabled) {
                let mut spec = mapping.clone();
                if self.host.is_none() {
                    spec.function.clone_from(&function.binary);
                }
                let observer = (options.observer)(function, mapping);
                let running = EventSourceMapping::start(&spec, &connection, observer)
                    .map_err(|error| mapping_error(&error))?;
                self.mappings.push((mapping.clone(), running));
            }
        }
        Ok(())
    }

    /// Waits until every mapping has committed all records of its topic, including those that functions published
    /// meanwhile.
    pub async fn settled(&self) -> Result<(), MappingError> {
        let all = || self.mappings.iter().map(|(_, mapping)| mapping.settled());
        futures::future::try_join_all(all()).await?;
        // A function publishes its events before its own record is committed.
        futures::future::try_join_all(all()).await.map(|_| ())
    }

    /// Waits until a mapping panics, and returns its id.
    pub async fn mapping_ended(&mut self) -> String {
        let ended = self.mappings.iter_mut().map(|(spec, mapping)| async {
            mapping.ended().await;
            spec.id.clone()
        });
        match ended.collect::<FuturesUnordered<_>>().next().await {
            Some(id) => id,
            None => std::future::pending().await,
        }
    }

    /// Finds a function by the name of its binary.
    #[must_use]
    pub fn function(&self, binary: &str) -> Option<&Function> {
        self.template.functions.iter().find(|function| function.binary == binary)
    }

    /// Stops everything, the mappings first.
    pub async fn stop(self) {
        let mappings = self.mappings.into_iter().map(|(_, mapping)| mapping.stop(STOP_LIMIT));
        futures::future::join_all(mappings).await;
        if let Some(host) = self.host {
            host.shutdown().await;
        }
        self.emulator.stop().await;
        self.broker.stop().await;
    }
}

async fn start_emulator(aws: &AwsKind, state: &Path) -> Result<Emulator, StartError> {
    match aws {
        AwsKind::Emulator(program) => {
            Emulator::start(EmulatorOptions { program: program.clone(), state: state.to_owned() }).await
        }
        AwsKind::External(endpoint) => Emulator::external(endpoint),
        AwsKind::Absent => Emulator::absent(),
    }
}

async fn start_recorder(emulator: &Emulator, killer: Arc<OnceLock<Kill>>) -> Result<Recorder, StartError> {
    let kill = move |source: &str| {
        if let Some(kill) = killer.get() {
            kill(source);
        }
    };
    let upstream = emulator.endpoint().to_owned();
    Recorder::start(RecorderOptions { upstream, kill: Arc::new(kill), journal: None }).await
}

async fn provision(emulator: &Emulator, template: &Template, sender: Option<&str>) -> Result<(), StartError> {
    let failed = |error: EmulatorError| StartError::Setting(error.to_string());
    emulator
        .provision(&template.tables, &template.queues, &template.buckets, &template.notification_topics)
        .await
        .map_err(failed)?;
    if let Some(sender) = sender {
        emulator.verify_sender(sender).await.map_err(failed)?;
    }
    Ok(())
}

/// Fails if the template needs AWS but there is no emulator.
fn require_aws(aws: &AwsKind, template: &Template) -> Result<(), StartError> {
    let (AwsKind::Absent, Some(need)) = (aws, plan::aws_need(template)) else { return Ok(()) };
    let remedy = format!("it is the AWS emulator that {need} needs; {}", install_emulator());
    Err(StartError::MissingTool { program: "ministack".to_owned(), remedy })
}

fn install_emulator() -> String {
    let package = REQUIREMENTS.lines().find(|line| line.starts_with("ministack==")).unwrap_or("ministack");
    format!(
        "run pip install {package} in a virtual environment and give that with --venv DIR, or give the address of a \
         running emulator with --aws URL"
    )
}

fn runtime_error(error: &RuntimeError) -> StartError {
    StartError::Setting(error.to_string())
}

fn mapping_error(error: &MappingError) -> StartError {
    StartError::Setting(error.to_string())
}

fn kafka_error(error: &rdkafka::error::KafkaError) -> StartError {
    StartError::Setting(format!("the Kafka producer could not be created: {error}"))
}

fn file_error(path: &str, source: std::io::Error) -> StartError {
    StartError::File { path: path.into(), source }
}

#[cfg(test)]
mod tests;

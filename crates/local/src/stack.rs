//! All of the local stack together: a broker, the emulator behind the recorder, the functions' binaries in the
//! host, and one event source mapping per trigger in the template.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use tempfile::TempDir;
use tidings_events::Topic;

use crate::{
    broker::{Broker, BrokerKind, TopicSpec},
    emulator::{Emulator, EmulatorError, EmulatorOptions},
    error::StartError,
    host::{FunctionSpec, Host, HostOptions, LogSink, ReportSink},
    mapping::{Connection, EventSourceMapping, MappingError, Observer},
    process::LineSink,
    produce::Producer,
    recorder::{Kill, Recorder, RecorderOptions},
    template::{ACCOUNT_ID, Function, Mapping, REGION, Template, TemplateSettings},
};

/// How long invocations under way may take to end when the stack stops.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// How many records an instance handles at once. The emulator answers one call after the other: with more under
/// way, each waits longer, on a busy machine longer than a function waits for its effect.
const RECORDS_AT_ONCE: &str = "3";
/// How long a handler may take: a machine that starts thirty functions at once is slow, and a handler that is given
/// up may have had its effect already.
const HANDLER_TIMEOUT_SECONDS: &str = "45";
/// How long an invocation may take, for the same reason. All functions share one emulator, so that all their batches
/// end late together.
const FUNCTION_TIMEOUT_SECONDS: &str = "300";

/// What to start.
#[derive(Clone)]
pub struct StackOptions {
    /// The folder that holds `infra/`.
    pub repository: PathBuf,
    /// The folder with the functions' binaries: `{binary}` or, as cargo-lambda lays them out, `{binary}/bootstrap`.
    pub binaries: PathBuf,
    /// Which broker.
    pub broker: BrokerKind,
    /// What plays AWS.
    pub aws: AwsKind,
    /// Parameters over those that the stack gives the templates.
    pub parameters: BTreeMap<String, String>,
    /// Base URL of a Lambda Invoke API that takes the host's place, e.g. that of `cargo lambda watch`. Functions
    /// are invoked there by the name of their binary.
    pub invoke_endpoint: Option<String>,
    /// Told what takes longer than two seconds.
    pub progress: LineSink,
    /// Told every line that a function prints.
    pub on_line: LogSink,
    /// Told every invocation's report.
    pub on_report: ReportSink,
    /// Makes what is told about a mapping's work.
    pub observer: ObserverFactory,
}

/// Makes the observer of a function's mapping.
pub type ObserverFactory = Arc<dyn Fn(&Function, &Mapping) -> Observer + Send + Sync>;

/// What plays AWS.
#[derive(Clone, Debug)]
pub enum AwsKind {
    /// ministack, started from this program.
    Emulator(PathBuf),
    /// An endpoint that runs already.
    External(String),
}

/// The running stack. [`Stack::stop`] ends all of it in order; dropping it kills what it started.
pub struct Stack {
    /// What the templates say, resolved.
    pub template: Template,
    /// The broker.
    pub broker: Broker,
    /// The emulator, for read-backs; the functions reach it only through the recorder.
    pub emulator: Emulator,
    /// Notes and disturbs the functions' AWS calls.
    pub recorder: Recorder,
    /// Publishes records as they are.
    pub producer: Producer,
    /// Base URL of the Lambda Invoke API in use.
    pub invoke_endpoint: String,
    /// What every function finds in its environment besides its own settings.
    pub environment: BTreeMap<String, String>,
    host: Option<Host>,
    mappings: Vec<(Mapping, EventSourceMapping)>,
    _state: TempDir,
}

impl Stack {
    /// Starts everything and returns when records can be published.
    pub async fn start(options: StackOptions) -> Result<Self, StartError> {
        let state = tempfile::tempdir().map_err(|source| file_error("the temporary folder", source))?;
        let (broker, emulator) = tokio::try_join!(
            Broker::start(options.broker.clone(), &options.repository, &options.progress),
            start_emulator(&options.aws, state.path()),
        )?;
        let killer = Arc::new(OnceLock::<Kill>::new());
        let recorder = start_recorder(&emulator, Arc::clone(&killer)).await?;
        let template = read_template(&options, broker.bootstrap_servers(), &recorder.endpoint())?;
        broker.create_topics(&topics(&template)).await?;
        provision(&emulator, &template, &parameters(&options, broker.bootstrap_servers())).await?;
        let environment = BTreeMap::from([
            ("AWS_ENDPOINT_URL".to_owned(), recorder.endpoint()),
            ("MAX_CONCURRENCY".to_owned(), RECORDS_AT_ONCE.to_owned()),
            ("HANDLER_TIMEOUT_SECONDS".to_owned(), HANDLER_TIMEOUT_SECONDS.to_owned()),
        ]);
        let host = match &options.invoke_endpoint {
            Some(_) => None,
            None => Some(start_host(&options, &template, &environment).await?),
        };
        if let Some(host) = &host {
            // Set once, right here; the recorder has had no call yet.
            let kill = host.killer();
            let _ = killer.set(Arc::new(move |source| {
                kill(source);
            }));
        }
        let invoke_endpoint = match (&options.invoke_endpoint, &host) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(host)) => format!("http://{}", host.address()),
            (None, None) => unreachable!("there is a host where no endpoint is given"),
        };
        let producer = Producer::new(broker.bootstrap_servers()).map_err(|error| kafka_error(&error))?;
        let mut stack = Self {
            template,
            broker,
            emulator,
            recorder,
            producer,
            invoke_endpoint,
            environment,
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

    /// Waits until every mapping has committed all that its topic holds, and what functions published meanwhile.
    pub async fn settled(&self) -> Result<(), MappingError> {
        let all = || self.mappings.iter().map(|(_, mapping)| mapping.settled());
        futures::future::try_join_all(all()).await?;
        // Events that follow from events are published before their cause is committed.
        futures::future::try_join_all(all()).await.map(|_| ())
    }

    /// The function whose binary has this name.
    #[must_use]
    pub fn function(&self, binary: &str) -> Option<&Function> {
        self.template.functions.iter().find(|function| function.binary == binary)
    }

    /// Ends everything, the mappings first, and returns when nothing of it is left.
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

fn read_template(
    options: &StackOptions,
    bootstrap_servers: &str,
    aws_endpoint: &str,
) -> Result<Template, StartError> {
    let infra = options.repository.join("infra");
    let settings = TemplateSettings {
        parameters: parameters(options, bootstrap_servers),
        emulator_endpoint: aws_endpoint.to_owned(),
    };
    Template::read(&[infra.join("platform.yaml"), infra.join("functions.yaml")], &settings)
        .map_err(|error| StartError::Setting(error.to_string()))
}

/// What a deployment would be given, for a laptop.
fn parameters(options: &StackOptions, bootstrap_servers: &str) -> BTreeMap<String, String> {
    let given = [
        ("Stage", "local"),
        ("KafkaClusterArn", &cluster_arn()),
        ("KafkaBootstrapServers", bootstrap_servers),
        ("KafkaAuth", "none"),
        ("FunctionTimeoutSeconds", FUNCTION_TIMEOUT_SECONDS),
        ("EmailFrom", "notices@bank.example"),
        ("PortalUrl", "https://portal.bank.example"),
    ];
    let mut parameters: BTreeMap<String, String> =
        given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    parameters.extend(options.parameters.clone());
    parameters
}

fn cluster_arn() -> String {
    format!("arn:aws:kafka:{REGION}:{ACCOUNT_ID}:cluster/local/00000000-0000-0000-0000-000000000000-1")
}

fn topics(template: &Template) -> Vec<TopicSpec> {
    let catalog = Topic::ALL
        .iter()
        .map(|topic| TopicSpec { name: topic.name().to_owned(), partitions: topic.settings().partitions });
    let mut topics: Vec<TopicSpec> = catalog.collect();
    let mappings = template.functions.iter().flat_map(|function| &function.mappings);
    for mapping in mappings {
        if !topics.iter().any(|topic| topic.name == mapping.topic) {
            topics.push(TopicSpec { name: mapping.topic.clone(), partitions: 1 });
        }
    }
    topics
}

async fn provision(
    emulator: &Emulator,
    template: &Template,
    parameters: &BTreeMap<String, String>,
) -> Result<(), StartError> {
    let failed = |error: EmulatorError| StartError::Setting(error.to_string());
    emulator.provision(&template.tables, &template.queues, &template.buckets).await.map_err(failed)?;
    if let Some(sender) = parameters.get("EmailFrom") {
        emulator.verify_sender(sender).await.map_err(failed)?;
    }
    Ok(())
}

async fn start_host(
    options: &StackOptions,
    template: &Template,
    environment: &BTreeMap<String, String>,
) -> Result<Host, StartError> {
    let functions: Result<Vec<FunctionSpec>, StartError> = template
        .functions
        .iter()
        .map(|function| {
            let program = binary(&options.binaries, &function.binary)?;
            let mut variables = environment.clone();
            variables.extend(function.environment.clone());
            Ok(FunctionSpec {
                name: function.name.clone(),
                command: vec![program.display().to_string()],
                working_directory: None,
                environment: variables,
                timeout: function.timeout,
                memory_mb: function.memory_mb,
                reserved_concurrency: function.reserved_concurrency,
            })
        })
        .collect();
    let host_options = HostOptions {
        on_line: Arc::clone(&options.on_line),
        on_report: Arc::clone(&options.on_report),
        ..HostOptions::default()
    };
    Host::start(functions?, host_options).await
}

fn binary(folder: &Path, name: &str) -> Result<PathBuf, StartError> {
    [folder.join(name).join("bootstrap"), folder.join(name)].into_iter().find(|path| path.is_file()).ok_or_else(|| {
        StartError::Setting(format!(
            "the function {name} is not built: there is no {}; run cargo build --profile quick, or choose another folder",
            folder.join(name).display()
        ))
    })
}

fn mapping_error(error: &MappingError) -> StartError {
    StartError::Setting(error.to_string())
}

fn kafka_error(error: &rdkafka::error::KafkaError) -> StartError {
    StartError::Setting(format!("the Kafka producer cannot be set up: {error}"))
}

fn file_error(path: &str, source: std::io::Error) -> StartError {
    StartError::File { path: path.into(), source }
}

//! The command line of the local stack.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use tidings_events::Event;
use tidings_local::{
    broker::BrokerKind,
    demo::{self, DemoError, Report, Sabotage, tally::Tally},
    environment_files,
    error::StartError,
    mapping::MappingEvent,
    produce::{OutgoingRecord, Producer},
    recorder::Recorder,
    stack::{AwsKind, Stack, StackOptions},
    template::{Function, Mapping},
};
use tracing_subscriber::EnvFilter;

/// Tidings on a laptop: a Kafka broker, an AWS emulator behind a recorder, Lambda's event source mapping, and the
/// functions' real binaries. Everything listens on loopback only.
#[derive(Parser)]
#[command(name = "tidings-local", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Publish a day at a small bank, and check that every record ends as it should.
    Demo {
        #[command(flatten)]
        stack: StackArgs,
        /// Leave everything running afterwards, until Ctrl-C.
        #[arg(long)]
        keep: bool,
        /// Let one effect of a function happen twice, or not at all; the demo must then fail.
        #[arg(long, value_name = "FUNCTION=twice|drop")]
        sabotage: Option<Sabotage>,
    },
    /// Start everything, publish nothing, and show the functions' AWS calls until Ctrl-C.
    Up {
        #[command(flatten)]
        stack: StackArgs,
        /// Write every function's environment as a file into this folder, for functions that run elsewhere.
        #[arg(long, value_name = "DIR")]
        environments: Option<PathBuf>,
    },
    /// Publish an event from a file to the topic of its type.
    Publish {
        /// The brokers, host:port separated by commas.
        #[arg(long, value_name = "HOST:PORT")]
        bootstrap_servers: String,
        /// The event as JSON; the catalog's fixtures are in events/fixtures/events.
        file: PathBuf,
    },
}

#[derive(Args)]
struct StackArgs {
    /// embedded (nothing to install), kafka (Apache Kafka; needs Java and Maven), compose (Redpanda; needs
    /// Docker), or the host:port of a broker that runs.
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS", default_value = "embedded")]
    broker: BrokerKind,
    /// An AWS endpoint that runs already, instead of an emulator of our own.
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    aws: Option<String>,
    /// A Lambda Invoke API that runs the functions, instead of our own host.
    #[arg(long, value_name = "URL")]
    invoke: Option<String>,
    /// The folder with the functions' binaries.
    #[arg(long, value_name = "DIR", default_value = "target/quick")]
    binaries: PathBuf,
    /// The Python virtual environment that has the emulator.
    #[arg(long, value_name = "DIR", default_value = ".venv")]
    venv: PathBuf,
    /// The repository, which holds infra/.
    #[arg(long, value_name = "DIR", default_value = ".")]
    repository: PathBuf,
    /// A parameter of the templates, e.g. TimeZone=Asia/Kolkata; may be given several times.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Print every line of the functions' logs.
    #[arg(long)]
    logs: bool,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    let code = runtime.block_on(async {
        let stop_signal = stop_signal();
        tokio::select! {
            outcome = run(cli.command) => outcome.unwrap_or_else(|error| {
                eprintln!("tidings-local: {error}");
                ExitCode::from(2)
            }),
            // What runs is dropped, and dropping it kills it.
            () = stop_signal => {
                eprintln!("stopping");
                ExitCode::from(130)
            }
        }
    });
    // A commit to a broker that is gone would be waited for without end.
    runtime.shutdown_background();
    code
}

async fn run(command: Command) -> Result<ExitCode, DemoError> {
    match command {
        Command::Demo { stack, keep, sabotage } => demo(&stack, keep, sabotage.as_ref()).await,
        Command::Up { stack, environments } => {
            let (stack, _) = start(&stack).await?;
            if let Some(folder) = environments {
                environment_files::write(&stack, &folder)?;
            }
            print_addresses(&stack);
            show_calls(&stack.recorder).await
        }
        Command::Publish { bootstrap_servers, file } => {
            publish(&bootstrap_servers, &file).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn demo(args: &StackArgs, keep: bool, sabotage: Option<&Sabotage>) -> Result<ExitCode, DemoError> {
    eprintln!("starting the broker, the AWS emulator and the functions");
    let (stack, tally) = start(args).await?;
    let report = match demo::run(&stack, &tally, sabotage, &args.repository.join(".local/demo")).await {
        Ok(report) => report,
        Err(error) => {
            // In order, so that nothing complains of what went before it.
            stack.stop().await;
            return Err(error);
        }
    };
    print_report(&report);
    if keep {
        print_addresses(&stack);
        println!("{}", report.verdict.line());
        return std::future::pending().await;
    }
    stack.stop().await;
    println!("{}", report.verdict.line());
    Ok(if report.verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn start(args: &StackArgs) -> Result<(Stack, Arc<Tally>), StartError> {
    let tally = Arc::new(Tally::default());
    let aws = match &args.aws {
        Some(endpoint) => AwsKind::External(endpoint.clone()),
        None => AwsKind::Emulator(args.venv.join("bin/ministack")),
    };
    let (lines, events, logs) = (Arc::clone(&tally), Arc::clone(&tally), args.logs);
    let options = StackOptions {
        repository: args.repository.clone(),
        binaries: args.binaries.clone(),
        broker: args.broker.clone(),
        aws,
        parameters: stage(args).into_iter().chain(args.parameters.clone()).collect(),
        invoke_endpoint: args.invoke.clone(),
        progress: Arc::new(|line| eprintln!("{line}")),
        on_line: Arc::new(move |instance, line| {
            lines.function_line(line);
            if logs {
                eprintln!("{instance} {line}");
            }
        }),
        on_report: Arc::new(|_| {}),
        observer: Arc::new(move |function: &Function, mapping: &Mapping| {
            let (tally, function, mapping) =
                (Arc::clone(&events), function.binary.clone(), mapping.id.clone());
            Arc::new(move |event: &MappingEvent| tally.mapping_event(&mapping, &function, event))
        }),
    };
    Ok((Stack::start(options).await?, tally))
}

/// A broker that others use as well gets a stage of our own, and so consumer groups of our own.
fn stage(args: &StackArgs) -> BTreeMap<String, String> {
    match args.broker {
        BrokerKind::Embedded | BrokerKind::Kafka => BTreeMap::new(),
        BrokerKind::Compose | BrokerKind::External(_) => {
            let run = Timestamp::now().as_millisecond();
            BTreeMap::from([("Stage".to_owned(), format!("local-{run}"))])
        }
    }
}

async fn publish(bootstrap_servers: &str, file: &Path) -> Result<(), DemoError> {
    let value = std::fs::read(file).map_err(|source| StartError::File { path: file.to_owned(), source })?;
    let wrong = |problem: String| StartError::Setting(format!("{}: {problem}", file.display()));
    let event_type = tidings_events::decode::read_event_type(&value)
        .ok_or_else(|| wrong("no event_type can be read; give an event as JSON".to_owned()))?;
    let event = Event::decode(&value, &event_type).map_err(|error| wrong(error.to_string()))?;
    let record = OutgoingRecord {
        topic: event.event_type().to_owned(),
        key: Some(event.payload.key().as_bytes().to_vec()),
        value: Some(value),
        headers: Vec::new(),
    };
    let position = Producer::new(bootstrap_servers)?.publish(&record).await?;
    println!("published {} to {}/{}", event.event_id, record.topic, position);
    Ok(())
}

fn print_report(report: &Report) {
    println!("\n{}\n", report.table);
    println!("{}", report.samples);
    if let Some(path) = &report.statement {
        println!("A statement: {}\n", path.display());
    }
    for problem in report.verdict.problems.iter().take(20) {
        println!("! {problem}");
    }
}

fn print_addresses(stack: &Stack) {
    println!("Kafka            {}", stack.broker.bootstrap_servers());
    println!("Lambda Invoke    {}", stack.invoke_endpoint);
    println!("AWS, recorded    {}", stack.recorder.endpoint());
    println!("AWS, direct      {}", stack.emulator.endpoint());
    println!("  e-mails        {}/_ministack/ses/messages", stack.emulator.endpoint());
    println!("  SMS            {}/_ministack/sns/sms-messages", stack.emulator.endpoint());
    println!("Publish one more event:");
    println!(
        "  target/quick/tidings-local publish --bootstrap-servers {} events/fixtures/events/transaction.completed-seed.json",
        stack.broker.bootstrap_servers()
    );
    println!("Ctrl-C stops everything.");
}

/// Prints every AWS call as it happens. Never ends.
async fn show_calls(recorder: &Recorder) -> Result<ExitCode, DemoError> {
    let mut count = recorder.subscribe();
    let mut shown = 0;
    while count.changed().await.is_ok() {
        let calls = recorder.calls_since(shown);
        shown += calls.len();
        for call in calls {
            let (resource, event_id) = (call.resource.as_deref(), call.event_id.as_deref());
            let (resource, event_id) = (resource.unwrap_or("-"), event_id.unwrap_or("-"));
            println!("{} {} {} {resource} {event_id}", call.function, call.operation, call.status);
        }
    }
    std::future::pending().await
}

/// Ends at Ctrl-C or SIGTERM, which from the call on end nothing by themselves.
fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let [mut interrupt, mut terminate] = [SignalKind::interrupt(), SignalKind::terminate()]
        .map(|kind| signal(kind).expect("SIGINT and SIGTERM can be handled"));
    async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

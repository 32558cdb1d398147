//! `run`: the functions of any SAM template.

#![expect(clippy::doc_markdown, reason = "the help shows it as it stands")]

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, Write},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, OnceLock},
    time::Duration,
};

use clap::Args;
use tidings_host::LogSink;
use tidings_local::{
    broker::BrokerKind,
    command::{BROKER, CommandError, CommonArgs, INTERRUPTED, addresses, print_out},
    environment_files,
    project::Project,
    runtimes::{Runtimes, python_program},
    stack::{AwsKind, Stack, StackOptions},
    watch::{Output, Screen, Watch, printable},
};
use tidings_trigger::Mapping;
use tokio::time::timeout;

pub(super) const MORE: &str = "\
How a function is started, the first that fits:
  --invoke URL       It runs behind that API; nothing is started here.
  --command          By the command for this function.
  provided.*         By its executable: BINARY/bootstrap or BINARY in the
                     folder of --binaries; without that, bootstrap in the
                     folder of its code (CodeUri), or cargo lambda's
                     target/lambda/BINARY/bootstrap there or in a folder around
                     it. BINARY is its logical id, or what Metadata:
                     BuildProperties: Binary says.
  python3.*          By python3 -m awslambdaric, of --venv or PATH.
  nodejs*            By aws-lambda-ric, of the nearest node_modules or PATH.
  any other runtime  Not without --command.

What needs the AWS emulator:
  Kafka, the triggers and kafka:// failure destinations need nothing of AWS. A template's queues, tables, buckets and \
notification topics, its other failure destinations, and whatever functions call of AWS are the emulator's: ministack, \
of --venv or PATH, or what --aws names. Where there is none, a template that has these does not start.

Kafka's topics:
  All that the templates name are created, with the PartitionCount of an AWS::MSK::Topic in the templates, else with \
--partitions.

Examples:
  Python, with a virtual environment that has awslambdaric and what the functions import:
    tidings-local run --template template.yaml --venv .venv
  Node.js, after npm install aws-lambda-ric beside the code, with a template's parameter:
    tidings-local run --template template.yaml --parameter Stage=test
  Rust or Go, after cargo lambda build or sam build, on Apache Kafka:
    tidings-local run --template template.yaml --broker kafka
  Java, .NET, Ruby or anything else, by the command of its runtime interface client:
    tidings-local run --template template.yaml --command Orders='java
      -cp target/* com.amazonaws.services.lambda.runtime.api.client.AWSLambda
      shop.Orders::handle'

  Then publish, in another terminal, to the address that it prints:
    echo hello |
      tidings-local publish --bootstrap-servers HOST:PORT --topic orders -

Exit status: 2 with what to do if it cannot start; 130 after Ctrl-C, which stops everything.";

/// How long everything may take to end in order.
const STOP_LIMIT: Duration = Duration::from_secs(20);

const PUBLISH: &str = "Publish a record:
  echo hello | tidings-local publish --bootstrap-servers {kafka} --topic TOPIC -";

/// Run the functions of any SAM template, in any language, with Lambda's Kafka trigger before them.
///
/// Starts a Kafka broker with the topics that the templates name, an AWS emulator with their queues, topics, tables and
/// buckets, the functions, and for each of their Kafka triggers an event source mapping that reads, batches, invokes,
/// retries and gives up as AWS documents it. Then it shows what the functions log, until Ctrl-C.
#[derive(Args)]
#[command(after_long_help = MORE)]
pub struct RunArgs {
    /// The SAM (or CloudFormation) template that gets deployed; may be given several times, for stacks that belong
    /// together. Paths in it start from its own folder.
    #[arg(long = "template", value_name = "FILE", required = true)]
    templates: Vec<PathBuf>,
    // Not from the environment: the template's consumer groups would share their records with the functions that are
    // deployed to that broker.
    #[arg(long, help = BROKER, default_value = "embedded")]
    broker: BrokerKind,
    #[command(flatten)]
    common: CommonArgs,
    /// Python's virtual environment: for functions (pip install awslambdaric), and for the AWS emulator (pip install
    /// ministack). What it lacks is taken from PATH.
    #[arg(long, value_name = "DIR")]
    venv: Option<PathBuf>,
    /// The folder with the executables of provided.* functions, as BINARY/bootstrap or BINARY.
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
    /// How to start a function whatever its runtime: the program that asks Lambda's Runtime API for events, with its
    /// arguments, in the folder of the function's code. FUNCTION is its FunctionName or BINARY, and mostly its logical
    /// id. May be given several times.
    #[arg(long = "command", value_name = "FUNCTION=COMMAND", value_parser = command)]
    commands: Vec<(String, Vec<String>)>,
    /// How many partitions those topics have that no AWS::MSK::Topic in the templates describes.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=1000))]
    partitions: i32,
    /// Write every function's environment as a file into this folder, for functions that run elsewhere (--invoke).
    #[arg(long, value_name = "DIR")]
    environments: Option<PathBuf>,
    /// The port of the Prometheus endpoint on 127.0.0.1; 0 is any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    metrics_port: u16,
    /// Do not print the functions' log lines.
    #[arg(long)]
    no_logs: bool,
}

/// Reads `FUNCTION=COMMAND`, the command as a shell splits it.
fn command(text: &str) -> Result<(String, Vec<String>), String> {
    let (function, command) = text.split_once('=').ok_or("expected FUNCTION='PROGRAM ARGUMENT ...'")?;
    match shlex::split(command) {
        None => Err("a quote or backslash in the command has no end".to_owned()),
        Some(words) if words.is_empty() => Err("the command is empty".to_owned()),
        Some(words) => Ok((function.to_owned(), words)),
    }
}

/// What shows the mappings' work: one for the process, as its terminal.
static WATCH: OnceLock<Watch> = OnceLock::new();

/// Leaves the view's last state on the terminal, where there is one.
pub async fn end_view() {
    if let Some(watch) = WATCH.get() {
        watch.stop().await;
    }
}

/// Where log lines go: above the view, where there is one.
pub fn log_writer() -> Box<dyn Write> {
    match WATCH.get() {
        Some(watch) => Box::new(watch.screen()),
        None => Box::new(std::io::stderr()),
    }
}

/// Starts everything, shows what happens, and ends it in order.
pub async fn run(args: RunArgs, stop: impl Future<Output = ()>) -> Result<ExitCode, CommandError> {
    let mut stop = std::pin::pin!(stop);
    let started = Watch::start(args.metrics_port, Output::stderr()).await?;
    let watch = WATCH.get_or_init(|| started);
    let screen = watch.screen();
    let mut stack = tokio::select! {
        started = Stack::start(options(&args, watch)) => started?,
        // What runs is dropped, and dropping it kills it.
        () = &mut stop => return Ok(INTERRUPTED.into()),
    };
    if let Some(folder) = &args.environments {
        environment_files::write(&stack, folder)?;
    }
    for notice in &stack.notices {
        screen.print(format!("note: {notice}"));
    }
    let mut topic = "TOPIC";
    let mappings = stack.template.functions.iter().flat_map(|function| &function.mappings);
    for mapping in mappings.filter(|mapping| mapping.enabled) {
        let Mapping { function, consumer_group_id, .. } = mapping;
        topic = &mapping.topic;
        let trigger = format!("topic {topic} -> function {function}, consumer group {consumer_group_id}");
        show(&screen, &format!("Trigger          {trigger}"));
    }
    show(&screen, &format!("Metrics          {}", watch.metrics_url()));
    show(&screen, &addresses(&stack, &PUBLISH.replace("TOPIC", topic)));
    let outcome = tokio::select! {
        () = stop => Ok(INTERRUPTED.into()),
        id = stack.mapping_ended() => Err(CommandError::MappingEnded(id)),
    };
    screen.print("stopping: invocations under way have some seconds");
    if timeout(STOP_LIMIT, stack.stop()).await.is_err() {
        screen.print("not everything ended in time");
    }
    outcome
}

/// Prints to standard output; where that is a terminal, above the view.
fn show(screen: &Screen, line: &str) {
    if std::io::stdout().is_terminal() {
        screen.print(line);
    } else {
        print_out(&printable(line));
    }
}

fn options(args: &RunArgs, watch: &'static Watch) -> StackOptions {
    let (progress, lines) = (watch.screen(), watch.screen());
    StackOptions {
        project: Project {
            templates: args.templates.clone(),
            parameters: args.common.parameters(),
            topics: Vec::new(),
            partitions: args.partitions,
            sender: None,
            environment: BTreeMap::new(),
        },
        runtimes: Runtimes {
            commands: args.commands.iter().cloned().collect(),
            binaries: args.binaries.clone(),
            venv: args.venv.clone(),
        },
        broker: args.broker.clone(),
        aws: aws(args),
        invoke_endpoint: args.common.invoke.clone(),
        progress: Arc::new(move |line| progress.print(line)),
        on_line: log_sink(args.no_logs, lines),
        on_report: Arc::new(|_| {}),
        observer: Arc::new(|_, mapping| watch.observer(mapping)),
    }
}

/// The emulator is started where it is installed, because functions may call what no template creates, e.g. SES.
fn aws(args: &RunArgs) -> AwsKind {
    match (&args.common.aws, python_program(args.venv.as_deref(), "ministack")) {
        (Some(endpoint), _) => AwsKind::External(endpoint.clone()),
        (None, Some(program)) => AwsKind::Emulator(program),
        (None, None) => AwsKind::Absent,
    }
}

fn log_sink(silent: bool, screen: Screen) -> LogSink {
    if silent {
        return Arc::new(|_, _| {});
    }
    // Python's runtime interface client writes a carriage return for each line end in a message, as CloudWatch likes it.
    Arc::new(move |instance, text| {
        for line in text.split('\r') {
            show(&screen, &format!("{instance} {line}"));
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::command;
    use crate::cli::Cli;

    #[test]
    fn only_the_command_line_says_whose_consumer_groups_are_joined() {
        let cli = Cli::command();
        let run = cli.find_subcommand("run").unwrap();
        let broker = run.get_arguments().find(|argument| argument.get_id() == "broker").unwrap();
        assert_eq!(broker.get_env(), None);
    }

    #[test]
    fn a_command_is_split_as_a_shell_does() {
        let (function, words) = command("Orders=java -cp 'a b/*' X::y").unwrap();
        assert_eq!(
            (function.as_str(), words),
            ("Orders", ["java", "-cp", "a b/*", "X::y"].map(str::to_owned).to_vec())
        );
        for wrong in ["Orders", "Orders=", "Orders=java 'x"] {
            assert!(command(wrong).is_err(), "{wrong}");
        }
    }
}

//! The subcommand `run`, which runs the functions of any SAM template.

#![expect(clippy::doc_markdown, reason = "clap prints doc comments verbatim as help")]

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
How a function is started (the first rule that applies):
  --invoke URL       It runs behind that Invoke API and is not started here.
  --command          With the command given for the function.
  provided.*         From its executable: BINARY/bootstrap or BINARY in the
                     folder --binaries; without that option, bootstrap in
                     the folder of its code (CodeUri), or cargo lambda's
                     target/lambda/BINARY/bootstrap there or in a parent
                     folder. BINARY is the function's logical id, or
                     Metadata: BuildProperties: Binary if that is set.
  python3.*          With python3 -m awslambdaric, from --venv or PATH.
  nodejs*            With aws-lambda-ric, from the nearest node_modules or
                     from PATH.
  any other runtime  Only with --command.

When an AWS emulator is needed:
  Kafka, the triggers and kafka:// failure destinations do not need AWS. An AWS emulator provides the templates' queues, \
tables, buckets and notification topics, all other failure destinations, and every AWS service that the functions call. \
It is ministack, from --venv or PATH, or the endpoint given with --aws. Without an emulator, templates with such \
resources do not start.

Kafka topics:
  All topics in the templates are created. Their number of partitions is the PartitionCount of their AWS::MSK::Topic, \
or --partitions if the templates do not have one.

Examples:
  Python, with a virtual environment that has awslambdaric and the functions' dependencies:
    tidings-local run --template template.yaml --venv .venv
  Node.js, after npm install aws-lambda-ric next to the code, with a template parameter:
    tidings-local run --template template.yaml --parameter Stage=test
  Rust or Go, after cargo lambda build or sam build, with Apache Kafka:
    tidings-local run --template template.yaml --broker kafka
  Java, .NET, Ruby or any other language, with its runtime interface client:
    tidings-local run --template template.yaml --command Orders='java
      -cp target/* com.amazonaws.services.lambda.runtime.api.client.AWSLambda
      shop.Orders::handle'

  Then publish a record in another terminal, to the address that run prints:
    echo hello |
      tidings-local publish --bootstrap-servers HOST:PORT --topic orders -

Exit status: 2 with an error message if it cannot start; 130 after Ctrl-C, which stops everything.";

/// How long an orderly shutdown may take.
const STOP_LIMIT: Duration = Duration::from_secs(20);

const PUBLISH: &str = "Publish a record:
  echo hello | tidings-local publish --bootstrap-servers {kafka} --topic TOPIC -";

/// Run the functions of any SAM template, in any language, with their Kafka triggers.
///
/// Starts a Kafka broker with the templates' topics, an AWS emulator with the templates' queues, topics, tables and
/// buckets, the functions, and an event source mapping for each Kafka trigger. The mappings poll, batch, invoke, retry
/// and discard records as AWS documents it. The functions' logs are printed until Ctrl-C.
#[derive(Args)]
#[command(after_long_help = MORE)]
pub struct RunArgs {
    /// A SAM or CloudFormation template. May be given several times, for stacks that are deployed together. Paths in a
    /// template are relative to its folder.
    #[arg(long = "template", value_name = "FILE", required = true)]
    templates: Vec<PathBuf>,
    // Not read from the environment: with the address of a shared broker, the template's consumer groups would compete
    // with the deployed functions for records.
    #[arg(long, help = BROKER, default_value = "embedded")]
    broker: BrokerKind,
    #[command(flatten)]
    common: CommonArgs,
    /// A Python virtual environment for functions (pip install awslambdaric) and the AWS emulator (pip install
    /// ministack). A program that is not in it is searched in PATH.
    #[arg(long, value_name = "DIR")]
    venv: Option<PathBuf>,
    /// The folder with the executables of provided.* functions, BINARY/bootstrap or BINARY.
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
    /// The command that starts a function of any runtime: a program that uses Lambda's Runtime API, with its
    /// arguments. It runs in the folder of the function's code. FUNCTION is the FunctionName or BINARY, which is
    /// usually the logical id. May be given several times.
    #[arg(long = "command", value_name = "FUNCTION=COMMAND", value_parser = command)]
    commands: Vec<(String, Vec<String>)>,
    /// The number of partitions of topics without an AWS::MSK::Topic in the templates.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=1000))]
    partitions: i32,
    /// Write each function's environment variables to a file in this folder, for functions that run behind --invoke.
    #[arg(long, value_name = "DIR")]
    environments: Option<PathBuf>,
    /// The port of the Prometheus endpoint on 127.0.0.1; 0 chooses a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    metrics_port: u16,
    /// Do not print the functions' log lines.
    #[arg(long)]
    no_logs: bool,
}

/// Parses `FUNCTION=COMMAND` and splits the command as a shell does.
fn command(text: &str) -> Result<(String, Vec<String>), String> {
    let (function, command) = text.split_once('=').ok_or("expected FUNCTION='PROGRAM ARGUMENT ...'")?;
    match shlex::split(command) {
        None => Err("the command has an unclosed quote or a trailing backslash".to_owned()),
        Some(words) if words.is_empty() => Err("the command is empty".to_owned()),
        Some(words) => Ok((function.to_owned(), words)),
    }
}

/// The process's only watch, which owns the terminal.
static WATCH: OnceLock<Watch> = OnceLock::new();

/// Stops the view and leaves its last state on the terminal.
pub async fn end_view() {
    if let Some(watch) = WATCH.get() {
        watch.stop().await;
    }
}

/// The destination of log lines: above the view if there is one, otherwise standard error.
pub fn log_writer() -> Box<dyn Write> {
    match WATCH.get() {
        Some(watch) => Box::new(watch.screen()),
        None => Box::new(std::io::stderr()),
    }
}

/// Starts the stack, shows its work until `stop`, and shuts it down.
pub async fn run(args: RunArgs, stop: impl Future<Output = ()>) -> Result<ExitCode, CommandError> {
    let mut stop = std::pin::pin!(stop);
    let started = Watch::start(args.metrics_port, Output::stderr()).await?;
    let watch = WATCH.get_or_init(|| started);
    let screen = watch.screen();
    let mut stack = tokio::select! {
        started = Stack::start(options(&args, watch)) => started?,
        // Dropping the unfinished start kills what is already running.
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
    screen.print("stopping: waiting a few seconds for running invocations");
    if timeout(STOP_LIMIT, stack.stop()).await.is_err() {
        screen.print("the stack did not stop in time; the remaining processes are killed");
    }
    outcome
}

/// Prints to standard output. If that is a terminal, prints above the view.
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

/// If ministack is installed, it is always started, because functions may call services that need no resource in a
/// template, e.g. SES.
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
    // Python's runtime interface client replaces line feeds in a message by carriage returns, for CloudWatch.
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
    fn the_broker_is_not_read_from_the_environment() {
        let cli = Cli::command();
        let run = cli.find_subcommand("run").unwrap();
        let broker = run.get_arguments().find(|argument| argument.get_id() == "broker").unwrap();
        assert_eq!(broker.get_env(), None);
    }

    #[test]
    fn a_command_is_split_like_in_a_shell() {
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

//! `demo` and `up`: this repository's own functions.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use jiff::Timestamp;
use tidings_cli::demo::{self, Report, Sabotage, tally::Tally};
use tidings_local::{
    broker::BrokerKind,
    command::{BROKER, CommandError, CommonArgs, addresses, print_err, print_out},
    environment_files,
    runtimes::Runtimes,
    stack::{AwsKind, Stack, StackOptions},
    watch::{self, printable},
};
use tidings_mapping::MappingEvent;
use tidings_template::Function;
use tidings_trigger::Mapping;

use super::DemoCommandError;

const PUBLISH: &str = "Publish one more event:
  target/quick/tidings publish --bootstrap-servers {kafka} \
events/bank/fixtures/events/transaction.completed-seed.json";

/// Publish a day at a small bank to Tidings' own functions, and check that every record ends as it should.
#[derive(Args)]
pub struct DemoArgs {
    #[command(flatten)]
    stack: StackArgs,
    /// Leave everything running afterwards, until Ctrl-C.
    #[arg(long)]
    keep: bool,
    /// Let one effect of a function happen twice, or not at all; the demo must then fail.
    #[arg(long, value_name = "FUNCTION=twice|drop")]
    sabotage: Option<Sabotage>,
}

/// Start Tidings' own functions, publish nothing, and show the functions' AWS calls until Ctrl-C.
#[derive(Args)]
pub struct UpArgs {
    #[command(flatten)]
    stack: StackArgs,
    /// Write every function's environment as a file into this folder, for functions that run elsewhere.
    #[arg(long, value_name = "DIR")]
    environments: Option<PathBuf>,
}

#[derive(Args)]
struct StackArgs {
    #[arg(long, help = BROKER, env = "KAFKA_BOOTSTRAP_SERVERS", default_value = "embedded")]
    broker: BrokerKind,
    #[command(flatten)]
    common: CommonArgs,
    /// The folder with the functions' binaries.
    #[arg(long, value_name = "DIR", default_value = "target/quick")]
    binaries: PathBuf,
    /// The Python virtual environment that has the emulator.
    #[arg(long, value_name = "DIR", default_value = ".venv")]
    venv: PathBuf,
    /// The repository, which holds infra/ and functions/.
    #[arg(long, value_name = "DIR", default_value = ".")]
    repository: PathBuf,
    /// Print every line of the functions' logs.
    #[arg(long)]
    logs: bool,
}

/// Runs the demo and tells its verdict.
pub async fn demo(args: &DemoArgs) -> Result<ExitCode, DemoCommandError> {
    print_err("starting the broker, the AWS emulator and the functions");
    let (mut stack, tally) = start(&args.stack).await?;
    let report = match demo::run(&stack, &tally, args.sabotage.as_ref(), &args.stack.repository).await {
        Ok(report) => report,
        Err(error) => {
            // In order, so that nothing complains of what went before it.
            stack.stop().await;
            return Err(error.into());
        }
    };
    print_report(&report);
    if args.keep {
        print_out(&addresses(&stack, PUBLISH));
        print_out(&report.verdict.line());
        return Err(CommandError::MappingEnded(stack.mapping_ended().await).into());
    }
    stack.stop().await;
    print_out(&report.verdict.line());
    Ok(if report.verdict.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts everything. Ends only where a mapping did.
pub async fn up(args: &UpArgs) -> Result<ExitCode, CommandError> {
    let (mut stack, _) = start(&args.stack).await?;
    if let Some(folder) = &args.environments {
        environment_files::write(&stack, folder)?;
    }
    print_out(&addresses(&stack, PUBLISH));
    Err(show_calls(&mut stack).await)
}

async fn start(args: &StackArgs) -> Result<(Stack, Arc<Tally>), CommandError> {
    let tally = Arc::new(Tally::default());
    let aws = match &args.common.aws {
        Some(endpoint) => AwsKind::External(endpoint.clone()),
        None => AwsKind::Emulator(args.venv.join("bin/ministack")),
    };
    let parameters = stage(&args.broker).into_iter().chain(args.common.parameters()).collect();
    let (lines, events, logs) = (Arc::clone(&tally), Arc::clone(&tally), args.logs);
    let options = StackOptions {
        project: tidings_cli::project(&args.repository, parameters)?,
        runtimes: Runtimes { binaries: Some(args.binaries.clone()), ..Runtimes::default() },
        broker: args.broker.clone(),
        aws,
        invoke_endpoint: args.common.invoke.clone(),
        progress: Arc::new(print_err),
        on_line: Arc::new(move |instance, line| {
            lines.function_line(line);
            if logs {
                print_err(&format!("{instance} {line}"));
            }
        }),
        on_report: Arc::new(|_| {}),
        observer: Arc::new(move |function: &Function, mapping: &Mapping| {
            let (tally, function, id) = (Arc::clone(&events), function.binary.clone(), mapping.id.clone());
            let log = watch::logged(mapping, print_err);
            Arc::new(move |event: &MappingEvent| {
                log(event);
                tally.mapping_event(&id, &function, event);
            })
        }),
    };
    Ok((Stack::start(options).await?, tally))
}

/// A broker that others use as well gets a stage of our own, and so consumer groups of our own.
fn stage(broker: &BrokerKind) -> BTreeMap<String, String> {
    match broker {
        BrokerKind::Embedded | BrokerKind::Kafka => BTreeMap::new(),
        BrokerKind::Compose | BrokerKind::External(_) => {
            let run = Timestamp::now().as_millisecond();
            BTreeMap::from([("Stage".to_owned(), format!("local-{run}"))])
        }
    }
}

fn print_report(report: &Report) {
    print_out(&format!("\n{}\n", report.table));
    print_out(&report.samples);
    if let Some(path) = &report.statement {
        print_out(&format!("A statement: {}\n", path.display()));
    }
    for problem in report.verdict.problems.iter().take(20) {
        print_out(&format!("! {problem}"));
    }
}

/// Prints every AWS call as it happens. Ends where a mapping did.
async fn show_calls(stack: &mut Stack) -> CommandError {
    let mut count = stack.recorder.subscribe();
    let mut shown = 0;
    loop {
        tokio::select! {
            Ok(()) = count.changed() => {}
            id = stack.mapping_ended() => return CommandError::MappingEnded(id),
        }
        let calls = stack.recorder.calls_since(shown);
        shown += calls.len();
        for call in calls {
            let (resource, event_id) = (call.resource.as_deref(), call.event_id.as_deref());
            let (resource, event_id) = (resource.unwrap_or("-"), event_id.unwrap_or("-"));
            let line = format!("{} {} {} {resource} {event_id}", call.function, call.operation, call.status);
            print_out(&printable(&line));
        }
    }
}

//! How a function's process is started: the command for its runtime.
//!
//! Lambda's managed runtimes wrap a function in a runtime interface client, which AWS also publishes as packages; with
//! these a function runs in the host as it is. An executable of `provided.*` brings its own.

mod executable;
mod node;
mod python;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use tidings_process::find_program;
use tidings_template::{Code, Function, Template};

/// A function cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// A command is given for a function that does not exist.
    #[error("--command names the function {name}, which no template has; there are: {known}")]
    UnknownFunction {
        /// As given.
        name: String,
        /// The functions' names, separated by commas.
        known: String,
    },
    /// There is no folder with its code.
    #[error(
        "function {function} has its code in {folder}, which is not a folder; correct it in the template, or build it"
    )]
    NoCode {
        /// The function.
        function: String,
        /// Where the template says that it is.
        folder: PathBuf,
    },
    /// Its code is not on this machine.
    #[error(
        "function {function} has {construct} (line {line} of its template), which the local stack cannot start by itself; \
         name a folder with the code there, say how to start it with --command {function}='PROGRAM ARGUMENT ...', or give \
         an Invoke API that runs it with --invoke URL"
    )]
    Elsewhere {
        /// The function.
        function: String,
        /// What says so.
        construct: String,
        /// Where.
        line: usize,
    },
    /// The executable is missing.
    #[error(
        "function {function} is not built: there is no {places}; build it, e.g. by cargo build --profile quick or cargo \
         lambda build, name its folder with --binaries DIR, or say how to start it with --command {function}='PROGRAM'"
    )]
    NotBuilt {
        /// The function.
        function: String,
        /// Where it was looked for.
        places: String,
    },
    /// The runtime interface client is missing.
    #[error(
        "function {function} needs the runtime interface client {package}, which {place} lacks; {remedy}, or say how to \
         start it with --command {function}='PROGRAM ARGUMENT ...'"
    )]
    NoClient {
        /// The function.
        function: String,
        /// The package's name.
        package: &'static str,
        /// Where it was looked for.
        place: String,
        /// How to install it.
        remedy: String,
    },
    /// No runtime that starts by itself here.
    #[error(
        "function {function} has the runtime {runtime}, which the local stack cannot start by itself; say how to start its \
         runtime interface client with --command {function}='PROGRAM ARGUMENT ...'"
    )]
    Unsupported {
        /// The function.
        function: String,
        /// Its runtime.
        runtime: String,
    },
}

/// What is known about starting functions besides their templates.
#[derive(Clone, Debug, Default)]
pub struct Runtimes {
    /// Commands of functions, by name or logical id, which win over everything else.
    pub commands: BTreeMap<String, Vec<String>>,
    /// The folder with the executables of `provided.*` functions: `{binary}`, or `{binary}/bootstrap` as cargo-lambda
    /// lays them out. Where there is none, they are looked for where the template says that the code is.
    pub binaries: Option<PathBuf>,
    /// The Python virtual environment of the functions; where there is none, `python3` of PATH is taken.
    pub venv: Option<PathBuf>,
}

/// How one function is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Where; `None`: where its program is.
    pub directory: Option<PathBuf>,
}

/// How the functions of a template are started.
#[derive(Clone, Debug, Default)]
pub struct Starts {
    /// By the function's name.
    pub by_function: BTreeMap<String, Start>,
    /// What a person should know, e.g. why a function is left out.
    pub notices: Vec<String>,
}

impl Runtimes {
    /// Finds out how each function of a template is started. A function without a Kafka trigger that cannot be
    /// started is left out, and a notice tells why.
    pub async fn starts(&self, template: &Template) -> Result<Starts, RuntimeError> {
        self.check_names(template)?;
        let mut starts = Starts::default();
        for function in &template.functions {
            match self.start(function, &mut starts.notices).await {
                Ok(start) => {
                    starts.by_function.insert(function.name.clone(), start);
                }
                Err(error) if function.mappings.is_empty() => {
                    starts.notices.push(format!("passed over, as no Kafka topic triggers it: {error}"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(starts)
    }

    fn check_names(&self, template: &Template) -> Result<(), RuntimeError> {
        let is_known = |name: &str| template.functions.iter().any(|it| it.name == name || it.binary == name);
        match self.commands.keys().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => {
                let known = template.functions.iter().map(|function| function.name.as_str());
                Err(RuntimeError::UnknownFunction {
                    name: name.clone(),
                    known: known.collect::<Vec<_>>().join(", "),
                })
            }
        }
    }

    async fn start(&self, function: &Function, notices: &mut Vec<String>) -> Result<Start, RuntimeError> {
        if let Some(command) = self.commands.get(&function.name).or(self.commands.get(&function.binary)) {
            // Without code of its own, e.g. in an archive, the command knows where it is.
            let directory = code(function).ok().or_else(|| std::env::current_dir().ok());
            return Ok(Start { command: command.clone(), directory });
        }
        // An image has none.
        let runtime = function.runtime.as_deref().unwrap_or_default();
        match runtime {
            runtime if runtime.starts_with("provided") => {
                executable::start(function, self.binaries.as_deref())
            }
            runtime if runtime.starts_with("python3") => {
                python::start(function, runtime, self.venv.as_deref(), notices).await
            }
            runtime if runtime.starts_with("nodejs") => node::start(function),
            _ => {
                code(function)?;
                Err(RuntimeError::Unsupported {
                    function: function.name.clone(),
                    runtime: runtime.to_owned(),
                })
            }
        }
    }
}

/// The folder with a function's code, as an absolute path, because it becomes the process's own.
fn code(function: &Function) -> Result<PathBuf, RuntimeError> {
    let written = match &function.code {
        Code::Here(path) => path,
        Code::Elsewhere { line, construct } => {
            let (function, construct) = (function.name.clone(), construct.clone());
            return Err(RuntimeError::Elsewhere { function, construct, line: *line });
        }
    };
    std::path::absolute(written)
        .ok()
        .filter(|path| path.is_dir())
        .ok_or_else(|| RuntimeError::NoCode { function: function.name.clone(), folder: written.to_owned() })
}

/// A program of a virtual environment, or else of PATH.
#[must_use]
pub fn python_program(venv: Option<&Path>, name: &str) -> Option<PathBuf> {
    let own = venv.map(|venv| venv.join("bin").join(name)).and_then(|path| std::path::absolute(path).ok());
    own.filter(|path| path.is_file()).or_else(|| find_program(name, "").ok())
}

#[cfg(test)]
mod tests;

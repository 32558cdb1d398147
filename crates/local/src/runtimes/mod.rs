//! The commands that start functions, by runtime.
//!
//! Lambda's managed runtimes run a function in a runtime interface client, which AWS also publishes as a package. With
//! it, a function runs unchanged in the host. A `provided.*` executable includes its client.

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
    #[error("no template has the function {name} of --command; the functions are: {known}")]
    UnknownFunction {
        /// The given name.
        name: String,
        /// The functions' names, separated by commas.
        known: String,
    },
    /// The folder with its code does not exist.
    #[error(
        "the code of function {function} should be in {folder}, which is not a folder; correct the template or build the code"
    )]
    NoCode {
        /// The function.
        function: String,
        /// The folder in the template.
        folder: PathBuf,
    },
    /// Its code is not on this machine.
    #[error(
        "function {function} has {construct} (line {line} of its template), which the local stack cannot run; set a \
         folder with the code in the template, give a command with --command {function}='PROGRAM ARGUMENT ...', or give \
         an Invoke API that runs the function with --invoke URL"
    )]
    Elsewhere {
        /// The function.
        function: String,
        /// The property and the kind of location.
        construct: String,
        /// The line in the template.
        line: usize,
    },
    /// The executable is missing.
    #[error(
        "function {function} is not built: there is no {places}; build it, e.g. with cargo build --profile quick or cargo \
         lambda build, give its folder with --binaries DIR, or give a command with --command {function}='PROGRAM'"
    )]
    NotBuilt {
        /// The function.
        function: String,
        /// The paths that were searched.
        places: String,
    },
    /// The runtime interface client is missing.
    #[error(
        "function {function} needs the runtime interface client {package}, which was not found in {place}; {remedy}, or \
         give a command with --command {function}='PROGRAM ARGUMENT ...'"
    )]
    NoClient {
        /// The function.
        function: String,
        /// The package's name.
        package: &'static str,
        /// The place that was searched.
        place: String,
        /// How to install it.
        remedy: String,
    },
    /// Its runtime is not supported without a command.
    #[error(
        "function {function} has the runtime {runtime}, which the local stack cannot start; give the command of its runtime \
         interface client with --command {function}='PROGRAM ARGUMENT ...'"
    )]
    Unsupported {
        /// The function.
        function: String,
        /// Its runtime.
        runtime: String,
    },
}

/// Settings for starting functions that are not in the templates.
#[derive(Clone, Debug, Default)]
pub struct Runtimes {
    /// Commands by function name or logical id. They take precedence over everything else.
    pub commands: BTreeMap<String, Vec<String>>,
    /// The folder with the executables of `provided.*` functions: `{binary}`, or `{binary}/bootstrap` as in
    /// cargo-lambda. If it is not set, they are searched in the folder of the code.
    pub binaries: Option<PathBuf>,
    /// The Python virtual environment of the functions. If it is not set, `python3` from PATH is used.
    pub venv: Option<PathBuf>,
}

/// How one function is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The working directory; `None` for the program's folder.
    pub directory: Option<PathBuf>,
}

/// How the functions of a template are started.
#[derive(Clone, Debug, Default)]
pub struct Starts {
    /// How to start each function, by name.
    pub by_function: BTreeMap<String, Start>,
    /// Messages for the user, e.g. why a function is ignored.
    pub notices: Vec<String>,
}

impl Runtimes {
    /// Determines how to start each function of a template. A function that cannot be started is an error, or, if it
    /// has no Kafka trigger, a notice.
    pub async fn starts(&self, template: &Template) -> Result<Starts, RuntimeError> {
        self.check_names(template)?;
        let mut starts = Starts::default();
        for function in &template.functions {
            match self.start(function, &mut starts.notices).await {
                Ok(start) => {
                    starts.by_function.insert(function.name.clone(), start);
                }
                Err(error) if function.mappings.is_empty() => {
                    starts.notices.push(format!("ignored a function without a Kafka trigger: {error}"));
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
            // If the code is not in a folder, the command must know where it is.
            let directory = code(function).ok().or_else(|| std::env::current_dir().ok());
            return Ok(Start { command: command.clone(), directory });
        }
        // An image has no runtime.
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

/// The folder with a function's code. The path is absolute, because it becomes the working directory.
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

/// A program from a virtual environment, or from PATH.
#[must_use]
pub fn python_program(venv: Option<&Path>, name: &str) -> Option<PathBuf> {
    let own = venv.map(|venv| venv.join("bin").join(name)).and_then(|path| std::path::absolute(path).ok());
    own.filter(|path| path.is_file()).or_else(|| find_program(name, "").ok())
}

#[cfg(test)]
mod tests;

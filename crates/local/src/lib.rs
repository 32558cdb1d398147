//! Runs a deployable template locally: a Kafka broker, an AWS emulator behind a recording proxy, Lambda's event source
//! mappings and a host for the functions' real binaries, all on loopback.

pub mod broker;
pub mod command;
pub mod emulator;
pub mod environment_files;
pub mod produce;
pub mod project;
pub mod runtimes;
pub mod stack;
pub mod watch;

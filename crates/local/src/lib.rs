//! AWS's part on a laptop: a Kafka broker, an AWS emulator behind a recording proxy, Lambda's event source
//! mapping and a host for the functions' real binaries, all on loopback, from the template that gets deployed.

pub mod arn;
pub mod broker;
pub mod conformance;
pub mod demo;
pub mod emulator;
pub mod environment_files;
pub mod error;
pub mod filter;
pub mod host;
pub mod mapping;
pub mod process;
pub mod produce;
pub mod project;
pub mod recorder;
pub mod runtimes;
pub mod stack;
pub mod template;
pub mod watch;

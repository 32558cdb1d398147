//! Tidings on a laptop: this repository's own functions, and the demo, which publishes a day at a small bank to them and
//! checks every record's end.

pub mod demo;
pub mod function_facts;
mod project;
mod toml_file;

pub use project::project;

//! Tidings on a laptop: this repository's own functions, and the demo, which publishes a day at a small bank to them and
//! checks every record's end.

pub mod demo;
mod project;

pub use project::project;

//! Calculates the cost of Tidings on AWS from list prices, a load and measured durations.
//!
//! All arithmetic is decimal. The data are in `prices.toml`, `load.toml` and `measured.toml` here, in the table
//! `[cost]` of each function's `function.toml`, and in the templates. `docs/cost.md` shows the results; a test keeps it
//! up to date.

pub mod batch;
pub mod bill;
pub mod document;
pub mod error;
pub mod input;
pub mod price;

pub use bill::{Area, Bill, Line};
pub use error::CostError;
pub use input::{Load, Measured, Mode};
pub use price::Prices;

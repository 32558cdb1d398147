//! What Tidings costs on AWS: list prices, a load, measured durations, and the arithmetic between them.
//!
//! Everything is decimal. The tables are data (`prices.toml`, `load.toml`, `measured.toml`); `docs/cost.md` shows
//! what comes of them, and a test holds it to them.

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

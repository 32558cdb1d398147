//! The arithmetic, its inputs, and what depends on it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arithmetic;
mod document;
mod input;
mod properties;
mod templates;

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use tidings_cost::{Load, Measured, Prices, input::read};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The tables of the repository.
fn tables() -> (Prices, Load, Measured) {
    read(&repository().join("infra/cost")).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

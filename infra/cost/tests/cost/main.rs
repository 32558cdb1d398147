//! Tests of the arithmetic, its inputs and the document.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arithmetic;
mod document;
mod input;
mod properties;

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use rust_decimal::Decimal;
use tidings_cost::{Load, Measured, Prices, input::read};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The tables of the repository.
fn tables() -> (Prices, Load, Measured) {
    static TABLES: LazyLock<(Prices, Load, Measured)> = LazyLock::new(|| read(&repository()).unwrap());
    TABLES.clone()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

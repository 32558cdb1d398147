//! What can be wrong with the tables.

use rust_decimal::Decimal;

/// The cost cannot be calculated from these tables.
#[derive(Debug, thiserror::Error)]
pub enum CostError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why not.
        error: std::io::Error,
    },
    /// Not valid TOML, or with other fields than expected.
    #[error("{path}: {error}")]
    Toml {
        /// Which.
        path: String,
        /// What and where.
        error: toml::de::Error,
    },
    /// A number is out of its range.
    #[error("{name} is {value}; it must be {wanted}")]
    OutOfRange {
        /// Where it stands.
        name: String,
        /// What it is.
        value: Decimal,
        /// What it must be.
        wanted: &'static str,
    },
    /// A price that the calculation needs is not in the table.
    #[error("there is no price {id}; add [prices.{id}] to prices.toml")]
    MissingPrice {
        /// Its name.
        id: String,
    },
    /// A price has neither one amount nor steps, or its steps do not rise from 0.
    #[error("price {id}: give either usd, or steps that rise from above = \"0\"")]
    PriceSteps {
        /// Its name.
        id: String,
    },
    /// A function that the project does not have.
    #[error("there is no function {name}; there are {known}", known = crate::input::FUNCTIONS.join(", "))]
    UnknownFunction {
        /// How it is called.
        name: String,
    },
    /// A function that the load or the measurements leave out.
    #[error("{table} has no [functions.{name}]; add it")]
    MissingFunction {
        /// Its name.
        name: &'static str,
        /// Which file.
        table: &'static str,
    },
    /// A topic that has no share of the load.
    #[error("{function} subscribes to {topic}, which [topics] gives no share; add it")]
    UnknownTopic {
        /// The subscriber.
        function: String,
        /// The topic.
        topic: String,
    },
    /// The shares of the topics do not make up the load.
    #[error("the shares in [topics] come to {sum}; they must come to 1")]
    Shares {
        /// What they come to.
        sum: Decimal,
    },
    /// A part of the document that the program writes is not marked in it.
    #[error("the document has no {marker}; put it back")]
    MissingMarker {
        /// The line that is missing.
        marker: String,
    },
}

//! Errors in the tables and templates.

use rust_decimal::Decimal;
use tidings_template::TemplateError;

/// The cost cannot be calculated from these tables.
#[derive(Debug, thiserror::Error)]
pub enum CostError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The path.
        path: String,
        /// The I/O error.
        error: std::io::Error,
    },
    /// A file is not valid TOML or does not have the expected fields.
    #[error("{path}: {error}")]
    Toml {
        /// The path.
        path: String,
        /// What is wrong, and where.
        error: toml::de::Error,
    },
    /// A number is out of its range.
    #[error("{name} is {value}; it must be {wanted}")]
    OutOfRange {
        /// Its key in the table.
        name: String,
        /// Its value.
        value: Decimal,
        /// The accepted range.
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
    /// A stack's template cannot be read.
    #[error("stack {stack} of infra/stacks.toml: {error}")]
    Template {
        /// The stack's name.
        stack: String,
        /// What is wrong with its template.
        error: Box<TemplateError>,
    },
    /// A function has no cost table.
    #[error(
        "{path} has no table [cost]; add it with the cost of a record of this function (empty if there is none besides \
         its invocation, claim and logs)"
    )]
    MissingCost {
        /// The file that should have the table.
        path: String,
    },
    /// No template has a function that was measured.
    #[error(
        "measured.toml has [functions.{name}], but no template has this function; measure again or remove it"
    )]
    UnknownFunction {
        /// Its name.
        name: String,
    },
    /// No template has a topic that has a share of the load.
    #[error(
        "[topics] in load.toml gives a share to {topic}, but no template has this topic; correct its name"
    )]
    UnknownTopic {
        /// Its name.
        topic: String,
    },
    /// The shares of the topics do not add up to 1.
    #[error("the shares in [topics] add up to {sum}; they must add up to 1")]
    Shares {
        /// Their sum.
        sum: Decimal,
    },
    /// The document lacks the marker of a table.
    #[error("the document has no {marker}; put it back")]
    MissingMarker {
        /// The missing line.
        marker: String,
    },
}

//! The consumer through its public API: the delivery contract sentence by sentence, properties of arbitrary
//! input, a model of faults and kills, and a comparison with `aws_lambda_events`.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod contract;
mod differential;
mod model;
mod properties;
mod support;

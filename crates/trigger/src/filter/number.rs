//! Numeric matching.

use std::ops::{Bound, RangeBounds as _};
use std::str::FromStr as _;

use rust_decimal::Decimal;

use super::fault::Fault;

/// Numeric matching supports values from -5.0e9 to 5.0e9 with six decimal places. Chosen: further digits count too.
/// Source:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
const LIMIT: i64 = 5_000_000_000;

/// The range of a `numeric` operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    low: Bound<Decimal>,
    high: Bound<Decimal>,
}

impl Range {
    /// Parses pairs of an operator and a number.
    pub(super) fn parse(comparisons: &[(&str, &str)]) -> Result<Self, Fault> {
        let read = |text| number(text).ok_or(Fault::NumberBeyondLimit);
        match *comparisons {
            [("=", text)] => read(text).map(|n| Self { low: Bound::Included(n), high: Bound::Included(n) }),
            [(operator @ (">" | ">="), text)] => {
                Ok(Self { low: bound(operator, read(text)?), high: Bound::Unbounded })
            }
            [(operator @ ("<" | "<="), text)] => {
                Ok(Self { low: Bound::Unbounded, high: bound(operator, read(text)?) })
            }
            [(lower @ (">" | ">="), low), (upper @ ("<" | "<="), high)] => {
                let (low, high) = (read(low)?, read(high)?);
                if low >= high {
                    return Err(Fault::EmptyRange);
                }
                Ok(Self { low: bound(lower, low), high: bound(upper, high) })
            }
            _ => Err(Fault::Numeric),
        }
    }

    /// Whether the number is in the range. A number beyond the limits is in no range.
    pub(super) fn accepts(&self, text: &str) -> bool {
        number(text).is_some_and(|number| (self.low, self.high).contains(&number))
    }
}

fn bound(operator: &str, number: Decimal) -> Bound<Decimal> {
    if operator.ends_with('=') { Bound::Included(number) } else { Bound::Excluded(number) }
}

fn number(text: &str) -> Option<Decimal> {
    let read = if text.contains(['e', 'E']) { Decimal::from_scientific } else { Decimal::from_str };
    read(text).ok().filter(|number| number.abs() <= Decimal::from(LIMIT))
}

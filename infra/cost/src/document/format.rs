//! Numbers and tables as text.

use rust_decimal::{Decimal, RoundingStrategy};

/// A Markdown table. `columns` has a letter for each column: `l` for text on the left, `r` for numbers on the right.
pub fn table(header: &[&str], columns: &str, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let names: Vec<_> = header.iter().map(|name| (*name).to_owned()).collect();
    let ruler: Vec<_> =
        columns.chars().map(|column| if column == 'l' { "---" } else { "---:" }.to_owned()).collect();
    line(&names) + &line(&ruler) + &rows.into_iter().map(|row| line(&row)).collect::<String>()
}

/// A number with grouped thousands and this many decimals.
pub fn number(value: Decimal, decimals: u32) -> String {
    let rounded = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    let text = format!("{:.*}", decimals as usize, rounded.abs());
    let (whole, rest) = text.find('.').map_or((&*text, ""), |point| text.split_at(point));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if rounded < Decimal::ZERO { "−" } else { "" };
    format!("{sign}{grouped}{rest}")
}

/// Dollars, with cents if below a hundred.
pub fn dollars(usd: Decimal) -> String {
    let decimals = if usd.abs() < Decimal::ONE_HUNDRED { 2 } else { 0 };
    let text = number(usd, decimals);
    match text.strip_prefix('−') {
        Some(amount) => format!("−${amount}"),
        None => format!("${text}"),
    }
}

/// A bar of up to 20 blocks.
pub fn bar(value: Decimal, most: Decimal) -> String {
    if most.is_zero() {
        return String::new();
    }
    let blocks = (value / most * Decimal::from(20)).ceil();
    "█".repeat(usize::try_from(blocks).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_grouped_and_rounded_half_away_from_zero() {
        assert_eq!(number(decimal("1234567.005"), 2), "1,234,567.01");
        assert_eq!(number(decimal("-999.5"), 0), "−1,000");
        assert_eq!(number(decimal("-0.001"), 2), "0.00");
        assert_eq!(number(decimal("7"), 1), "7.0");
    }

    #[test]
    fn dollars_have_cents_below_a_hundred() {
        assert_eq!(dollars(decimal("99.994")), "$99.99");
        assert_eq!(dollars(decimal("-12345.6")), "−$12,346");
    }

    #[test]
    fn the_longest_bar_has_twenty_blocks_and_any_amount_has_one() {
        assert_eq!(bar(decimal("3"), decimal("3")).chars().count(), 20);
        assert_eq!(bar(decimal("0.0001"), decimal("3")).chars().count(), 1);
        assert_eq!(bar(Decimal::ZERO, decimal("3")), "");
    }
}

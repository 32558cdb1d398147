//! The view as text, at several widths.

use tidings_trigger::Pollers;

use super::super::view::{Mode, Row, summary, table};

fn rows() -> Vec<Row> {
    let row = |function: &str, topic: &str| Row {
        function: function.to_owned(),
        topic: topic.to_owned(),
        pollers: 1,
        ..Row::default()
    };
    vec![
        Row {
            mode: Mode::Provisioned(Pollers { minimum: 1, maximum: 10 }),
            pollers: 4,
            lag: Some(1_203),
            in_flight: 4,
            to_retry: 37,
            done: 2_400_118,
            failed: 61,
            delivered: 12,
            throttled: 3,
            ..row("shop-prod-billing-consumer-of-orders", "prod.shop.orders.completed")
        },
        Row { lag: Some(0), done: 940, filtered: 12_000, ..row("search", "prod.shop.orders.completed") },
        row("mail", "accounts"),
    ]
}

#[test]
fn at_40_columns() {
    insta::assert_snapshot!(table(&rows(), 40, 40).join("\n"));
}

#[test]
fn at_80_columns() {
    insta::assert_snapshot!(table(&rows(), 80, 40).join("\n"));
}

#[test]
fn at_200_columns() {
    insta::assert_snapshot!(table(&rows(), 200, 40).join("\n"));
}

/// This number of mappings, of which every tenth is active.
fn many(count: u64) -> Vec<Row> {
    let row = |number: u64| Row {
        function: format!("function-{number}"),
        topic: "topic".to_owned(),
        lag: Some(if number.is_multiple_of(10) { number + 1 } else { 0 }),
        ..Row::default()
    };
    (0..count).map(row).collect()
}

#[test]
fn where_not_all_fit_those_at_work_are_shown_and_the_sum() {
    insta::assert_snapshot!(table(&many(100), 80, 16).join("\n"));
}

#[test]
fn idle_mappings_are_left_out_first() {
    let lines = table(&many(30), 80, 40);
    // The header, the active mappings and the sum.
    assert_eq!(lines.len(), 1 + 3 + 1, "{lines:#?}");
}

#[test]
fn the_table_fits_the_width_and_uses_at_most_half_of_the_height() {
    for width in 1..120 {
        for height in [6, 24, 50] {
            for count in [1, 3, 30] {
                let lines = table(&many(count), width, height);
                assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:?}");
                assert!(lines.len() <= height / 2, "{height}: {lines:?}");
            }
        }
    }
}

#[test]
fn nothing_is_shown_without_mappings() {
    assert!(table(&[], 80, 24).is_empty());
}

#[test]
fn the_summary_shows_rare_counts_only_if_they_are_not_zero() {
    let calm = Row { lag: Some(2), done: 5, ..Row::default() };
    assert_eq!(summary(&[calm]), "1 mapping: lag 2, in flight 0, to retry 0, done 5");
    assert_eq!(
        summary(&rows()),
        "3 mappings: lag –, in flight 4, to retry 37, done 2401058, failed 61, filtered 12000, delivered 12, \
         throttled 3"
    );
}

//! docs/cost.md is up to date, and errors in its tables are reported.

use std::fs;

use tidings_cost::document::fill;

use crate::{repository, tables};

#[test]
fn the_document_is_up_to_date() {
    let (prices, load, measured) = tables();
    let document = fs::read_to_string(repository().join("docs/cost.md")).unwrap();
    assert!(
        fill(&document, &prices, &load, &measured).unwrap() == document,
        "docs/cost.md is out of date; update it with `cargo run --profile quick -p tidings-cost -- \
         --write`"
    );
}

#[test]
fn a_document_without_a_table_is_refused() {
    let (prices, load, measured) = tables();
    let error = fill("# Cost\n", &prices, &load, &measured).unwrap_err();
    assert_eq!(error.to_string(), "the document has no <!-- table load -->; put it back");
    let error = fill("<!-- table load -->\n", &prices, &load, &measured).unwrap_err();
    assert_eq!(error.to_string(), "the document has no <!-- end -->; put it back");
}

#[test]
fn every_price_has_a_public_page_and_a_date() {
    let (prices, ..) = tables();
    for (id, price) in &prices.prices {
        assert!(price.source.starts_with("https://aws.amazon.com/"), "{id}: {}", price.source);
        assert!(!price.read_in.is_empty(), "{id} does not say where it was read");
        let digits = price.seen.split('-').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>();
        assert!(matches!(digits[..], [2024..2100, 1..13, 1..32]), "{id}: {}", price.seen);
    }
}

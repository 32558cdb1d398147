//! Tests of the document: the layout of the pages and the text of the PDF.

use std::fmt::Write;

use crate::support::{entry, statement};
use bank_statement::document::{
    Page, Text,
    font::{Face, MISSING},
    layout::lay_out,
};
use jiff::{Timestamp, civil::date};
use lopdf::Document;
use proptest::prelude::*;
use rust_decimal::Decimal;
use tidings_events::{Amount, Currency, Personal};
use tidings_ledger_table::{Entry, Kind};
use tidings_texts::{Language, amount};

const MARGIN: f32 = 48.0;
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;

fn listing(pages: &[Page]) -> String {
    let mut listing = String::new();
    for (index, page) in pages.iter().enumerate() {
        writeln!(listing, "page {}", index + 1).unwrap();
        for Text { x, baseline, size, face, content, .. } in &page.texts {
            writeln!(listing, "{x:6.1} {baseline:6.1}  {face:<7?} {size:4.1}  {content}").unwrap();
        }
    }
    listing
}

#[test]
fn a_few_entries_fill_a_part_of_a_page() {
    insta::assert_snapshot!(listing(&lay_out(&statement((0..7).map(entry).collect()))));
}

#[test]
fn many_entries_continue_on_the_next_page_with_repeated_headers() {
    let pages = lay_out(&statement((0..40).map(entry).collect()));
    assert_eq!(pages.len(), 2);
    insta::assert_snapshot!(listing(&pages[1..]));
}

#[test]
fn an_empty_period_says_so() {
    insta::assert_snapshot!(listing(&lay_out(&statement(Vec::new()))));
}

#[test]
fn long_names_and_numbers_stay_in_their_columns() {
    let long = "Bartholomäus ".repeat(20);
    let mut entry = entry(0);
    entry.counterparty = Personal(long.clone());
    entry.description = Some(Personal("x".repeat(90)));
    entry.reference = "R".repeat(128).parse().unwrap();
    entry.amount = Amount(Decimal::MAX);
    let mut statement = statement(vec![entry]);
    statement.holder.clone_from(&long);
    statement.bank_name = long;
    statement.account_id = "A".repeat(128);
    insta::assert_snapshot!(listing(&lay_out(&statement)));
}

#[test]
fn each_currency_has_its_total() {
    let in_currency = |index, currency| Entry { currency, ..entry(index) };
    let entries = vec![
        in_currency(0, Currency::INR),
        in_currency(1, Currency::EUR),
        in_currency(2, Currency::INR),
        in_currency(3, Currency::KWD),
    ];
    insta::assert_snapshot!(listing(&lay_out(&statement(entries))));
}

#[test]
fn every_currency_can_be_written() {
    let letters = || b'A'..=b'Z';
    let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
    let codes = codes.map(|code| String::from_utf8(code.to_vec()).unwrap());
    let currencies: Vec<Currency> = codes.filter_map(|code| Currency::from_code(&code)).collect();
    assert!(currencies.len() > 150);
    for currency in currencies {
        let text = amount(Amount(Decimal::new(-1_234_567_890, 3)), currency, Language::English);
        for face in Face::ALL {
            assert!(face.covers(&text), "{face:?}: {text}");
        }
    }
}

/// The text that can be copied from the PDF, without white space.
fn copied(pdf: &[u8]) -> Vec<String> {
    let document = Document::load_mem(pdf).unwrap();
    let pages = document.get_pages();
    pages.keys().map(|page| without_space(&document.extract_text(&[*page]).unwrap())).collect()
}

fn without_space(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

#[test]
fn the_pdf_has_the_laid_out_text_and_is_small() {
    let statement = statement((0..60).map(entry).collect());
    let pdf = statement.render().unwrap();
    let pages = lay_out(&statement);
    let laid_out = pages.iter().map(|page| page.texts.iter().map(|text| &*text.content).collect::<String>());
    let laid_out: Vec<String> = laid_out.map(|text| without_space(&text)).collect();
    assert_eq!(copied(&pdf), laid_out);
    assert!(laid_out[0].contains("BillpaymenttoCityPower&Light"));
    // Both complete fonts would have over a megabyte.
    assert!(pdf.len() < 40_000, "{} bytes", pdf.len());
}

#[test]
fn the_same_statement_has_the_same_bytes() {
    let render = || statement((0..9).map(entry).collect()).render().unwrap();
    assert_eq!(render(), render());
}

#[test]
fn a_character_without_a_glyph_shows_as_missing() {
    let mut statement = statement(Vec::new());
    statement.holder = "आशा \u{202e}Verma\n☃".to_owned();
    let pdf = statement.render().unwrap();
    let expected = format!("{MISSING}{MISSING}{MISSING}Verma{MISSING}");
    assert!(copied(&pdf)[0].contains(&expected), "{}", copied(&pdf)[0]);
}

prop_compose! {
    fn any_entry()(
        seconds in 1_735_689_600_i64..1_767_225_600,
        kind in prop::sample::select(&Kind::ALL[..]),
        reference in "[A-Za-z0-9@W-]{1,128}",
        counterparty in "\\PC{0,120}",
        description in prop::option::of("\\PC{0,120}"),
        amount in (any::<[u32; 3]>(), 0_u32..=28),
        balance in (any::<[u32; 3]>(), any::<bool>(), 0_u32..=28),
        currency in prop::sample::select(vec![Currency::INR, Currency::JPY, Currency::KWD, Currency::USD]),
    ) -> Entry {
        let ([a, b, c], scale) = amount;
        let ([d, e, f], negative, balance_scale) = balance;
        Entry {
            timestamp: Timestamp::from_second(seconds).unwrap(),
            kind,
            reference: reference.parse().unwrap(),
            counterparty: Personal(counterparty),
            description: description.map(Personal),
            amount: Amount(Decimal::from_parts(a, b, c, false, scale)),
            balance_after: Amount(Decimal::from_parts(d, e, f, negative, balance_scale)),
            currency,
            ..entry(0)
        }
    }
}

/// The left and right edges.
fn span(text: &Text) -> (f32, f32) {
    (text.x, text.x + text.face.width(&text.content, text.size))
}

fn check_page(page: &Page) -> Result<(), TestCaseError> {
    for fill in &page.fills {
        prop_assert!(fill.x >= MARGIN && fill.x + fill.width <= WIDTH - MARGIN + 0.01);
        prop_assert!(fill.y >= MARGIN && fill.y + fill.height <= HEIGHT - MARGIN);
    }
    let texts = page.texts.iter().filter(|text| !text.content.is_empty());
    let texts: Vec<_> = texts.map(|text| (text, span(text))).collect();
    for (text, (left, right)) in &texts {
        prop_assert!(*left >= MARGIN - 0.01 && *right <= WIDTH - MARGIN + 0.01, "{text:?}");
        prop_assert!(text.baseline - text.size * 0.7 >= MARGIN && text.baseline <= HEIGHT - MARGIN);
    }
    for (index, (one, one_span)) in texts.iter().enumerate() {
        for (other, other_span) in &texts[index + 1..] {
            let below = (one.baseline - other.baseline).abs() > one.size.max(other.size) * 0.7;
            let beside = one_span.1 <= other_span.0 || other_span.1 <= one_span.0;
            prop_assert!(below || beside, "{one:?} and {other:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leaves_the_page_overlaps_or_gets_lost(
        entries in prop::collection::vec(any_entry(), 0..70),
        holder in "\\PC{0,150}",
        account_id in "[A-Z0-9]{1,128}",
    ) {
        let references: String = entries.iter().map(|entry| entry.reference.as_str()).collect();
        let mut statement = statement(entries);
        statement.holder = holder;
        statement.account_id = account_id;
        statement.last_day = date(2025, 12, 31);
        let pages = lay_out(&statement);
        let column = pages[0].texts.iter().find(|text| text.content == "Reference").unwrap().x;
        let mut seen = String::new();
        for (index, page) in pages.iter().enumerate() {
            check_page(page)?;
            let last = page.texts.last().unwrap();
            prop_assert_eq!(&last.content, &format!("Page {} of {}", index + 1, pages.len()));
            let cells = page.texts.iter().filter(|text| text.x.to_bits() == column.to_bits());
            seen.extend(cells.filter(|text| text.content != "Reference").map(|text| &*text.content));
        }
        prop_assert_eq!(seen, references);
    }
}

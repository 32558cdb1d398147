//! The texts that customers get.

use rstest::rstest;

use crate::message_of;

#[rstest]
#[tokio::test]
async fn every_event_has_its_text_in_every_language(
    #[values(
        "account.frozen",
        "bill.paid",
        "loan.approved",
        "scheduled.transfer",
        "transaction.completed",
        "user.registered"
    )]
    event_type: &str,
    #[values("basic", "hindi")] case: &str,
) {
    let fixture = format!("{event_type}-{case}");
    let message = message_of(&fixture).await;
    insta::assert_snapshot!(fixture, message.text);
}

#[tokio::test]
async fn the_transfer_text_matches_the_design() {
    let message = message_of("transaction.completed-seed").await;
    let text = "Your account ACCXXX456 has been debited by Rs.5000.00. Transaction ID: TXN-987654321. \
                Available balance: Rs.45000.00";
    assert_eq!(message.text, text);
    assert_eq!(message.to.as_str(), "+911234567890");
}

#[tokio::test]
async fn a_registration_without_code_is_welcomed() {
    insta::assert_snapshot!(message_of("user.registered-without-code").await.text);
}

/// The characters that GSM 03.38's 7-bit alphabet shares with ASCII, except those that take two septets.
fn is_gsm7(character: char) -> bool {
    (' '..='~').contains(&character) && !"[]\\^`{|}~".contains(character)
}

#[rstest]
#[tokio::test]
async fn english_texts_keep_to_the_gsm_alphabet(
    #[values(
        "account.frozen-basic",
        "bill.paid-basic",
        "loan.approved-jpy",
        "scheduled.transfer-kwd",
        "transaction.completed-eur",
        "user.registered-without-code"
    )]
    fixture: &str,
) {
    let text = message_of(fixture).await.text;
    assert!(text.chars().all(is_gsm7), "{text}");
    assert!(text.len() <= 160, "{} characters are more than one part: {text}", text.len());
}

#[rstest]
#[tokio::test]
async fn free_text_stays_on_its_line(
    #[values("account.frozen-script", "bill.paid-script", "transaction.completed-script")] fixture: &str,
) {
    let text = message_of(fixture).await.text;
    assert!(!text.contains(char::is_control), "{text:?}");
}

/// Phones turn sites and phone numbers into links.
#[rstest]
#[tokio::test]
async fn no_link_is_sent(
    #[values("bill.paid-link-name", "bill.paid-script", "transaction.completed-link-name")] fixture: &str,
) {
    let text = message_of(fixture).await.text;
    let mut finder = linkify::LinkFinder::new();
    finder.url_must_have_scheme(false);
    assert_eq!(finder.links(&text).count(), 0, "{text}");
    assert!(!text.contains("900"), "{text}");
}

#[rstest]
#[case("transaction.completed-amount-text", "debited by Rs.5000.00.")]
#[case("transaction.completed-lone-surrogate", "debited by Rs.2500.00.")]
#[case("user.registered-hindi-latin", "482913")]
#[case("user.registered-recent-phone", "482913")]
#[tokio::test]
async fn an_event_serialized_differently_is_sent(#[case] fixture: &str, #[case] words: &str) {
    let message = message_of(fixture).await;
    assert!(message.text.contains(words), "{}", message.text);
    assert!(message.text.chars().all(is_gsm7), "{}", message.text);
}

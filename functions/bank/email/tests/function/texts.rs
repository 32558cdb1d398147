//! The texts that customers get.

use rstest::rstest;
use tidings_consumer::Settings;

use crate::{mail_of, settings};

#[rstest]
#[tokio::test]
async fn every_event_has_its_mail_in_every_language(
    #[values(
        "account.frozen",
        "bill.paid",
        "loan.applied",
        "loan.approved",
        "scheduled.transfer",
        "statement.generated",
        "transaction.completed",
        "transaction.failed",
        "user.registered"
    )]
    event_type: &str,
    #[values("basic", "hindi")] case: &str,
) {
    let fixture = format!("{event_type}-{case}");
    let mail = mail_of(&fixture, &settings()).await;
    let whole = format!("Subject: {}\n\n{}\n\n{}", mail.subject, mail.text, mail.html);
    insta::assert_snapshot!(fixture, whole);
}

#[tokio::test]
async fn the_transfer_mail_matches_the_design() {
    let settings: Settings = [("PORTAL_URL", "https://portal.example.com")].into_iter().collect();
    let mail = mail_of("transaction.completed-seed", &settings).await;
    assert_eq!(mail.subject, "Transaction Successful - ₹5,000");
    let body = "Dear John Doe,

Your fund transfer of ₹5,000.00 to Jane Smith has been completed successfully.

Transaction Details:
- Transaction ID: TXN-987654321
- Amount: ₹5,000.00
- To: Jane Smith (ACC654321)
- Date: 15 Jan 2025, 10:30 AM
- Available Balance: ₹45,000.00

Thank you for banking with us!
";
    assert!(mail.text.starts_with(body), "{}", mail.text);
    assert_eq!(mail.to.as_str(), "john@example.com");
}

#[tokio::test]
async fn times_are_shown_in_the_configured_zone() {
    let settings: Settings =
        [("PORTAL_URL", "https://portal.example.com"), ("TIME_ZONE", "Asia/Kolkata")].into_iter().collect();
    let mail = mail_of("transaction.completed-seed", &settings).await;
    assert!(mail.text.contains("Date: 15 Jan 2025, 4:00 PM"), "{}", mail.text);
}

#[tokio::test]
async fn a_reason_from_a_newer_producer_has_a_text() {
    let mail = mail_of("transaction.failed-later-reason", &settings()).await;
    assert!(mail.text.contains("Reason: A technical problem on our side"), "{}", mail.text);
}

#[tokio::test]
async fn the_verification_code_is_not_mailed() {
    let mail = mail_of("user.registered-basic", &settings()).await;
    assert!(!format!("{}{}{}", mail.subject, mail.text, mail.html).contains("482913"));
}

#[tokio::test]
async fn a_statement_is_linked_in_the_portal_and_never_in_its_bucket() {
    let mail = mail_of("statement.generated-basic", &settings()).await;
    let link = "https://portal.example.com/statements/ACC123456/2025-01-01_2025-01-31";
    assert!(mail.text.contains(link), "{}", mail.text);
    assert!(mail.html.contains(&format!("href=\"{link}\"")), "{}", mail.html);
    assert!(!format!("{}{}", mail.text, mail.html).contains("amazonaws"));
}

#[tokio::test]
async fn an_internationalized_domain_is_converted_to_ascii() {
    assert_eq!(mail_of("user.registered-idn", &settings()).await.to.as_str(), "anna@xn--bcher-kva.example");
}

#[tokio::test]
async fn customers_with_hindi_in_latin_script_get_english() {
    let mail = mail_of("user.registered-hindi-latin", &settings()).await;
    assert!(mail.text.starts_with("Dear John Doe,\n"), "{}", mail.text);
}

#[rstest]
#[case("transaction.completed-amount-text", "Your fund transfer of ₹5,000.00 to Jane Smith")]
#[case("transaction.completed-lone-surrogate", "Your fund transfer of ₹2,500.00 to Jane Smith")]
#[tokio::test]
async fn an_event_serialized_differently_is_mailed(#[case] fixture: &str, #[case] text: &str) {
    let mail = mail_of(fixture, &settings()).await;
    assert!(mail.text.contains(text), "{}", mail.text);
}

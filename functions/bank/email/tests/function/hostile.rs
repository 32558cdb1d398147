//! Hostile names and references, which customers can choose.

use rstest::rstest;

use crate::{mail_of, settings};

#[rstest]
#[tokio::test]
async fn free_text_adds_no_markup_header_or_line(
    #[values(
        "account.frozen-script",
        "bill.paid-script",
        "loan.applied-script",
        "loan.approved-script",
        "scheduled.transfer-script",
        "statement.generated-script",
        "transaction.completed-script",
        "transaction.failed-script",
        "user.registered-script"
    )]
    fixture: &str,
) {
    let mail = mail_of(fixture, &settings()).await;
    let html = mail.html.to_lowercase();
    assert!(html.contains("&lt;"), "the fixture has markup in it, which is shown as text");
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("onerror=\""), "{html}");
    assert!(!mail.subject.contains(char::is_control), "{:?}", mail.subject);
    assert!(!mail.text.lines().any(|line| line.to_lowercase().starts_with("bcc:")), "{}", mail.text);
    let reversing = ['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}'];
    assert!(!format!("{}{}{}", mail.subject, mail.text, mail.html).contains(reversing));
}

/// Mail programs also turn plain text into links.
#[rstest]
#[tokio::test]
async fn all_links_lead_to_the_portal(
    #[values(
        "bill.paid-link-name",
        "transaction.completed-link-name",
        "user.registered-link-name",
        "user.registered-script",
        "bill.paid-script",
        "transaction.completed-script"
    )]
    fixture: &str,
) {
    let mail = mail_of(fixture, &settings()).await;
    let mut finder = linkify::LinkFinder::new();
    finder.url_must_have_scheme(false);
    for part in [&mail.subject, &mail.text, &mail.html] {
        for link in finder.links(part) {
            assert!(link.as_str().starts_with("https://portal.example.com"), "{}: {part}", link.as_str());
        }
    }
}

#[tokio::test]
async fn a_beneficiary_with_an_invisible_name_is_named_by_the_account() {
    let mail = mail_of("transaction.completed-invisible-name", &settings()).await;
    assert!(mail.text.contains("transfer of ₹2,500.00 to ACC654321 has been"), "{}", mail.text);
}

#[tokio::test]
async fn an_invisible_name_is_greeted_neutrally() {
    let mail = mail_of("user.registered-invisible-name", &settings()).await;
    assert!(mail.text.starts_with("Dear Customer,\n"), "{}", mail.text);
    assert!(mail.html.contains(">Dear Customer,<"), "{}", mail.html);
}

#[tokio::test]
async fn nothing_is_loaded_from_elsewhere() {
    let html = mail_of("transaction.completed-basic", &settings()).await.html;
    for tag in ["<img", "<link", "<script", "@import", "url("] {
        assert!(!html.contains(tag), "{tag}");
    }
}

//! The texts that customers get.

use rstest::rstest;
use tidings_channel_push::Notification;

use crate::{Outbox, invoke};

async fn notification_of(fixture: &str) -> Notification {
    let outbox = Outbox::default();
    let summary = invoke(&["phone"], &outbox, fixture).await;
    assert_eq!(summary.done, 1, "{summary:?}");
    let (_, notification) = outbox.sent.lock().unwrap().remove(0);
    notification
}

#[rstest]
#[tokio::test]
async fn every_event_has_its_text_in_every_language(
    #[values("scheduled.transfer", "transaction.completed")] event_type: &str,
    #[values("basic", "hindi")] case: &str,
) {
    let fixture = format!("{event_type}-{case}");
    let Notification { title, body, .. } = notification_of(&fixture).await;
    insta::assert_snapshot!(fixture, format!("{title}\n{body}"));
}

#[tokio::test]
async fn no_link_is_pushed() {
    let Notification { title, body, .. } = notification_of("transaction.completed-link-name").await;
    let mut finder = linkify::LinkFinder::new();
    finder.url_must_have_scheme(false);
    assert_eq!(finder.links(&title).count() + finder.links(&body).count(), 0, "{title} {body}");
}

#[rstest]
#[case("transaction.completed-amount-text", "₹5,000")]
#[case("transaction.completed-lone-surrogate", "₹2,500")]
#[tokio::test]
async fn an_event_serialized_differently_is_pushed(#[case] fixture: &str, #[case] amount: &str) {
    let Notification { title, body, .. } = notification_of(fixture).await;
    assert!(format!("{title} {body}").contains(amount), "{title} {body}");
}

#[rstest]
#[tokio::test]
async fn a_locked_screen_shows_neither_account_nor_balance(
    #[values("scheduled.transfer-basic", "transaction.completed-seed")] fixture: &str,
) {
    let body = notification_of(fixture).await.body;
    assert!(body.contains("XXX"), "{body}");
    assert!(!body.contains("ACC123456") && !body.contains("45,000"), "{body}");
}

#[rstest]
#[tokio::test]
async fn free_text_stays_on_its_line(
    #[values("scheduled.transfer-script", "transaction.completed-script")] fixture: &str,
) {
    let Notification { title, body, .. } = notification_of(fixture).await;
    assert!(!title.contains(char::is_control) && !body.contains(char::is_control), "{body:?}");
}

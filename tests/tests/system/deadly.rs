//! A record that kills its process every time ends as a dead letter.

use tidings_recorder::{Action, Fault, Matcher};

use tidings_tests::{System, fixture, mail, record, sms};

/// A killed invocation's claims last until its deadline and a second: short, so that the test is.
const SHORT: &[(&str, &str)] = &[("FunctionTimeoutSeconds", "8")];

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_kills_its_process_every_time_ends_as_a_dead_letter_and_its_key_goes_on() {
    let system = System::start(SHORT).await;
    let deadly = fixture("bill.paid-basic");
    let mut later = deadly.clone();
    later.event_id = "EVT-later".parse().expect("an event id");
    let kill =
        Matcher { event_id: Some(deadly.event_id.to_string()), ..system.calls_of("bank-sms", "Publish") };
    let fault = system.stack.recorder.inject(Fault::new(kill, Action::KillBefore));
    for event in [&deadly, &later] {
        system.publish(record(event)).await;
    }
    system.settled().await;

    assert_eq!(system.stack.recorder.happened(fault), 3, "three starts");
    let letters = system.dead_letters("bank-sms").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["error"]["type"], "HandlerDied");
    assert_eq!(letters[0]["eventId"], deadly.event_id.as_str());
    assert_eq!(letters[0]["attempts"], 3);
    assert_eq!(system.times(&sms("EVT-later")), 1);
    // Other functions never noticed.
    assert_eq!(system.times(&mail(deadly.event_id.to_string())), 1);
    system.stop().await;
}

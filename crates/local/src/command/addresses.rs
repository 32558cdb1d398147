//! Tells where a running stack listens.

use crate::stack::Stack;

/// Every address, and how to publish; `{kafka}` in `publish` stands for the broker's.
#[must_use]
pub fn addresses(stack: &Stack, publish: &str) -> String {
    let kafka = stack.broker.bootstrap_servers();
    let mut lines = vec![
        format!("Kafka            {kafka}"),
        format!("Lambda Invoke    {}", stack.invoke_endpoint),
        format!("AWS, recorded    {}", stack.recorder.endpoint()),
    ];
    if !stack.emulator.is_absent() {
        let emulator = stack.emulator.endpoint();
        lines.push(format!("AWS, direct      {emulator}"));
        lines.push(format!("  e-mails        {emulator}/_ministack/ses/messages"));
        lines.push(format!("  SMS            {emulator}/_ministack/sns/sms-messages"));
    }
    lines.push(publish.replace("{kafka}", kafka));
    lines.push("Ctrl-C stops everything.".to_owned());
    lines.join("\n")
}

//! Prints the addresses of a running stack.

use crate::stack::Stack;

/// A text with all addresses and with `publish`, in which `{kafka}` is replaced by the broker's address.
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

//! Tells where a running stack listens.

use tidings_local::stack::Stack;

/// Prints every address, and how to publish.
pub fn print(stack: &Stack, publish: &str) {
    let kafka = stack.broker.bootstrap_servers();
    println!("Kafka            {kafka}");
    println!("Lambda Invoke    {}", stack.invoke_endpoint);
    println!("AWS, recorded    {}", stack.recorder.endpoint());
    println!("AWS, direct      {}", stack.emulator.endpoint());
    println!("  e-mails        {}/_ministack/ses/messages", stack.emulator.endpoint());
    println!("  SMS            {}/_ministack/sns/sms-messages", stack.emulator.endpoint());
    println!("{}", publish.replace("{kafka}", kafka));
    println!("Ctrl-C stops everything.");
}

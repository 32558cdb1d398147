//! Tells where a running stack listens.

use tidings_local::stack::Stack;

/// Prints every address, and how to publish.
pub fn print(stack: &Stack, publish: &str) {
    let kafka = stack.broker.bootstrap_servers();
    println!("Kafka            {kafka}");
    println!("Lambda Invoke    {}", stack.invoke_endpoint);
    println!("AWS, recorded    {}", stack.recorder.endpoint());
    if !stack.emulator.is_absent() {
        let emulator = stack.emulator.endpoint();
        println!("AWS, direct      {emulator}");
        println!("  e-mails        {emulator}/_ministack/ses/messages");
        println!("  SMS            {emulator}/_ministack/sns/sms-messages");
    }
    println!("{}", publish.replace("{kafka}", kafka));
    println!("Ctrl-C stops everything.");
}

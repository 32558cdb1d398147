//! One Apache Kafka for all tests of this process. The first test that needs it starts it. It stops at process exit.

use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use tidings_local::broker::{Broker, BrokerKind};
use tokio::sync::oneshot;

/// The bootstrap servers. The first call starts the broker.
pub fn servers() -> &'static str {
    static SERVERS: LazyLock<String> = LazyLock::new(start);
    &SERVERS
}

/// Stops the broker in its thread and waits for it.
type Stop = (oneshot::Sender<()>, JoinHandle<()>);

static STOP: Mutex<Option<Stop>> = Mutex::new(None);

/// The broker runs in a separate thread and runtime, because each test's runtime ends with the test.
fn start() -> String {
    let (tell, told) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let progress = Arc::new(|line: &str| eprintln!("{line}"));
            let broker = match Broker::start(BrokerKind::Kafka, &(progress as _)).await {
                Ok(broker) => broker,
                Err(error) => return tell.send(Err(error.to_string())).unwrap(),
            };
            tell.send(Ok(broker.bootstrap_servers().to_owned())).unwrap();
            // An error means that the sender was dropped, which ends the thread too.
            let _ = stopped.await;
            broker.stop().await;
        });
    });
    *STOP.lock().unwrap() = Some((stop, thread));
    stop_at_exit();
    told.recv().unwrap().unwrap_or_else(|error| panic!("{error}"))
}

/// The test harness has no hook for its end, and statics are never dropped. Without this the broker's folder would
/// remain (but not its process, which the kernel kills together with ours).
fn stop_at_exit() {
    extern "C" fn stop() {
        let running = STOP.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, thread)) = running {
            drop(stop);
            let _ = thread.join();
        }
    }
    // SAFETY: `stop` is a plain function that lives as long as the process. It runs in `exit`, while all threads
    // still run, and does not unwind: it ignores a poisoned lock and a panic of the joined thread.
    #[allow(unsafe_code)]
    let registered = unsafe { libc::atexit(stop) };
    assert_eq!(registered, 0, "atexit has no room left");
}

//! Progress messages for slow steps.

use std::future::Future;
use std::time::Duration;

use tidings_process::LineSink;

/// Faster steps are not announced.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs `work` and, if it takes longer than two seconds, passes `message` to `progress`.
pub(super) async fn announced<T>(progress: &LineSink, message: &str, work: impl Future<Output = T>) -> T {
    announced_after(PATIENCE, progress, message, work).await
}

async fn announced_after<T>(
    patience: Duration,
    progress: &LineSink,
    message: &str,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = tokio::time::sleep(patience) => progress(message),
    }
    work.await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn slow_work_is_announced_while_it_runs() {
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let progress: LineSink = Arc::new(move |line: &str| told.send(line.to_owned()).unwrap());
        // This work ends only after it was announced.
        let line = announced_after(Duration::ZERO, &progress, "slow", heard.recv()).await;
        assert_eq!(line.as_deref(), Some("slow"));
    }

    #[tokio::test]
    async fn quick_work_is_not_announced() {
        let progress: LineSink = Arc::new(|line: &str| panic!("announced {line}"));
        assert_eq!(announced(&progress, "quick", async { 7 }).await, 7);
    }
}

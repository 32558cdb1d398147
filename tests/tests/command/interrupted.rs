//! However the command is ended, nothing that it started stays.

use std::path::PathBuf;

use rustix::process::Signal;

use super::running::{Running, start};

async fn stops_on_ctrl_c(demo: Running) {
    demo.signal(Signal::INT);
    let ended = demo.ended().await;
    assert_eq!(ended.status.code(), Some(130), "{:?}", ended.stderr);
    assert_eq!(ended.files, Vec::<PathBuf>::new(), "temporary files are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_before_anything_runs_stops_everything() {
    let mut demo = start("demo", &[]);
    let stderr = demo.stderr.clone();
    demo.line(&stderr, |line| line.starts_with("starting ")).await;
    stops_on_ctrl_c(demo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_during_the_start_stops_everything() {
    let demo = start("demo", &[]);
    demo.something_started().await;
    stops_on_ctrl_c(demo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_during_the_day_stops_everything() {
    let mut demo = start("demo", &[]);
    demo.in_the_middle().await;
    stops_on_ctrl_c(demo).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_demo_takes_everything_with_it() {
    let mut demo = start("demo", &[]);
    demo.in_the_middle().await;
    demo.signal(Signal::KILL);
    assert_eq!(demo.ended().await.status.code(), None);
}

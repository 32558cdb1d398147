//! A large statement needs no more than a small Lambda function's memory. The test is alone in its process, because it
//! measures the peak memory of the process.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]
#![cfg(target_os = "linux")]

#[path = "function/support.rs"]
mod support;

use std::fs;

use support::{entry, statement};

/// The peak memory of this process in MiB.
fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[test]
fn five_thousand_entries_take_less_than_128_mib() {
    let pdf = statement((0..5_000).map(entry).collect()).render().unwrap();
    let peak = peak_mib();
    assert!(peak < 128, "{peak} MiB");
    assert!(pdf.len() < 1_000_000, "{} bytes", pdf.len());
}

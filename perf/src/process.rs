//! What this process has cost so far, as Linux counts it.

use std::fs;
use std::time::Duration;

/// Seconds of CPU that all threads of this process have used, from `/proc/self/stat` (proc(5)); zero if it cannot be read.
pub fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the program's name in brackets and may hold blanks.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    // USER_HZ is 100 on every Linux that Rust runs on.
    Duration::from_millis((ticks * 10.0) as u64).as_secs_f64()
}

/// Seconds of CPU that the busiest of this process's present threads has used, from `/proc/self/task/*/schedstat` (its first number,
/// in nanoseconds); zero if it cannot be read. However many processors there are, it takes at least that long.
pub fn busiest_thread_seconds() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.max().unwrap_or_default()).as_secs_f64()
}

/// The most memory it has had, in megabytes, from `/proc/self/status`; zero if it cannot be read.
pub fn peak_megabytes() -> f64 {
    status_megabytes("VmHWM:")
}

/// The memory it has now, in megabytes, from `/proc/self/status`; zero if it cannot be read.
pub fn resident_megabytes() -> f64 {
    status_megabytes("VmRSS:")
}

fn status_megabytes(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}

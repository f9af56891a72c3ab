//! Where and when something was measured.

use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// Where and when something was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The day, as `date` gives it in UTC.
    pub date: String,
    /// The commit of the working tree; `+` if there were changes.
    pub commit: String,
    /// The processor's name.
    pub processor: String,
    /// How many of it this process may use.
    pub processors: usize,
    /// Processes that wanted to run in the minute before: above zero, others were at work too.
    pub load_before: f64,
}

impl Machine {
    /// This one, now. What cannot be found out is left empty.
    pub fn here() -> Machine {
        let commit = output("git", &["describe", "--always", "--dirty=+", "--exclude=*"]);
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Machine {
            date: output("date", &["-u", "+%Y-%m-%d %H:%M"]),
            commit,
            processor: processor.unwrap_or_default().trim().to_owned(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            load_before: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
        }
    }
}

/// The first line that a program prints; nothing if it fails.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success());
    let stdout = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    stdout.unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

//! Every change of a switch's flow tables, as the switch itself reports it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::Daemon;
use crate::reaper::Reaper;
use crate::{Error, Programs, Result, unixctl};

/// A running flow monitor on one hypervisor's br-int. It also reports messages that change nothing, for
/// example adding a flow that is there already: an empty record means that nothing was sent.
#[derive(Debug)]
pub struct FlowWatch {
    monitor: Daemon,
    output: PathBuf,
    control: PathBuf,
}

/// One reported change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowChange {
    /// What happened to the flow.
    pub change: Change,
    /// The flow as the switch prints it, from `table=` on.
    pub flow: String,
}

/// What happened to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was added, or added again.
    Added,
    /// It was removed.
    Deleted,
    /// Its actions were changed.
    Modified,
}

impl FlowWatch {
    pub(crate) fn start(name: &str, dir: &Path, programs: &Programs, reaper: &Reaper) -> Result<FlowWatch> {
        // Several monitors may run on one hypervisor, one after the other or at once.
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let output = dir.join(format!("watch{number}.log"));
        let control = dir.join(format!("watch{number}.ctl"));
        let mut command = programs.command("ovs-ofctl");
        command.env("OVS_RUNDIR", dir);
        command.args(["-O", "OpenFlow15", "--no-names"]);
        command.arg(format!("--unixctl={}", control.display()));
        command.arg("monitor");
        command.arg(format!("unix:{}", dir.join("br-int.mgmt").display()));
        command.arg("watch:!initial");
        let mut monitor = Daemon::spawn(&format!("{name} flow monitor"), command, &output, reaper)?;
        monitor.wait_ready("watch the flows", || unixctl::call(&control, &["ofctl/barrier"]).is_ok())?;
        Ok(FlowWatch { monitor, output, control })
    }

    /// All changes since the start, oldest first.
    pub fn changes(&mut self) -> Result<Vec<FlowChange>> {
        self.monitor.check_alive()?;
        // The answer comes on the same connection, after what the switch had to report.
        unixctl::call(&self.control, &["ofctl/barrier"])?;
        let text = std::fs::read_to_string(&self.output).map_err(Error::io(&self.output))?;
        Ok(parse(&text))
    }
}

fn parse(text: &str) -> Vec<FlowChange> {
    text.lines()
        .filter_map(|line| {
            let report = line.trim().strip_prefix("event=")?;
            let (event, rest) = report.split_once(' ')?;
            let change = match event {
                "ADDED" => Change::Added,
                "DELETED" => Change::Deleted,
                "MODIFIED" => Change::Modified,
                _ => return None,
            };
            let flow = rest.find("table=").map_or(rest, |start| &rest[start..]);
            Some(FlowChange { change, flow: flow.to_owned() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_and_headers_skipped() {
        let text = "OFPST_FLOW_MONITOR reply (OF1.5) (xid=0x0):\n \
                    event=ADDED table=0 cookie=0 ip,nw_dst=10.0.0.1\n \
                    event=DELETED reason=delete table=3 cookie=0x7 ip actions=NORMAL\n";
        let expected = [
            FlowChange { change: Change::Added, flow: "table=0 cookie=0 ip,nw_dst=10.0.0.1".to_owned() },
            FlowChange { change: Change::Deleted, flow: "table=3 cookie=0x7 ip actions=NORMAL".to_owned() },
        ];
        assert_eq!(parse(text), expected);
    }
}

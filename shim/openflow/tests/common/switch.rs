//! Open vSwitch with its dummy datapath, in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running ovsdb-server and ovs-vswitchd with one bridge, `br-int`; both end with this value.
pub struct Switch {
    dir: TempDir,
    children: Vec<Child>,
}

impl Switch {
    pub fn start() -> Switch {
        // Socket paths are limited to 107 bytes, so the directory has a short name.
        let dir = tempfile::Builder::new().prefix("of").tempdir_in("/tmp").unwrap();
        let mut switch = Switch { dir, children: Vec::new() };
        let schema = "/usr/share/openvswitch/vswitch.ovsschema";
        switch.run("ovsdb-tool", &["create", &switch.path("conf.db"), schema]);
        let remote = format!("--remote=punix:{}", switch.path("db.sock"));
        switch.spawn("ovsdb-server", &[&remote, &switch.path("conf.db")]);
        switch.wait_for("db.sock");
        switch.vsctl(&["--no-wait", "init"]);
        let db = format!("unix:{}", switch.path("db.sock"));
        let dummy = ["--enable-dummy=system", "--disable-system", "--disable-system-route"];
        switch.spawn("ovs-vswitchd", &[dummy[0], dummy[1], dummy[2], &db]);
        let bridge = "datapath_type=dummy fail-mode=secure other_config:disable-in-band=true \
                      other_config:datapath-id=00000000000000a1 other_config:dp-desc=weir:hv1 other_config:dp-sn=hv1";
        let mut args = vec!["add-br", "br-int", "--", "set", "bridge", "br-int"];
        args.extend(bridge.split_whitespace());
        for port in ["vif1", "vif2"] {
            args.extend(["--", "add-port", "br-int", port, "--", "set", "interface", port, "type=dummy"]);
        }
        args.extend(
            "-- set interface vif1 ofport_request=11 -- set interface vif2 ofport_request=12".split(' '),
        );
        switch.vsctl(&args);
        switch.wait_for("br-int.mgmt");
        switch
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    pub fn management_socket(&self) -> PathBuf {
        self.dir.path().join("br-int.mgmt")
    }

    pub fn vsctl(&self, args: &[&str]) -> String {
        let db = format!("--db=unix:{}", self.path("db.sock"));
        let mut all = vec![db.as_str()];
        all.extend(args);
        self.run("ovs-vsctl", &all)
    }

    pub fn ofctl(&self, command: &str, args: &[&str]) -> String {
        let target = format!("unix:{}", self.path("br-int.mgmt"));
        let mut all = vec!["-O", "OpenFlow15", "--no-stats", "--no-names", command, target.as_str()];
        all.extend(args);
        self.run("ovs-ofctl", &all)
    }

    pub fn ofctl_with_stats(&self, command: &str, args: &[&str]) -> String {
        let target = format!("unix:{}", self.path("br-int.mgmt"));
        let mut all = vec!["-O", "OpenFlow15", "--no-names", command, target.as_str()];
        all.extend(args);
        self.run("ovs-ofctl", &all)
    }

    pub fn appctl(&self, args: &[&str]) -> String {
        let target = self.path("ovs-vswitchd.ctl");
        let mut all = vec!["-t", target.as_str()];
        all.extend(args);
        self.run("ovs-appctl", &all)
    }

    fn run(&self, program: &str, args: &[&str]) -> String {
        run(Some(self.dir.path()), program, args)
    }

    fn spawn(&mut self, program: &str, args: &[&str]) {
        let log = std::fs::File::create(self.path(&format!("{program}.err"))).unwrap();
        let control = format!("--unixctl={}", self.path(&format!("{program}.ctl")));
        let log_file = format!("--log-file={}", self.path(&format!("{program}.log")));
        let child = Command::new(program)
            .args(["--no-chdir", "-vconsole:off", "-vsyslog:off", &control, &log_file])
            .args(args)
            .env("OVS_RUNDIR", self.dir.path())
            .env("PATH", search_path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        self.children.push(child);
    }

    fn wait_for(&self, name: &str) {
        let path = self.dir.path().join(name);
        let deadline = Instant::now() + Duration::from_secs(30);
        while !path.exists() {
            assert!(Instant::now() < deadline, "{} did not appear", path.display());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            // Already gone is as good as gone now.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `ovs-ofctl ofp-print` of one message.
pub fn ofp_print(message: &[u8]) -> String {
    let hex: String = message.iter().map(|byte| format!("{byte:02x}")).collect();
    run(None, "ovs-ofctl", &["--no-names", "ofp-print", &hex, "2"])
}

fn run(dir: Option<&Path>, program: &str, args: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(args).env("PATH", search_path());
    if let Some(dir) = dir {
        command.env("OVS_RUNDIR", dir);
    }
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {text}{errors}");
    text
}

fn search_path() -> String {
    format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}

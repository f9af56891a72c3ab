//! One hypervisor: its own ovsdb-server and ovs-vswitchd.

use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::process::Daemon;
use crate::reaper::Reaper;
use crate::{
    Error, FlowWatch, Frame, GeneveFrame, Mac, PATIENCE, Port, Programs, Result, pcap, unixctl, wait_for,
};

/// Seconds before `ovs-vsctl` and `ovs-ofctl` give up.
const TOOL_TIMEOUT: &str = "--timeout=20";

/// A hypervisor of the lab. It starts as an operator leaves a fresh one: `external_ids` with system-id,
/// hostname and encapsulation, a bridge br-phys to the underlay, and no br-int.
#[derive(Debug)]
pub struct Hypervisor {
    name: String,
    dir: PathBuf,
    address: Ipv4Addr,
    programs: Programs,
    reaper: Reaper,
    peers: Vec<Ipv4Addr>,
    ovsdb: Mutex<Option<Daemon>>,
    vswitchd: Mutex<Option<Daemon>>,
}

impl Hypervisor {
    /// Creates the database and starts its server; the switch comes with [`Hypervisor::start_vswitchd`].
    pub(crate) fn create(
        name: &str,
        dir: PathBuf,
        address: Ipv4Addr,
        peers: Vec<Ipv4Addr>,
        programs: &Programs,
        reaper: &Reaper,
    ) -> Result<Hypervisor> {
        std::fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
        let hypervisor = Hypervisor {
            name: name.to_owned(),
            dir,
            address,
            peers,
            programs: programs.clone(),
            reaper: reaper.clone(),
            ovsdb: Mutex::new(None),
            vswitchd: Mutex::new(None),
        };
        let database = hypervisor.dir.join("conf.db");
        let schema = programs.vswitch_schema()?;
        programs.run("ovsdb-tool", [OsStr::new("create"), database.as_os_str(), schema.as_os_str()])?;
        hypervisor.start_ovsdb()?;
        Ok(hypervisor)
    }

    /// Its system-id and hostname: `hv1`, `hv2`, ...
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address on the underlay, the tunnel end point.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Directory with its database, sockets, logs and captures.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its database, for a client that dials in: `unix:PATH`.
    pub fn database(&self) -> String {
        format!("unix:{}", self.dir.join("db.sock").display())
    }

    /// Runs `ovs-vsctl` on its database and waits until the switch has followed.
    pub fn vsctl<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<String> {
        self.tool("ovs-vsctl", [format!("--db={}", self.database())], args)
    }

    /// Runs `ovs-ofctl COMMAND br-int ARGS` with OpenFlow 1.5.
    pub fn ofctl<S: AsRef<OsStr>>(
        &self,
        options: &[&str],
        command: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String> {
        let target = format!("unix:{}", self.dir.join("br-int.mgmt").display());
        let words = ["-O", "OpenFlow15"].iter().chain(options).map(|word| (*word).to_owned());
        self.tool("ovs-ofctl", words.chain([command.to_owned(), target]), args)
    }

    /// Runs a command of ovs-vswitchd's control socket, as `ovs-appctl` does.
    pub fn appctl(&self, args: &[&str]) -> Result<String> {
        unixctl::call(&self.control(), args)
    }

    /// Hands the hypervisor to a manager: the one command an operator types.
    pub fn set_manager(&self, remote: &str) -> Result {
        self.vsctl(["set-manager", remote]).map(drop)
    }

    /// The flows of br-int without statistics, one per line, sorted; empty while there is no br-int.
    pub fn flows(&self) -> Result<Vec<String>> {
        if !self.dir.join("br-int.mgmt").exists() {
            return Ok(Vec::new());
        }
        let text = self.ofctl(&["--no-stats", "--no-names"], "dump-flows", [""; 0])?;
        let mut flows: Vec<String> = text
            .lines()
            .filter(|line| line.contains("actions="))
            .map(|line| line.trim().to_owned())
            .collect();
        flows.sort();
        Ok(flows)
    }

    /// Begins to record every change of br-int's flows, whoever makes it.
    pub fn watch_flows(&self) -> Result<FlowWatch> {
        FlowWatch::start(&self.name, &self.dir, &self.programs, &self.reaper)
    }

    /// Waits until the datapath has followed all changes of the flow tables made before.
    pub fn revalidator_wait(&self) -> Result {
        self.appctl(&["revalidator/wait"]).map(drop)
    }

    /// Waits for br-int, made by whoever manages the hypervisor.
    pub fn wait_br_int(&self) -> Result {
        self.wait_br_int_within(PATIENCE)
    }

    /// Like [`Hypervisor::wait_br_int`], for at most `timeout`.
    pub fn wait_br_int_within(&self, timeout: Duration) -> Result {
        wait_for(timeout, &format!("br-int on {}", self.name), || {
            let bridges = self.vsctl(["list-br"])?;
            if bridges.lines().any(|bridge| bridge == "br-int") {
                return Ok(Ok(()));
            }
            let managers = self.vsctl(["--columns=target,is_connected,status", "list", "manager"])?;
            Ok(Err(format!(
                "bridges: {}; managers: {}",
                bridges.split_whitespace().collect::<Vec<_>>().join(" "),
                managers.split_whitespace().collect::<Vec<_>>().join(" "),
            )))
        })
    }

    /// A virtual machine's card appears, as libvirt makes it appear: `iface_id` names the logical port.
    /// Waits for br-int first.
    pub fn plug(&self, interface: &str, iface_id: &str, mac: Mac) -> Result<Port> {
        self.wait_br_int()?;
        let datapath = self.vsctl(["get", "bridge", "br-int", "datapath_type"])?;
        if datapath.trim().trim_matches('"') != "dummy" {
            return Err(Error::Usage(format!(
                "br-int on {} has datapath_type {}; its ovn-bridge-datapath-type says dummy",
                self.name,
                datapath.trim()
            )));
        }
        let received = self.dir.join(format!("{interface}-tx.pcap"));
        let sent = self.dir.join(format!("{interface}-rx.pcap"));
        let (_, mark) = pcap::read_from(&received, 0)?;
        self.vsctl([
            "add-port",
            "br-int",
            interface,
            "--",
            "set",
            "interface",
            interface,
            "type=dummy",
            &format!("external_ids:iface-id={iface_id}"),
            &format!("external_ids:attached-mac=\"{mac}\""),
            "external_ids:iface-status=active",
            &format!("options:tx_pcap={}", received.display()),
            &format!("options:rxq_pcap={}", sent.display()),
        ])?;
        Ok(Port {
            hypervisor: self.name.clone(),
            interface: interface.to_owned(),
            iface_id: iface_id.to_owned(),
            mac,
            control: self.control(),
            received,
            mark: AtomicU64::new(mark),
        })
    }

    /// The card disappears.
    pub fn unplug(&self, port: Port) -> Result {
        self.vsctl(["del-port", "br-int", port.interface()]).map(drop)
    }

    /// What has passed between this hypervisor and the underlay, both ways.
    pub fn wire_frames(&self) -> Result<Vec<Frame>> {
        Ok(pcap::read_from(&self.dir.join("wire.pcap"), 0)?.0)
    }

    /// The Geneve frames that this hypervisor has sent or that were meant for it, oldest first. The underlay
    /// floods what it has not learned, so [`Hypervisor::wire_frames`] may hold others.
    pub fn tunnelled_frames(&self) -> Result<Vec<GeneveFrame>> {
        let mut frames: Vec<GeneveFrame> =
            self.wire_frames()?.iter().filter_map(GeneveFrame::parse).collect();
        frames.retain(|frame| frame.from == self.address || frame.to == self.address);
        Ok(frames)
    }

    /// SIGKILL to the switch.
    pub fn kill_vswitchd(&self) -> Result {
        end(&self.vswitchd, Daemon::kill_hard)
    }

    /// SIGTERM to the switch, and waits for its end.
    pub fn stop_vswitchd(&self) -> Result {
        end(&self.vswitchd, |daemon| daemon.terminate().map(drop))
    }

    /// SIGKILL to the database server.
    pub fn kill_ovsdb(&self) -> Result {
        end(&self.ovsdb, Daemon::kill_hard)
    }

    /// SIGTERM to the database server, and waits for its end.
    pub fn stop_ovsdb(&self) -> Result {
        end(&self.ovsdb, |daemon| daemon.terminate().map(drop))
    }

    /// Starts the database server on the hypervisor's database.
    pub fn start_ovsdb(&self) -> Result {
        let mut slot = lock(&self.ovsdb);
        if slot.is_some() {
            return Err(Error::Usage(format!("{} ovsdb-server runs already", self.name)));
        }
        let socket = self.dir.join("db.sock");
        let control = self.dir.join("ovsdb.ctl");
        let mut command = self.programs.command("ovsdb-server");
        command.env("OVS_RUNDIR", &self.dir);
        command.args(["-vconsole:info", "-vsyslog:off", "-vfile:off"]);
        command.arg(format!("--unixctl={}", control.display()));
        command.arg(format!("--remote=punix:{}", socket.display()));
        // What Debian's own start script passes: managers and TLS material come from the database.
        command.args([
            "--remote=db:Open_vSwitch,Open_vSwitch,manager_options",
            "--private-key=db:Open_vSwitch,SSL,private_key",
            "--certificate=db:Open_vSwitch,SSL,certificate",
            "--bootstrap-ca-cert=db:Open_vSwitch,SSL,ca_cert",
        ]);
        command.arg(self.dir.join("conf.db"));
        let log = self.dir.join("ovsdb.log");
        let mut daemon = Daemon::spawn(&format!("{} ovsdb-server", self.name), command, &log, &self.reaper)?;
        daemon.wait_ready("answer", || unixctl::call(&control, &["version"]).is_ok())?;
        *slot = Some(daemon);
        Ok(())
    }

    /// Starts the switch on the hypervisor's database, and gives it its place on the underlay again.
    pub fn start_vswitchd(&self) -> Result {
        {
            let mut slot = lock(&self.vswitchd);
            if slot.is_some() {
                return Err(Error::Usage(format!("{} ovs-vswitchd runs already", self.name)));
            }
            let control = self.control();
            let mut command = self.programs.command("ovs-vswitchd");
            command.env("OVS_RUNDIR", &self.dir);
            command.args(["-vconsole:info", "-vsyslog:off", "-vfile:off"]);
            // Not =override: that would turn Geneve ports into dummies, too.
            command.args(["--enable-dummy=system", "--disable-system", "--disable-system-route"]);
            command.arg(format!("--unixctl={}", control.display()));
            command.arg(self.database());
            let log = self.dir.join("vswitchd.log");
            let mut daemon =
                Daemon::spawn(&format!("{} ovs-vswitchd", self.name), command, &log, &self.reaper)?;
            daemon.wait_ready("answer", || unixctl::call(&control, &["version"]).is_ok())?;
            *slot = Some(daemon);
        }
        self.join_underlay()
    }

    /// True while its switch has been started and not ended on purpose.
    pub fn runs(&self) -> bool {
        lock(&self.vswitchd).is_some()
    }

    /// Ids of the processes that run now.
    pub fn pids(&self) -> Vec<u32> {
        [&self.ovsdb, &self.vswitchd].iter().filter_map(|slot| lock(slot).as_ref().map(Daemon::pid)).collect()
    }

    /// Addresses, routes and neighbours of the dummy underlay live in the switch process only.
    fn join_underlay(&self) -> Result {
        if self.peers.is_empty() {
            return Ok(());
        }
        let address = format!("{}/24", self.address);
        wait_for(PATIENCE, &format!("br-phys of {} to take its address", self.name), || {
            match self.appctl(&["netdev-dummy/ip4addr", "br-phys", &address]) {
                Ok(_) => Ok(Ok(())),
                Err(Error::Control { reply, .. }) => Ok(Err(reply)),
                Err(other) => Err(other),
            }
        })?;
        let [a, b, c, _] = self.address.octets();
        self.appctl(&["ovs/route/add", &format!("{a}.{b}.{c}.0/24"), "br-phys"])?;
        wait_for(PATIENCE, &format!("the cable of {} to be plugged in", self.name), || {
            let state = self.appctl(&["netdev-dummy/conn-state", "wire"])?;
            Ok(if state.contains("disconnected") { Err(state) } else { Ok(()) })
        })?;
        // In a large lab OVS resolves its peers by ARP instead: n * n commands would take longer.
        if self.peers.len() <= 8 {
            for peer in self.peers.iter().filter(|peer| **peer != self.address) {
                let mac = underlay_mac(*peer).to_string();
                self.appctl(&["tnl/neigh/set", "br-phys", &peer.to_string(), &mac])?;
            }
        }
        Ok(())
    }

    fn control(&self) -> PathBuf {
        self.dir.join("vswitchd.ctl")
    }

    fn tool<S: AsRef<OsStr>>(
        &self,
        program: &str,
        first: impl IntoIterator<Item = String>,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String> {
        let words = std::iter::once(TOOL_TIMEOUT.into())
            .chain(first.into_iter().map(Into::into))
            .chain(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self.programs.run(program, words)
    }
}

/// The Ethernet address of br-phys, made from its address on the underlay.
pub(crate) fn underlay_mac(address: Ipv4Addr) -> Mac {
    let [_, _, c, d] = address.octets();
    Mac([2, 0, 0, 0, c, d])
}

fn end(slot: &Mutex<Option<Daemon>>, how: impl FnOnce(Daemon) -> Result) -> Result {
    match lock(slot).take() {
        Some(daemon) => how(daemon),
        None => Err(Error::Usage("it does not run".to_owned())),
    }
}

fn lock(slot: &Mutex<Option<Daemon>>) -> MutexGuard<'_, Option<Daemon>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The whole lab: hypervisors and the network between them.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::hypervisor::underlay_mac;
use crate::reaper::Reaper;
use crate::{Error, Hypervisor, Northbound, Programs, Result};

/// N hypervisors on one underlay, in a temporary directory. Dropping it ends every process and removes the
/// directory; so does the death of the process that started it.
#[derive(Debug)]
pub struct Lab {
    // Dropped in this order: daemons, then the reaper that removes the directory.
    hypervisors: Vec<Hypervisor>,
    underlay: Hypervisor,
    reaper: Reaper,
    dir: PathBuf,
    programs: Programs,
}

impl Lab {
    /// Starts `n` hypervisors, `hv1` to `hvN`, with the programs of the environment.
    pub fn start(n: usize) -> Result<Lab> {
        LabBuilder::new().start(n)
    }

    /// Hypervisor `number`, counted from 1 as in its name.
    ///
    /// # Panics
    /// If the lab has no such hypervisor.
    #[track_caller]
    pub fn hv(&self, number: usize) -> &Hypervisor {
        match number.checked_sub(1).and_then(|index| self.hypervisors.get(index)) {
            Some(hypervisor) => hypervisor,
            None => panic!("hv{number}: this lab has hv1 to hv{}", self.hypervisors.len()),
        }
    }

    /// All hypervisors in order.
    pub fn hypervisors(&self) -> &[Hypervisor] {
        &self.hypervisors
    }

    /// The lab's directory: sockets, logs, databases and captures.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Starts an empty Northbound database in this lab.
    pub fn northbound(&self) -> Result<Northbound> {
        self.northbound_without(&[])
    }

    /// The same with a schema that lacks some tables, as an older release's does.
    pub fn northbound_without(&self, tables: &[&str]) -> Result<Northbound> {
        Northbound::create(self.dir.join("nb"), tables, &self.programs, &self.reaper)
    }

    /// Ids of all processes of the hypervisors and the underlay that run now.
    pub fn pids(&self) -> Vec<u32> {
        self.hypervisors.iter().chain([&self.underlay]).flat_map(Hypervisor::pids).collect()
    }

    /// Lets everything in this lab (Northbound and Weir, too) and its directory outlive this process. Gives a
    /// shell script that ends it.
    pub fn keep(&self) -> Result<PathBuf> {
        self.reaper.keep()
    }

    pub(crate) fn reaper(&self) -> &Reaper {
        &self.reaper
    }
}

/// Choices before a lab starts.
#[derive(Clone, Debug)]
pub struct LabBuilder {
    programs: Programs,
    dir: Option<PathBuf>,
}

impl Default for LabBuilder {
    fn default() -> LabBuilder {
        LabBuilder::new()
    }
}

impl LabBuilder {
    /// The system's programs (or those of `WEIR_OVS_BIN`), a new directory under the temporary one.
    pub fn new() -> LabBuilder {
        LabBuilder { programs: Programs::from_env(), dir: None }
    }

    /// Uses the ovs-* programs of `dir`, for example another release unpacked there. Its schemas are looked
    /// for in `dir/../share`.
    #[must_use]
    pub fn with_ovs_dir(mut self, dir: impl Into<PathBuf>) -> LabBuilder {
        self.programs = Programs::in_dir(dir);
        self
    }

    /// Works in `dir`, which must not exist; its path must be short, because sockets are made in it.
    #[must_use]
    pub fn in_dir(mut self, dir: impl Into<PathBuf>) -> LabBuilder {
        self.dir = Some(dir.into());
        self
    }

    /// Starts `n` hypervisors and the underlay.
    pub fn start(self, n: usize) -> Result<Lab> {
        let last = u8::try_from(n).ok().filter(|n| *n < 255);
        let Some(last) = last else {
            return Err(Error::Usage(format!("{n} hypervisors do not fit in one underlay network")));
        };
        let programs = self.programs;
        let dir = make_dir(self.dir)?;
        let reaper = Reaper::watch(&dir)?;

        let underlay = Hypervisor::create(
            "underlay",
            dir.join("ul"),
            Ipv4Addr::UNSPECIFIED,
            Vec::new(),
            &programs,
            &reaper,
        )?;
        underlay.vsctl(["--no-wait", "init"])?;
        underlay.start_vswitchd()?;
        underlay.vsctl(["add-br", "underlay", "--", "set", "bridge", "underlay", "datapath_type=dummy"])?;

        let addresses: Vec<Ipv4Addr> = (1..=last).map(|i| Ipv4Addr::new(192, 168, 0, i)).collect();
        let mut hypervisors = Vec::with_capacity(n);
        for (index, address) in addresses.iter().enumerate() {
            let name = format!("hv{}", index + 1);
            let home = dir.join(&name);
            let hypervisor =
                Hypervisor::create(&name, home, *address, addresses.clone(), &programs, &reaper)?;
            attach(&hypervisor, &underlay)?;
            hypervisor.start_vswitchd()?;
            hypervisors.push(hypervisor);
        }
        Ok(Lab { hypervisors, underlay, reaper, dir, programs })
    }
}

/// Describes the hypervisor in its own database as its operator would, and lays its cable.
fn attach(hypervisor: &Hypervisor, underlay: &Hypervisor) -> Result {
    let name = hypervisor.name();
    let socket = underlay.dir().join(format!("{name}.sock"));
    underlay.vsctl([
        "add-port",
        "underlay",
        name,
        "--",
        "set",
        "interface",
        name,
        "type=dummy",
        &format!("options:pstream=punix:{}", socket.display()),
    ])?;
    hypervisor.vsctl([
        "--no-wait",
        "init",
        "--",
        "set",
        "Open_vSwitch",
        ".",
        &format!("external_ids:system-id={name}"),
        &format!("external_ids:hostname={name}"),
        "external_ids:ovn-encap-type=geneve",
        &format!("external_ids:ovn-encap-ip={}", hypervisor.address()),
        // OVN's own key: the kind of datapath br-int has to be made with.
        "external_ids:ovn-bridge-datapath-type=dummy",
        "--",
        "add-br",
        "br-phys",
        "--",
        "set",
        "bridge",
        "br-phys",
        "datapath_type=dummy",
        &format!("other_config:hwaddr=\"{}\"", underlay_mac(hypervisor.address())),
        "--",
        "add-port",
        "br-phys",
        "wire",
        "--",
        "set",
        "interface",
        "wire",
        "type=dummy",
        &format!("options:stream=unix:{}", socket.display()),
        &format!("options:pcap={}", hypervisor.dir().join("wire.pcap").display()),
    ])?;
    Ok(())
}

fn make_dir(wanted: Option<PathBuf>) -> Result<PathBuf> {
    match wanted {
        Some(dir) => {
            std::fs::create_dir_all(dir.parent().unwrap_or(Path::new("/"))).map_err(Error::io(&dir))?;
            std::fs::create_dir(&dir).map_err(Error::io(&dir))?;
            Ok(dir)
        }
        // Removed by the reaper, which also outlives a crash.
        None => tempfile::Builder::new()
            .prefix("weir-")
            .tempdir()
            .map(tempfile::TempDir::keep)
            .map_err(Error::io(std::env::temp_dir())),
    }
}

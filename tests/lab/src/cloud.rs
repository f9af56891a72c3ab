//! A whole deployment: hypervisors, Northbound, Weir, and virtual machines on them.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use crate::{
    Error, Frame, Hypervisor, Lab, Mac, Northbound, PATIENCE, Port, Result, Weir, WeirOptions, wait_for,
};

/// Weir managing every hypervisor of a lab.
#[derive(Debug)]
pub struct Cloud {
    /// The daemon.
    pub weir: Weir,
    /// What it is told.
    pub northbound: Northbound,
    /// What it manages.
    pub lab: Lab,
}

impl Cloud {
    /// Starts `n` hypervisors, Northbound and the given `weir` with `rules`; joins every hypervisor and waits
    /// until each has an OpenFlow session.
    pub fn start(n: usize, program: impl Into<PathBuf>, rules: impl Into<PathBuf>) -> Result<Cloud> {
        Cloud::start_with(n, program, rules, &[])
    }

    /// The same with further arguments of `weir run`.
    pub fn start_with(
        n: usize,
        program: impl Into<PathBuf>,
        rules: impl Into<PathBuf>,
        args: &[&str],
    ) -> Result<Cloud> {
        let lab = Lab::start(n)?;
        let northbound = lab.northbound()?;
        let options = WeirOptions {
            program: program.into(),
            rules: rules.into(),
            northbound: northbound.remote(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        };
        let weir = Weir::start(&lab, options)?;
        let cloud = Cloud { weir, northbound, lab };
        for hypervisor in cloud.lab.hypervisors() {
            hypervisor.set_manager(&cloud.weir.manager())?;
        }
        for hypervisor in cloud.lab.hypervisors() {
            cloud.wait_joined(hypervisor)?;
        }
        Ok(cloud)
    }

    /// Waits until Weir has provisioned `hypervisor`, and its switch has called back and has its flows.
    pub fn wait_joined(&self, hypervisor: &Hypervisor) -> Result {
        self.explain(hypervisor.wait_br_int())?;
        self.weir.wait_in_step(hypervisor.name()).map(drop)
    }

    /// Waits until the database of `hypervisor` is connected to Weir.
    pub fn wait_managed(&self, hypervisor: &Hypervisor) -> Result {
        self.explain(wait_for(
            PATIENCE,
            &format!("the database of {} to be connected", hypervisor.name()),
            || {
                let managers =
                    hypervisor.vsctl(["--columns=target,is_connected,status", "list", "manager"])?;
                Ok(if managers.contains(": true") { Ok(()) } else { Err(managers) })
            },
        ))
    }

    /// Adds logical switches.
    pub fn switches(&self, names: &[&str]) -> Result {
        names.iter().try_for_each(|name| self.northbound.nbctl(["ls-add", name]).map(drop))
    }

    /// A logical port of `switch`, and its virtual machine on hypervisor `hypervisor`.
    pub fn machine(&self, switch: &str, plan: Plan<'_>, hypervisor: usize) -> Result<Machine> {
        let addresses = plan.addresses();
        let add = ["lsp-add", switch, plan.name, "--", "lsp-set-addresses", plan.name, &addresses];
        self.northbound.nbctl(add)?;
        plan.plug(self.lab.hv(hypervisor))
    }

    /// `ovn-nbctl --wait=hv sync`: returns when every switch has confirmed its flows.
    pub fn sync(&self) -> Result {
        self.explain(self.northbound.nbctl(["--wait=hv", "--timeout=30", "sync"]).map(drop))?;
        self.lab.hypervisors().iter().filter(|hv| hv.runs()).try_for_each(Hypervisor::revalidator_wait)
    }

    /// Waits until Northbound says that the logical port `name` is up.
    pub fn wait_up(&self, name: &str) -> Result {
        self.explain(wait_for(PATIENCE, &format!("{name} to be up"), || {
            let up = self.northbound.nbctl(["lsp-get-up", name])?;
            Ok(if up.trim() == "up" { Ok(()) } else { Err(format!("it is {}", up.trim())) })
        }))
    }

    /// Adds the end of Weir's log to an error.
    pub fn explain<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| Error::Usage(format!("{error}\nend of Weir's log:\n{}", self.weir.log_tail())))
    }
}

/// A virtual machine that is to be.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The logical port.
    pub name: &'a str,
    /// The card's address.
    pub mac: Mac,
    /// Its address, used in the frames it sends.
    pub ip: Ipv4Addr,
    /// Whether the logical port's addresses are told to the network.
    pub known: Known,
}

/// What the network is told of a port's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Ethernet and IP address.
    Both,
    /// Nothing: `unknown`.
    Nothing,
}

impl<'a> Plan<'a> {
    /// Machine number `n` of the network numbered `network`: both make its addresses.
    pub const fn new(name: &'a str, network: u8, n: u8) -> Plan<'a> {
        let mac = Mac([0x0a, 0, 0, 0, network, n]);
        Plan { name, mac, ip: Ipv4Addr::new(10, 0, 0, n), known: Known::Both }
    }

    /// The same machine with addresses that the network is not told.
    #[must_use]
    pub const fn unknown(mut self) -> Plan<'a> {
        self.known = Known::Nothing;
        self
    }

    /// Its value for `ovn-nbctl lsp-set-addresses`.
    pub fn addresses(&self) -> String {
        match self.known {
            Known::Both => format!("{} {}", self.mac, self.ip),
            Known::Nothing => "unknown".to_owned(),
        }
    }

    /// Name of its interface on a hypervisor.
    pub fn interface(&self) -> String {
        format!("vif-{}", self.name)
    }

    /// The machine starts on `hypervisor`.
    pub fn plug(&self, hypervisor: &Hypervisor) -> Result<Machine> {
        let port = hypervisor.plug(&self.interface(), self.name, self.mac)?;
        Ok(Machine { end: (self.mac, self.ip), port })
    }
}

/// A running virtual machine.
#[derive(Debug)]
pub struct Machine {
    /// Its Ethernet and IP address.
    pub end: (Mac, Ipv4Addr),
    /// Its card.
    pub port: Port,
}

impl Machine {
    /// A datagram to `to`, as this machine makes it.
    pub fn datagram(&self, to: &Machine, text: &str) -> Frame {
        Frame::udp(self.end, to.end, text.as_bytes())
    }

    /// Sends a datagram to `to` and waits until it is there.
    pub fn reaches(&self, to: &Machine, text: &str) -> Result<Frame> {
        let sent = self.datagram(to, text);
        self.port.inject(&sent)?;
        to.port.wait_same(&sent)?;
        Ok(sent)
    }
}

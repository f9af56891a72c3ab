//! The virtual network of the demo: two switches that share addresses, spread over three hypervisors.

use std::net::Ipv4Addr;

use crate::{Frame, Mac, Port};

/// A logical port and where its virtual machine runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    pub(crate) name: &'static str,
    pub(crate) switch: &'static str,
    pub(crate) hypervisor: usize,
    pub(crate) mac: Mac,
    /// None: the port's addresses are not known to the network ("unknown").
    pub(crate) ip: Option<Ipv4Addr>,
}

const fn machine(name: &'static str, switch: &'static str, hypervisor: usize, colour: u8, n: u8) -> Machine {
    let mac = Mac([0x0a, 0, 0, 0, colour, n]);
    Machine { name, switch, hypervisor, mac, ip: Some(Ipv4Addr::new(10, 0, 0, n)) }
}

/// Both switches use 10.0.0.0/24: the overlap is meant, nothing may cross.
pub(crate) const MACHINES: [Machine; 7] = [
    machine("blue1", "blue", 1, 0xb1, 1),
    machine("blue2", "blue", 2, 0xb1, 2),
    machine("blue3", "blue", 3, 0xb1, 3),
    Machine { ip: None, ..machine("blue4", "blue", 3, 0xb1, 4) },
    machine("red1", "red", 1, 0xed, 1),
    machine("red2", "red", 2, 0xed, 2),
    machine("red3", "red", 3, 0xed, 3),
];

impl Machine {
    /// Its value for `ovn-nbctl lsp-set-addresses`.
    pub(crate) fn addresses(&self) -> String {
        match self.ip {
            Some(ip) => format!("{} {ip}", self.mac),
            None => "unknown".to_owned(),
        }
    }

    pub(crate) fn interface(&self) -> String {
        format!("vif-{}", self.name)
    }

    pub(crate) fn end(&self) -> (Mac, Ipv4Addr) {
        (self.mac, self.ip.unwrap_or(Ipv4Addr::new(10, 0, 0, 4)))
    }
}

/// A machine with its card plugged in.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) machine: Machine,
    pub(crate) port: Port,
}

impl Running {
    /// A datagram to `to`, as this machine sends it.
    pub(crate) fn datagram(&self, to: &Running, text: &str) -> Frame {
        Frame::udp(self.machine.end(), to.machine.end(), text.as_bytes())
    }
}

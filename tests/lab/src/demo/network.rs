//! The virtual network of the demo: two switches that share addresses, spread over three hypervisors.

use crate::{Machine, Plan};

/// A logical port, its switch, and the hypervisor its virtual machine starts on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) switch: &'static str,
    pub(crate) hypervisor: usize,
    pub(crate) plan: Plan<'static>,
}

const fn place(switch: &'static str, hypervisor: usize, plan: Plan<'static>) -> Place {
    Place { switch, hypervisor, plan }
}

/// Both switches use 10.0.0.0/24: the overlap is meant, nothing may cross.
pub(crate) const PLACES: [Place; 7] = [
    place("blue", 1, Plan::new("blue1", 0xb1, 1)),
    place("blue", 2, Plan::new("blue2", 0xb1, 2)),
    place("blue", 3, Plan::new("blue3", 0xb1, 3)),
    place("blue", 3, Plan::new("blue4", 0xb1, 4).unknown()),
    place("red", 1, Plan::new("red1", 0xed, 1)),
    place("red", 2, Plan::new("red2", 0xed, 2)),
    place("red", 3, Plan::new("red3", 0xed, 3)),
];

/// A place with its machine running.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) place: Place,
    pub(crate) machine: Machine,
}

impl Running {
    pub(crate) fn name(&self) -> &'static str {
        self.place.plan.name
    }
}

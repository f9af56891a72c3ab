//! What is reported back to the Northbound, and when: a state machine without sockets or clock.
//!
//! Level triggered: it holds what should stand in the database and what does, so that a lost connection or a
//! refused write is made good by the next look at [`Status::writes`].

use std::collections::{BTreeMap, HashMap, HashSet};

/// Ports that are up, and how far the configuration number has been realised.
#[derive(Debug, Default)]
pub struct Status {
    /// Whether the whole intent is computed: before that, a port that seems unplugged may only not have been told of.
    computed: bool,
    /// Latest epoch each known hypervisor has confirmed.
    confirmed: HashMap<String, u64>,
    /// Ports that are plugged in: where, and since which epoch.
    plugged: HashMap<u128, Plugged>,
    /// `Logical_Switch_Port.up` as the database has it.
    up: HashMap<u128, Option<bool>>,
    /// `NB_Global` as the database has it.
    global: Option<Global>,
    /// Configuration numbers not yet realised everywhere: epoch they came with.
    requested: BTreeMap<u64, i64>,
    /// Everything up to this is computed.
    sb_cfg: Option<i64>,
    /// Everything up to this is on all switches.
    hv_cfg: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Plugged {
    chassis: String,
    name: String,
    since: u64,
    confirmed: bool,
}

/// The columns of `NB_Global` that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Global {
    /// The row.
    pub uuid: u128,
    /// Computed up to.
    pub sb_cfg: i64,
    /// Realised up to.
    pub hv_cfg: i64,
}

/// A column to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// `Logical_Switch_Port.up`.
    Up {
        /// The row.
        port: u128,
        /// The value.
        up: bool,
    },
    /// `NB_Global.sb_cfg` and its time.
    SbCfg {
        /// The row.
        global: u128,
        /// The value.
        cfg: i64,
    },
    /// `NB_Global.hv_cfg` and its time.
    HvCfg {
        /// The row.
        global: u128,
        /// The value.
        cfg: i64,
    },
}

/// A port whose flows its hypervisor has confirmed, or that is there no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The hypervisor.
    pub chassis: String,
    /// The port's iface-id.
    pub name: String,
    /// Confirmed or gone.
    pub installed: bool,
}

impl Status {
    /// The whole intent is computed: from now on, what was not told is not so.
    pub fn computed(&mut self) {
        self.computed = true;
    }

    /// A hypervisor is known from now on: realised means realised there too.
    pub fn chassis_known(&mut self, chassis: &str) {
        self.confirmed.entry(chassis.to_owned()).or_insert(0);
    }

    /// A hypervisor has left: nobody waits for it.
    pub fn chassis_left(&mut self, chassis: &str) {
        self.confirmed.remove(chassis);
        self.realise();
    }

    /// A port was plugged in by the transaction `epoch`. One that is at no hypervisor, but wherever its network is
    /// (`chassis` empty: a router's), is up without anybody's confirmation.
    pub fn plugged(&mut self, port: u128, chassis: &str, name: &str, epoch: u64) {
        let confirmed = chassis.is_empty();
        let plugged = Plugged { chassis: chassis.to_owned(), name: name.to_owned(), since: epoch, confirmed };
        self.plugged.insert(port, plugged);
    }

    /// A port is not plugged in there any more. A later [`Self::plugged`] elsewhere stays untouched.
    pub fn unplugged(&mut self, port: u128, chassis: &str) -> Option<Installed> {
        let plugged = self.plugged.get(&port).filter(|plugged| plugged.chassis == chassis)?;
        let gone = Installed { chassis: chassis.to_owned(), name: plugged.name.clone(), installed: false };
        self.plugged.remove(&port);
        Some(gone)
    }

    /// The configuration number `cfg` came with the transaction `epoch`, which is computed.
    pub fn requested(&mut self, cfg: i64, epoch: u64) {
        self.sb_cfg = Some(cfg);
        self.requested.insert(epoch, cfg);
        self.realise();
    }

    /// A hypervisor has all flows up to `epoch`. Gives the ports that are now installed there.
    pub fn confirm(&mut self, chassis: &str, epoch: u64) -> Vec<Installed> {
        let Some(confirmed) = self.confirmed.get_mut(chassis) else { return Vec::new() };
        *confirmed = epoch.max(*confirmed);
        let confirmed = *confirmed;
        let mut installed = Vec::new();
        for plugged in self.plugged.values_mut() {
            if !plugged.confirmed && plugged.chassis == chassis && plugged.since <= confirmed {
                plugged.confirmed = true;
                installed.push(Installed {
                    chassis: chassis.to_owned(),
                    name: plugged.name.clone(),
                    installed: true,
                });
            }
        }
        self.realise();
        installed.sort_by(|a, b| a.name.cmp(&b.name));
        installed
    }

    /// The database says this of a port; `None`: the row is gone.
    pub fn observed_port(&mut self, port: u128, up: Option<Option<bool>>) {
        match up {
            Some(up) => self.up.insert(port, up),
            None => self.up.remove(&port),
        };
    }

    /// The database says this of `NB_Global`.
    pub fn observed_global(&mut self, global: Option<Global>) {
        self.global = global;
    }

    /// What has to be written for the database to be right.
    pub fn writes(&self) -> Vec<Write> {
        if !self.computed {
            return Vec::new();
        }
        let mut writes: Vec<Write> = self
            .up
            .iter()
            .filter_map(|(port, actual)| {
                let up = match self.plugged.get(port) {
                    Some(plugged) if plugged.confirmed => true,
                    // On its way: what stood there stands until the flows are in.
                    Some(_) => return None,
                    None => false,
                };
                (*actual != Some(up)).then_some(Write::Up { port: *port, up })
            })
            .collect();
        writes.sort_by_key(|write| match write {
            Write::Up { port, .. } => *port,
            Write::SbCfg { .. } | Write::HvCfg { .. } => u128::MAX,
        });
        if let Some(global) = self.global {
            if let Some(cfg) = self.sb_cfg.filter(|cfg| *cfg != global.sb_cfg) {
                writes.push(Write::SbCfg { global: global.uuid, cfg });
            }
            if let Some(cfg) = self.hv_cfg.filter(|cfg| *cfg != global.hv_cfg) {
                writes.push(Write::HvCfg { global: global.uuid, cfg });
            }
        }
        writes
    }

    /// The database took these writes: no need to wait for it to say so.
    pub fn written(&mut self, writes: &[Write]) {
        for write in writes {
            match write {
                Write::Up { port, up } => {
                    if let Some(actual) = self.up.get_mut(port) {
                        *actual = Some(*up);
                    }
                }
                Write::SbCfg { cfg, .. } => {
                    if let Some(global) = &mut self.global {
                        global.sb_cfg = *cfg;
                    }
                }
                Write::HvCfg { cfg, .. } => {
                    if let Some(global) = &mut self.global {
                        global.hv_cfg = *cfg;
                    }
                }
            }
        }
    }

    /// The hypervisors that hold up the oldest request, for whoever asks why.
    pub fn waiting_for(&self) -> HashSet<&str> {
        let Some((epoch, _)) = self.requested.first_key_value() else { return HashSet::new() };
        self.confirmed.iter().filter(|(_, confirmed)| *confirmed < epoch).map(|(name, _)| &**name).collect()
    }

    fn realise(&mut self) {
        let everywhere = self.confirmed.values().copied().min().unwrap_or(u64::MAX);
        while let Some(entry) = self.requested.first_entry() {
            if *entry.key() > everywhere {
                break;
            }
            self.hv_cfg = Some(entry.remove());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_global() -> Status {
        let mut status = Status::default();
        status.observed_global(Some(Global { uuid: 1, sb_cfg: 0, hv_cfg: 0 }));
        status.computed();
        status
    }

    #[test]
    fn nothing_is_written_before_the_whole_intent_is_computed() {
        let mut status = Status::default();
        status.observed_global(Some(Global { uuid: 1, sb_cfg: 0, hv_cfg: 0 }));
        status.chassis_known("hv1");
        status.observed_port(7, Some(Some(true)));
        status.requested(3, 1);
        assert_eq!(status.writes(), []);
        status.plugged(7, "hv1", "lp7", 1);
        status.computed();
        assert_eq!(status.writes(), [Write::SbCfg { global: 1, cfg: 3 }], "a port that is up stays up");
    }

    #[test]
    fn a_port_is_up_only_after_its_hypervisor_has_confirmed() {
        let mut status = with_global();
        status.chassis_known("hv1");
        status.chassis_known("hv2");
        status.observed_port(7, Some(None));
        assert_eq!(status.writes(), [Write::Up { port: 7, up: false }]);
        status.plugged(7, "hv1", "lp7", 5);
        assert_eq!(status.writes(), []);
        status.confirm("hv2", 9);
        status.confirm("hv1", 4);
        assert_eq!(status.writes(), []);
        let installed = status.confirm("hv1", 5);
        assert_eq!(installed, [Installed { chassis: "hv1".into(), name: "lp7".into(), installed: true }]);
        assert_eq!(status.writes(), [Write::Up { port: 7, up: true }]);
        status.written(&[Write::Up { port: 7, up: true }]);
        assert_eq!(status.writes(), []);
    }

    #[test]
    fn a_port_of_no_hypervisor_is_up_at_once() {
        let mut status = with_global();
        status.observed_port(7, Some(None));
        status.plugged(7, "", "router", 5);
        assert_eq!(status.writes(), [Write::Up { port: 7, up: true }]);
    }

    #[test]
    fn a_move_keeps_the_port_up_and_an_unplug_takes_it_down() {
        let mut status = with_global();
        for chassis in ["hv1", "hv2"] {
            status.chassis_known(chassis);
        }
        status.observed_port(7, Some(Some(true)));
        status.plugged(7, "hv1", "lp7", 1);
        status.confirm("hv1", 1);
        status.plugged(7, "hv2", "lp7", 2);
        assert_eq!(status.unplugged(7, "hv1"), None, "it is hv2's now");
        assert_eq!(status.writes(), []);
        status.confirm("hv2", 2);
        assert_eq!(status.writes(), []);
        assert!(status.unplugged(7, "hv2").is_some());
        assert_eq!(status.writes(), [Write::Up { port: 7, up: false }]);
    }

    #[test]
    fn hv_cfg_waits_for_the_slowest_hypervisor_and_for_nobody_who_left() {
        let mut status = with_global();
        for chassis in ["hv1", "hv2"] {
            status.chassis_known(chassis);
        }
        status.requested(3, 10);
        assert_eq!(status.writes(), [Write::SbCfg { global: 1, cfg: 3 }]);
        status.confirm("hv1", 12);
        assert_eq!(status.waiting_for(), HashSet::from(["hv2"]));
        status.requested(4, 11);
        status.chassis_left("hv2");
        assert_eq!(status.writes(), [Write::SbCfg { global: 1, cfg: 4 }, Write::HvCfg { global: 1, cfg: 4 }]);
    }

    #[test]
    fn without_hypervisors_what_is_computed_is_realised() {
        let mut status = with_global();
        status.requested(1, 1);
        assert!(status.writes().contains(&Write::HvCfg { global: 1, cfg: 1 }));
    }

    #[test]
    fn a_write_that_was_lost_is_asked_for_again() {
        let mut status = with_global();
        status.observed_port(7, Some(Some(true)));
        let writes = status.writes();
        assert_eq!(writes, [Write::Up { port: 7, up: false }]);
        assert_eq!(status.writes(), writes);
    }
}

//! A registry that listens, and the waiting for what it reports.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use openflow::{Action, Flow, Group, Instructions, Match, PortNo};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use weir_lab::{Hypervisor, Lab, PATIENCE, wait_for};
use weir_shim::chassis::{
    Audience, ChassisEvent, ChassisMetrics, Delta, Facts, HypervisorConfig, Hypervisors, Listen, ScopeChange,
};

/// Addresses, kept when a [`Control`] is started anew in another's place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) ovsdb: SocketAddr,
    pub(crate) openflow: SocketAddr,
    is_ssl: bool,
}

impl Addresses {
    pub(crate) fn choose() -> Addresses {
        Addresses { ovsdb: free_address(), openflow: free_address(), is_ssl: false }
    }

    /// The same with TLS.
    pub(crate) fn secured(self) -> Addresses {
        Addresses { is_ssl: true, ..self }
    }

    fn listen(self, address: SocketAddr) -> Listen {
        if self.is_ssl { Listen::Ssl(address) } else { Listen::Tcp(address) }
    }
}

/// A running registry.
pub(crate) struct Control {
    pub(crate) hypervisors: Arc<Hypervisors>,
    pub(crate) addresses: Addresses,
    events: Mutex<UnboundedReceiver<ChassisEvent>>,
    runtime: Option<Runtime>,
}

impl Control {
    pub(crate) fn start() -> Control {
        Control::start_at(Addresses::choose(), HypervisorConfig::default())
    }

    /// Starts with the addresses put into `config`.
    pub(crate) fn start_at(addresses: Addresses, config: HypervisorConfig) -> Control {
        let _ = tracing_subscriber::fmt().with_test_writer().with_env_filter("weir_shim=debug").try_init();
        let config = HypervisorConfig {
            listen_ovsdb: vec![addresses.listen(addresses.ovsdb)],
            listen_openflow: vec![addresses.listen(addresses.openflow)],
            ..config
        };
        let (sender, events) = mpsc::unbounded_channel();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let hypervisors = {
            let _inside = runtime.enter();
            Hypervisors::new(config, sender)
        };
        hypervisors.lead();
        runtime.spawn(Arc::clone(&hypervisors).serve());
        Control { hypervisors, addresses, events: Mutex::new(events), runtime: Some(runtime) }
    }

    /// Ends everything, as the end of the process would.
    pub(crate) fn stop(mut self) {
        self.runtime.take().unwrap().shutdown_timeout(Duration::from_secs(5));
    }

    pub(crate) fn manager(&self) -> String {
        self.addresses.listen(self.addresses.ovsdb).to_string()
    }

    /// Gives a hypervisor flows, in a scope that it alone holds.
    pub(crate) fn apply(&self, chassis: &str, epoch: u64, removed: Vec<Arc<Flow>>, added: Vec<Arc<Flow>>) {
        self.apply_with_groups(chassis, epoch, Delta::default(), Delta { removed, added });
    }

    /// Gives a hypervisor groups and flows, in a scope that it alone holds.
    pub(crate) fn apply_with_groups(
        &self,
        chassis: &str,
        epoch: u64,
        groups: Delta<Arc<Group>>,
        flows: Delta<Arc<Flow>>,
    ) {
        let (groups, flows, gained) = (owned(groups), owned(flows), vec![chassis.into()]);
        let change = ScopeChange { flows, groups, gained, ..ScopeChange::default() };
        self.hypervisors.apply(epoch, [(chassis.to_owned(), change)]);
    }

    /// A commit without changes, of which all are asked whether they have it.
    pub(crate) fn advance(&self, epoch: u64) {
        self.hypervisors.apply(epoch, []);
        self.hypervisors.ask(epoch, Audience::All);
    }

    /// Waits for an event that `pick` makes something of; the others are dropped.
    #[track_caller]
    pub(crate) fn wait<T>(&self, what: &str, mut pick: impl FnMut(&ChassisEvent) -> Option<T>) -> T {
        let mut events = self.events.lock().unwrap();
        let until = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while Instant::now() < until {
            match events.try_recv() {
                Ok(event) => {
                    if let Some(picked) = pick(&event) {
                        return picked;
                    }
                    seen.push(event);
                }
                Err(_) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
        panic!("no {what}; instead {seen:#?}");
    }

    /// Waits for facts that satisfy `condition`.
    #[track_caller]
    pub(crate) fn wait_facts(&self, condition: impl Fn(&Facts) -> bool) -> Facts {
        self.wait("facts", |event| match event {
            ChassisEvent::Facts { facts, .. } if condition(facts) => Some(facts.clone()),
            _ => None,
        })
    }

    /// Waits until `epoch` is confirmed and returns the number of flow mods it took.
    #[track_caller]
    pub(crate) fn wait_confirmed(&self, epoch: u64) -> usize {
        self.wait(&format!("confirmation of {epoch}"), |event| match event {
            ChassisEvent::Confirmed { epoch: confirmed, sent, .. } if *confirmed >= epoch => Some(*sent),
            _ => None,
        })
    }

    /// Waits until a counter says so.
    #[track_caller]
    pub(crate) fn wait_metrics(
        &self,
        what: &str,
        condition: impl Fn(&ChassisMetrics) -> bool,
    ) -> ChassisMetrics {
        wait_for(PATIENCE, what, || {
            let metrics = self.hypervisors.metrics();
            Ok(if condition(&metrics) { Ok(metrics) } else { Err(format!("{metrics:?}")) })
        })
        .unwrap()
    }

    /// Hands hypervisor 1 over, and goes on until its switch has `flows` (epoch 1).
    #[track_caller]
    pub(crate) fn take_over(&self, lab: &Lab, flows: &[Arc<Flow>]) {
        lab.hv(1).set_manager(&self.manager()).unwrap();
        self.adopt(flows);
    }

    /// Waits for a hypervisor that calls, and goes on until its switch has `flows` (epoch 1).
    #[track_caller]
    pub(crate) fn adopt(&self, flows: &[Arc<Flow>]) {
        self.hypervisors.open_gate();
        self.wait_facts(|_| true);
        self.apply("hv1", 1, vec![], flows.to_vec());
        self.advance(1);
        self.hypervisors.admit("hv1");
        self.wait_confirmed(1);
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn owned<T: Clone>(delta: Delta<Arc<T>>) -> Delta<T> {
    let own = |items: Vec<Arc<T>>| items.iter().map(|item| T::clone(item)).collect();
    Delta { removed: own(delta.removed), added: own(delta.added) }
}

/// A flow of table 8 that outputs packets of one datapath to a port.
pub(crate) fn flow(metadata: u64, port: u32) -> Arc<Flow> {
    let matching = Match::builder().metadata(metadata).build().unwrap();
    Arc::new(Flow::new(8, 50, matching, Instructions::apply(vec![Action::output(PortNo(port))])))
}

/// Waits until the flows of br-int, without cookies, are these.
#[track_caller]
pub(crate) fn wait_flows(hypervisor: &Hypervisor, expected: &[Arc<Flow>]) {
    let mut expected: Vec<String> = expected.iter().map(|flow| flow.to_string()).collect();
    expected.sort();
    wait_for(PATIENCE, "the flows", || {
        let mut flows: Vec<Flow> = Vec::new();
        let text = hypervisor.flows()?;
        for line in &text {
            flows.push(parse(line));
        }
        let mut seen: Vec<String> = flows.iter().map(ToString::to_string).collect();
        seen.sort();
        Ok(if seen == expected { Ok(()) } else { Err(format!("{seen:#?} instead of {expected:#?}")) })
    })
    .unwrap();
}

/// Reads what `ovs-ofctl dump-flows` prints of the flows that [`flow`] makes.
fn parse(line: &str) -> Flow {
    let number = |key: &str| {
        let at = line.find(key).unwrap_or_else(|| panic!("no {key} in {line}")) + key.len();
        let digits = line[at..].split([',', ' ']).next().unwrap();
        match digits.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
            None => digits.parse().unwrap(),
        }
    };
    let mut parsed = Flow::clone(&flow(number("metadata="), u32::try_from(number("output:")).unwrap()));
    parsed.table = u8::try_from(number("table=")).unwrap();
    parsed.priority = u16::try_from(number("priority=")).unwrap();
    parsed
}

/// An address below the range from which the kernel takes source ports: a switch that keeps calling there while nobody
/// listens must not end up talking to itself.
fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 4000).unwrap();
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let address = SocketAddr::from(([127, 0, 0, 1], 12_000 + (start + step) % 8000));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

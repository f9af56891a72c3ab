//! Everything dies, again and again, at moments a seed decides, while ports come and go.
//!
//! `WEIR_SOAK_SECONDS` says for how long (120), `WEIR_SOAK_SEED` repeats a run.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use weir_lab::{Cloud, Hypervisor, Machine, Plan, Result};

const WEIR: &str = env!("CARGO_BIN_EXE_weir");
const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");

const N_HYPERVISORS: usize = 3;

/// Guests at most.
const MAX_GUESTS: usize = 8;

#[test]
#[ignore = "takes minutes: make soak"]
fn whatever_dies_the_switches_end_up_with_what_a_fresh_computation_gives() -> Result {
    let seconds = number("WEIR_SOAK_SECONDS").unwrap_or(120);
    let seed = number("WEIR_SOAK_SEED")
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
    println!("WEIR_SOAK_SEED={seed} WEIR_SOAK_SECONDS={seconds}");
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut soak = Soak::start(seed)?;
    let mut rounds = 0;
    while Instant::now() < until {
        let fault = soak.round()?;
        rounds += 1;
        println!("{rounds}: {fault:?} survived, {} guests", soak.guests.len());
    }
    assert!(rounds > 0, "there was no time for anything");
    Ok(())
}

/// What is killed, without a chance to say goodbye.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Weir,
    Switch(usize),
    HypervisorDatabase(usize),
    Northbound,
}

struct Soak {
    random: Random,
    /// Two machines whose ports nobody touches.
    residents: [Machine; 2],
    guests: Vec<Guest>,
    n_guests_ever: u32,
    cloud: Cloud,
}

struct Guest {
    name: String,
    hypervisor: usize,
    machine: Machine,
}

impl Soak {
    fn start(seed: u64) -> Result<Soak> {
        let cloud = Cloud::start(N_HYPERVISORS, WEIR, RULES)?;
        cloud.switches(&["blue"])?;
        let residents = [
            cloud.machine("blue", Plan::new("resident1", 1, 1), 1)?,
            cloud.machine("blue", Plan::new("resident2", 1, 2), 2)?,
        ];
        cloud.sync()?;
        Ok(Soak { random: Random(seed | 1), residents, guests: Vec::new(), n_guests_ever: 0, cloud })
    }

    /// One fault in the middle of a change, and what has to be true afterwards.
    fn round(&mut self) -> Result<Fault> {
        self.churn()?;
        std::thread::sleep(Duration::from_millis(self.random.below(60)));
        let some = self.random.below(N_HYPERVISORS as u64) as usize + 1;
        let fault = match self.random.below(4) {
            0 => Fault::Weir,
            1 => Fault::Switch(some),
            2 => Fault::HypervisorDatabase(some),
            _ => Fault::Northbound,
        };
        match fault {
            Fault::Weir => {
                self.cloud.weir.kill()?;
                self.churn()?;
                self.cloud.weir.restart()?;
            }
            Fault::Switch(number) => {
                self.hypervisor(number).kill_vswitchd()?;
                std::thread::sleep(Duration::from_millis(self.random.below(500)));
                self.hypervisor(number).start_vswitchd()?;
                self.churn()?;
            }
            Fault::HypervisorDatabase(number) => {
                self.hypervisor(number).kill_ovsdb()?;
                std::thread::sleep(Duration::from_millis(self.random.below(500)));
                self.hypervisor(number).start_ovsdb()?;
                self.churn()?;
            }
            Fault::Northbound => {
                self.cloud.northbound.kill()?;
                std::thread::sleep(Duration::from_millis(self.random.below(500)));
                self.cloud.northbound.start()?;
                self.churn()?;
            }
        }
        self.cloud.sync()?;
        self.check()?;
        Ok(fault)
    }

    /// All can talk to all; and a daemon that starts from nothing but the databases finds nothing to change, while no
    /// packet is lost.
    fn check(&mut self) -> Result {
        let [one, two] = &self.residents;
        one.reaches(two, "still there")?;
        if let Some(guest) = self.guests.last() {
            self.cloud.wait_up(&guest.name)?;
            two.reaches(&guest.machine, "welcome")?;
        }
        let mut watches =
            self.cloud.lab.hypervisors().iter().map(Hypervisor::watch_flows).collect::<Result<Vec<_>>>()?;
        let sent = one.sends_all_the_while(two, || {
            self.cloud.weir.kill()?;
            self.cloud.weir.restart()?;
            self.cloud
                .lab
                .hypervisors()
                .iter()
                .try_for_each(|hypervisor| self.cloud.wait_joined(hypervisor))?;
            self.cloud.sync()
        })?;
        two.expect_all(&sent)?;
        two.port.forget()?;
        for (watch, hypervisor) in watches.iter_mut().zip(self.cloud.lab.hypervisors()) {
            let changes = watch.changes()?;
            assert!(changes.is_empty(), "{} held something else: {changes:#?}", hypervisor.name());
        }
        Ok(())
    }

    /// A guest comes or goes.
    fn churn(&mut self) -> Result {
        let leaves = self.guests.len() >= MAX_GUESTS || !self.guests.is_empty() && self.random.below(3) == 0;
        if leaves {
            let at = self.random.below(self.guests.len() as u64) as usize;
            let guest = self.guests.swap_remove(at);
            self.cloud.northbound.nbctl(["lsp-del", &guest.name])?;
            return self.hypervisor(guest.hypervisor).unplug(guest.machine.port);
        }
        self.n_guests_ever += 1;
        let name = format!("guest{}", self.n_guests_ever);
        let hypervisor = self.random.below(N_HYPERVISORS as u64) as usize + 1;
        let address = 10 + (self.n_guests_ever % 200) as u8;
        let machine = self.cloud.machine("blue", Plan::new(&name, 1, address), hypervisor)?;
        self.guests.push(Guest { name, hypervisor, machine });
        Ok(())
    }

    fn hypervisor(&self, number: usize) -> &Hypervisor {
        self.cloud.lab.hv(number)
    }
}

/// Xorshift: the same seed gives the same run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

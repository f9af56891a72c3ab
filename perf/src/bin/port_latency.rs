//! From a new logical port in the Northbound to the last switch's confirmation, on real switches.
//!
//! Every hypervisor has a port on the switch, so that a new port's address concerns them all. Two ways to add a port:
//! by a client that holds its connection, and by `ovn-nbctl --wait=hv`, whose start is part of the figure. "Done" is
//! `NB_Global.hv_cfg`, which is written after every switch has answered.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use ovsdb::client::{DialConfig, Event, Remote, Session};
use ovsdb::monitor::{MonitorSpec, Replica, TableSpec};
use ovsdb::transact::{Condition, Insert, Mutation, Mutator, Operation};
use ovsdb::value::{Atom, Datum, Uuid};
use weir_lab::{Cloud, Plan};
use weir_perf::Percentiles;

const DATABASE: &str = "OVN_Northbound";

/// Measures how long a new port takes to be on every switch.
#[derive(Debug, Parser)]
struct Options {
    /// The weir program to measure
    #[arg(long, env = "WEIR_BIN", default_value = "target/release/weir")]
    weir: PathBuf,
    /// Directory of the rules
    #[arg(long, default_value = "rules")]
    rules: PathBuf,
    /// Hypervisors, each a real ovs-vswitchd
    #[arg(long, default_value_t = 3)]
    hypervisors: usize,
    /// Ports added, by each way
    #[arg(long, default_value_t = 200)]
    ports: usize,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let cloud = Cloud::start(options.hypervisors, &options.weir, &options.rules)?;
    cloud.switches(&["net"])?;
    for number in 1..=options.hypervisors {
        let name = format!("vm{number}");
        let plan = Plan::new(&name, 1, number as u8);
        cloud.machine("net", plan, number)?;
    }
    cloud.sync()?;

    let cpu_before = cpu_seconds(&cloud)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let held = runtime.block_on(by_client(&cloud, options.ports))?;
    let cpu = cpu_seconds(&cloud)? - cpu_before;
    println!("{} hypervisors, new port to hv_cfg:", options.hypervisors);
    println!("  connection held      {held}");
    println!("  weir's CPU per port  {:.2} ms", cpu * 1000.0 / options.ports as f64);
    println!("  ovn-nbctl --wait=hv  {}", by_nbctl(&cloud, options.ports)?);
    Ok(())
}

async fn by_client(cloud: &Cloud, n_ports: usize) -> anyhow::Result<Percentiles> {
    let remote: Remote = cloud.northbound.remote().parse()?;
    let spec = MonitorSpec::of(
        DATABASE,
        [
            TableSpec::columns("NB_Global", ["nb_cfg", "hv_cfg"]),
            TableSpec::columns("Logical_Switch", ["name"]),
        ],
    );
    let mut session = Session::dial(remote, spec, Replica::new(), DialConfig::default());
    let (mut global, mut switch, mut cfg) = (None, None, 0);
    while global.is_none() || switch.is_none() {
        if let Some(Event::Snapshot(changes)) = session.next().await {
            for change in &changes {
                match &*change.table {
                    "NB_Global" => {
                        global = Some(change.uuid);
                        cfg = change.new.as_ref().and_then(|row| row.integer("nb_cfg")).unwrap_or(0);
                    }
                    _ => switch = Some(change.uuid),
                }
            }
        }
    }
    let (Some(global), Some(switch)) = (global, switch) else { bail!("the Northbound is empty") };
    let mut percentiles = Percentiles::new()?;
    for number in 0..n_ports {
        cfg += 1;
        let start = Instant::now();
        session.handle().transact(DATABASE, &new_port(number, switch, global, cfg)).await?;
        wait_realised(&mut session, cfg).await?;
        percentiles.add(start.elapsed());
    }
    Ok(percentiles)
}

fn new_port(number: usize, switch: Uuid, global: Uuid, cfg: i64) -> Vec<Operation> {
    let insert = Insert::into("Logical_Switch_Port")
        .value("name", format!("client{number}"))
        .value("addresses", Datum::set([address(0xc, number)]))
        .named("port");
    let port = Datum::set([Atom::named("port")]);
    vec![
        Operation::Insert(insert),
        Operation::mutate(
            "Logical_Switch",
            vec![Condition::uuid(switch)],
            vec![Mutation::new("ports", Mutator::Insert, port)],
        ),
        Operation::update(
            "NB_Global",
            vec![Condition::uuid(global)],
            BTreeMap::from([("nb_cfg".to_owned(), Datum::from(cfg))]),
        ),
    ]
}

async fn wait_realised(session: &mut Session, cfg: i64) -> anyhow::Result<()> {
    let realised = async {
        while let Some(event) = session.next().await {
            let Event::Changes(changes) = event else { bail!("Northbound lost: {event:?}") };
            let reached = |row: &ovsdb::value::Row| row.integer("hv_cfg").is_some_and(|hv_cfg| hv_cfg >= cfg);
            if changes.of("NB_Global").filter_map(|change| change.new.as_ref()).any(|row| reached(row)) {
                return Ok(());
            }
        }
        bail!("the session ended")
    };
    tokio::time::timeout(Duration::from_secs(10), realised).await.context("hv_cfg did not follow in 10 s")?
}

fn by_nbctl(cloud: &Cloud, n_ports: usize) -> anyhow::Result<Percentiles> {
    let mut percentiles = Percentiles::new()?;
    for number in 0..n_ports {
        let (name, address) = (format!("nbctl{number}"), address(0xd, number));
        let start = Instant::now();
        cloud.northbound.nbctl([
            "--wait=hv",
            "lsp-add",
            "net",
            &name,
            "--",
            "lsp-set-addresses",
            &name,
            &address,
        ])?;
        percentiles.add(start.elapsed());
    }
    Ok(percentiles)
}

fn address(series: u8, number: usize) -> String {
    format!("02:{series:02x}:00:00:{:02x}:{:02x}", number >> 8, number & 0xff)
}

/// User and system time of the daemon so far (proc(5), stat, fields 14 and 15, in ticks of 10 ms).
fn cpu_seconds(cloud: &Cloud) -> anyhow::Result<f64> {
    let pid = cloud.weir.pid().context("weir is not running")?;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    ensure!(fields.len() > 13, "/proc/{pid}/stat has another form");
    let ticks = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks / 100.0)
}

//! The steps of the demo, in the order they are told.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use super::network::{PLACES, Place, Running};
use super::story::Story;
use crate::{
    Change, Cloud, Error, FlowWatch, Frame, Lab, LabBuilder, Northbound, PATIENCE, Result, Weir, WeirOptions,
    wait_for,
};

/// How long the demo watches that nothing arrives where nothing should.
const SETTLE: Duration = Duration::from_millis(500);

/// What the demo runs.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// The `weir` program.
    pub program: PathBuf,
    /// The rules it runs.
    pub rules: PathBuf,
    /// Leave everything running in this directory.
    pub keep_in: Option<PathBuf>,
}

/// Tells the whole demo; true if every check held. What cannot be done at all ends it with an error.
pub fn run(options: &DemoOptions) -> Result<bool> {
    let mut story = Story::new();
    println!("Weir: three hypervisors, two virtual networks, real Open vSwitch, real frames.");

    story.step("Three hypervisors and a Northbound database");
    let builder = LabBuilder::new();
    let lab = match &options.keep_in {
        Some(dir) => builder.in_dir(dir),
        None => builder,
    }
    .start(3)?;
    let northbound = lab.northbound()?;
    for hypervisor in lab.hypervisors() {
        story.say(&format!(
            "{}: ovsdb-server and ovs-vswitchd run; tunnel address {}; bridges: {}",
            hypervisor.name(),
            hypervisor.address(),
            hypervisor.vsctl(["list-br"])?.trim()
        ));
    }
    story.say("No bridge br-int, no tunnel, no controller, and nothing of Weir on any of them.");

    story.step("Weir starts");
    let weir = Weir::start(
        &lab,
        WeirOptions {
            program: options.program.clone(),
            rules: options.rules.clone(),
            northbound: northbound.remote(),
            args: Vec::new(),
        },
    )?;
    story.command(&words(&weir));

    let cloud = Cloud { weir, northbound, lab };
    let lab = &cloud.lab;
    join(&mut story, &cloud)?;
    let mut watches = lab.hypervisors().iter().map(|hv| hv.watch_flows()).collect::<Result<Vec<_>>>()?;
    let mut told = vec![0; watches.len()];

    describe(&mut story, &cloud.northbound)?;
    let mut running = plug(&mut story, &cloud)?;
    tell_changes(&story, lab, &mut watches, &mut told)?;

    unicast(&mut story, lab, &running)?;
    broadcast(&mut story, &running)?;
    isolation(&mut story, &running)?;
    move_port(&mut story, &cloud, &mut running)?;
    tell_changes(&story, lab, &mut watches, &mut told)?;
    drop(watches);
    tell_latencies(&mut story, &cloud.weir)?;
    close(&mut story, options, cloud)?;
    match story.failed() {
        0 => println!("\nEvery check held."),
        failed => println!("\n{failed} checks failed."),
    }
    Ok(story.failed() == 0)
}

fn join(story: &mut Story, cloud: &Cloud) -> Result {
    story.step("One command on each hypervisor joins it");
    story.command(&format!("ovs-vsctl set-manager {}", cloud.weir.manager()));
    for hypervisor in cloud.lab.hypervisors() {
        hypervisor.set_manager(&cloud.weir.manager())?;
    }
    for hypervisor in cloud.lab.hypervisors() {
        let joined = cloud.wait_joined(hypervisor);
        story.check(&format!("{}: br-int made, OpenFlow session up", hypervisor.name()), joined);
    }
    let ports = cloud.lab.hv(1).vsctl(["list-ports", "br-int"])?;
    story.say(&format!(
        "What Weir made in br-int of hv1: {}",
        ports.split_whitespace().collect::<Vec<_>>().join(" ")
    ));
    Ok(())
}

fn describe(story: &mut Story, northbound: &Northbound) -> Result {
    story.step("Two virtual networks, described with plain ovn-nbctl; their addresses overlap on purpose");
    for switch in ["blue", "red"] {
        nbctl(story, northbound, &["ls-add", switch])?;
    }
    for Place { switch, plan, .. } in &PLACES {
        let add = ["lsp-add", switch, plan.name, "--", "lsp-set-addresses", plan.name, &plan.addresses()];
        nbctl(story, northbound, &add)?;
    }
    Ok(())
}

fn plug(story: &mut Story, cloud: &Cloud) -> Result<Vec<Running>> {
    story.step("Virtual machines appear, spread over the hypervisors");
    let mut running = Vec::new();
    for place in PLACES {
        let hypervisor = cloud.lab.hv(place.hypervisor);
        let (interface, name) = (place.plan.interface(), place.plan.name);
        story.say(&format!("{}: interface {interface} with iface-id={name}", hypervisor.name()));
        running.push(Running { place, machine: place.plan.plug(hypervisor)? });
    }
    sync(story, cloud);
    for Place { plan, .. } in &PLACES {
        story.check(&format!("{} is up", plan.name), cloud.wait_up(plan.name));
    }
    Ok(running)
}

fn unicast(story: &mut Story, lab: &Lab, running: &[Running]) -> Result {
    story.step("A frame from blue1 on hv1 to blue2 on hv2");
    let (from, to) = (find(running, "blue1")?, find(running, "blue2")?);
    let sent = from.machine.datagram(&to.machine, "hello");
    story.say(&format!("blue1 sends  {sent}"));
    from.machine.port.inject(&sent)?;
    story.check("blue2 received it", to.machine.port.wait_same(&sent));
    let on_wire = wait_for(PATIENCE, "the frame on the wire", || {
        let seen = lab.hv(2).tunnelled_frames()?;
        Ok(seen
            .into_iter()
            .find(|frame| frame.inner.is_same(&sent))
            .ok_or_else(|| "it is not there".to_owned()))
    });
    if let Some(wire) = story.check("it went through a Geneve tunnel", on_wire) {
        let options: Vec<String> = wire
            .options
            .iter()
            .map(|option| {
                format!("class {:#06x} type {:#04x} {:02x?}", option.class, option.kind, option.value)
            })
            .collect();
        story.say(&format!(
            "seen between hypervisors: {} > {}, VNI {}, options: {}",
            wire.from,
            wire.to,
            wire.vni,
            options.join("; ")
        ));
    }
    for other in running.iter().filter(|other| !["blue1", "blue2"].contains(&other.name())) {
        let nothing = other.machine.port.expect_no_frame(Duration::ZERO, |frame| frame.is_same(&sent));
        story.check(&format!("{} saw nothing of it", other.name()), nothing);
    }
    Ok(())
}

fn broadcast(story: &mut Story, running: &[Running]) -> Result {
    story.step("A broadcast reaches the sender's own network, and no other");
    let from = find(running, "red1")?;
    let sent = Frame::arp_request(from.machine.end, Ipv4Addr::new(10, 0, 0, 77));
    story.say(&format!("red1 asks    {sent}"));
    from.machine.port.inject(&sent)?;
    for other in running.iter().filter(|other| other.name() != "red1") {
        let name = other.name();
        if other.place.switch == "red" {
            story.check(&format!("{name} received it"), other.machine.port.wait_same(&sent));
        } else {
            let nothing = other.machine.port.expect_no_frame(SETTLE / 4, |frame| frame.is_same(&sent));
            story.check(&format!("{name} did not"), nothing);
        }
    }
    let echo = from.machine.port.expect_no_frame(Duration::ZERO, |frame| frame.is_same(&sent));
    story.check("red1 did not get it back", echo);
    Ok(())
}

fn isolation(story: &mut Story, running: &[Running]) -> Result {
    story.step("Nothing crosses between the networks, even for one who knows the other's addresses");
    let (from, to) = (find(running, "blue1")?, find(running, "red2")?);
    let sent = from.machine.datagram(&to.machine, "are you there?");
    story.say(&format!("blue1 sends  {sent}"));
    from.machine.port.inject(&sent)?;
    let unknown = find(running, "blue4")?;
    story.check(
        "blue4, the port of blue whose addresses are unknown, received it",
        unknown.machine.port.wait_same(&sent),
    );
    for other in running.iter().filter(|other| other.place.switch == "red") {
        let nothing = other.machine.port.expect_no_frame(SETTLE / 2, |frame| frame.is_same(&sent));
        story.check(&format!("{} saw nothing", other.name()), nothing);
    }
    Ok(())
}

fn move_port(story: &mut Story, cloud: &Cloud, running: &mut [Running]) -> Result {
    let lab = &cloud.lab;
    story.step("blue2 moves from hv2 to hv1, as in a live migration");
    let position = position(running, "blue2")?;
    let arrived = running[position].place.plan.plug(lab.hv(1))?;
    let left = std::mem::replace(&mut running[position].machine, arrived);
    lab.hv(2).unplug(left.port)?;
    sync(story, cloud);

    let from = find(running, "blue3")?;
    let to = &running[position];
    let sent = from.machine.datagram(&to.machine, "where are you now?");
    story.say(&format!("blue3 sends  {sent}"));
    from.machine.port.inject(&sent)?;
    story.check("blue2 received it on hv1", to.machine.port.wait_same(&sent));
    let seen = lab.hv(1).tunnelled_frames()?;
    let came = seen.iter().any(|frame| frame.inner.is_same(&sent) && frame.to == lab.hv(1).address());
    story.check("it came through the tunnel to hv1", holds(came, "it is not on the wire"));
    let wrong = lab.hv(2).tunnelled_frames()?.iter().any(|frame| frame.inner.is_same(&sent));
    story.check("hv2 was not bothered", holds(!wrong, "hv2 was sent the frame, too"));
    Ok(())
}

/// Tells how many flows changed on each hypervisor since the last time, and shows some.
fn tell_changes(story: &Story, lab: &Lab, watches: &mut [FlowWatch], told: &mut [usize]) -> Result {
    const SHOWN: usize = 4;
    story.say("What was sent to the switches for this, and nothing else:");
    for ((hypervisor, watch), told) in lab.hypervisors().iter().zip(watches).zip(told) {
        let all = watch.changes()?;
        let new = &all[*told..];
        *told = all.len();
        let count = |change| new.iter().filter(|new| new.change == change).count();
        story.say(&format!(
            "{}: +{} ~{} -{}  ({} flows in all)",
            hypervisor.name(),
            count(Change::Added),
            count(Change::Modified),
            count(Change::Deleted),
            hypervisor.flows()?.len()
        ));
        for shown in new.iter().take(SHOWN) {
            let sign = match shown.change {
                Change::Added => '+',
                Change::Modified => '~',
                Change::Deleted => '-',
            };
            story.say(&format!("  {sign} {}", shown.flow));
        }
        if new.len() > SHOWN {
            story.say(&format!("  ... and {} more", new.len() - SHOWN));
        }
    }
    Ok(())
}

/// The daemon logs what each commit changed and how long it took.
fn tell_latencies(story: &mut Story, weir: &Weir) -> Result {
    const SHOWN: usize = 8;
    story.step("What the last commits cost, by Weir's own log");
    let log = weir.log()?;
    let commits: Vec<&str> =
        log.lines().filter_map(|line| line.find("commit epoch=").map(|at| &line[at..])).collect();
    for commit in &commits[commits.len().saturating_sub(SHOWN)..] {
        story.say(commit);
    }
    Ok(())
}

fn close(story: &mut Story, options: &DemoOptions, cloud: Cloud) -> Result {
    let Cloud { weir, northbound, lab } = cloud;
    story.step("Where to go next");
    story.say("rules/weir.dl       the network program: what you saw is written there, not in the daemon");
    story.say("docs/quickstart.md  from here to your own hypervisors");
    story.say("make demo KEEP=1    the same, left running: look into it with weir repl --connect SOCK");
    story.say("docs/shell.md       what can be asked there: dump and watch any relation");
    story.say("make test           the same on real switches, with faults");
    if options.keep_in.is_some() {
        let stop = lab.keep()?;
        story.say("");
        story.say("It all runs on. Try:");
        story.say(&format!("  ovn-nbctl --db={} show", northbound.remote()));
        story.say(&format!("  ovs-vsctl --db={} show", lab.hv(1).database()));
        story.say(&format!(
            "  ovs-ofctl -O OpenFlow15 dump-flows unix:{}/br-int.mgmt",
            lab.hv(1).dir().display()
        ));
        story.say(&format!("  {} repl --connect {}", options.program.display(), weir.control().display()));
        story.say(&format!("Weir's log: {}", weir.log_file().display()));
        story.say(&format!("To stop: make demo-stop   (or: sh {})", stop.display()));
        return Ok(());
    }
    let mut pids = lab.pids();
    pids.extend(northbound.pid());
    pids.extend(weir.pid());
    let stopped =
        weir.stop().and_then(|status| holds(status.success(), &format!("weir ended with {status}")));
    let dir = lab.dir().to_owned();
    drop((lab, northbound));
    drop(weir);
    story.check("Weir ended when asked to", stopped);
    let left = pids.iter().filter(|pid| PathBuf::from(format!("/proc/{pid}")).exists()).count();
    story.check(
        "nothing is left behind",
        holds(left == 0 && !dir.exists(), &format!("{left} processes, directory there: {}", dir.exists())),
    );
    Ok(())
}

fn sync(story: &mut Story, cloud: &Cloud) {
    story.command("ovn-nbctl --wait=hv sync");
    story.check("every switch has its flows", cloud.sync());
}

fn nbctl(story: &Story, northbound: &Northbound, args: &[&str]) -> Result {
    let shown: Vec<String> = args
        .iter()
        .map(|arg| if arg.contains(' ') { format!("'{arg}'") } else { (*arg).to_owned() })
        .collect();
    story.command(&format!("ovn-nbctl {}", shown.join(" ")));
    northbound.nbctl(args).map(drop)
}

fn find<'a>(running: &'a [Running], name: &str) -> Result<&'a Running> {
    position(running, name).map(|position| &running[position])
}

fn position(running: &[Running], name: &str) -> Result<usize> {
    running
        .iter()
        .position(|running| running.name() == name)
        .ok_or_else(|| Error::Usage(format!("no machine {name}")))
}

fn holds(condition: bool, otherwise: &str) -> Result {
    if condition { Ok(()) } else { Err(Error::Usage(otherwise.to_owned())) }
}

fn words(weir: &Weir) -> String {
    let command = weir.command();
    let args: Vec<String> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
    format!("weir {}", args.join(" "))
}

//! Several processes of the binary run one program: they print what one prints, and end together.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Exit code of a process that lost another.
const LOST: Option<i32> = Some(3);

const PROGRAM: &str = r#"
    typedef Kind = Access{vlan: u16} | Trunk{vlans: Vec<u16>, name: string}
    input relation Port(name: string, switch: string, kind: Kind, id: bit<128>) primary key (p) p.name
    input relation Link(a: string, b: string)
    output relation Vlan(switch: string, vlan: u16, names: Set<string>)
    Vlan(s, v, n) :- PortVlan(p, s, v), var n = p.group_by((s, v)).to_set().
    relation PortVlan(port: string, switch: string, vlan: u16)
    PortVlan(p, s, v) :- Port(p, s, Access{v}, _).
    PortVlan(p, s, v) :- Port(p, s, Trunk{vs, _}, _), var v = FlatMap(vs).
    output relation Path(a: string, b: string)
    Path(a, b) :- Link(a, b).
    Path(a, c) :- Path(a, b), Link(b, c).
    output relation Kinds(kind: Kind, id: bit<128>)
    Kinds(k, i) :- Port(_, _, k, i), not Link(_, "s1").
    output relation Fixed(text: string)
    Fixed("a fact").
    index ByName(name: string) on Port(name, _, _, _)
"#;

const COMMANDS: &str = r#"
    start;
    insert Port("p1", "s1", Access{5}, 340282366920938463463374607431768211455),
    insert Port("p2", "s1", Trunk{[5, 6], "uplink"}, 1),
    insert Port("p3", "s2", Trunk{[], ""}, 4294967296),
    insert Link("s1", "s2"),
    insert Link("s2", "s3");
    commit dump_changes;
    start;
    insert Link("s3", "s1"),
    delete_key Port "p1";
    commit dump_changes;
    start;
    modify Port "p2" <- Port{.kind = Access{9}};
    commit dump_changes;
    query_index ByName("p2");
    dump;
"#;

struct Started {
    children: Vec<Child>,
    addresses: Vec<String>,
    _directory: tempfile::TempDir,
}

/// Ended, and what was printed.
struct Ended {
    status: ExitStatus,
    out: String,
    complaints: String,
}

/// Processes, each with its program and further flags.
fn start(of_each: &[(&str, &[&str])]) -> Started {
    let directory = tempfile::tempdir().unwrap();
    // Ports that were free a moment ago.
    let free: Vec<TcpListener> = of_each.iter().map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<String> = free.iter().map(|port| port.local_addr().unwrap().to_string()).collect();
    drop(free);
    let hosts = directory.path().join("hosts");
    std::fs::write(&hosts, addresses.join("\n")).unwrap();
    let child = |(index, (text, flags)): (usize, &(&str, &[&str]))| {
        let program = directory.path().join(format!("program{index}.dl"));
        std::fs::write(&program, text).unwrap();
        run(&program, flags).arg("-p").arg(index.to_string()).arg("--hostfile").arg(&hosts).spawn().unwrap()
    };
    let children = of_each.iter().enumerate().map(child).collect();
    Started { children, addresses, _directory: directory }
}

fn run(program: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    command.args(["repl", "--batch"]).arg(program).args(flags);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Says the last that is to be said to a process, and waits for its end.
fn finish(mut child: Child, commands: &str) -> Ended {
    let mut stdin = child.stdin.take().unwrap();
    // Who has ended does not listen any more.
    let _ = stdin.write_all(commands.as_bytes());
    drop(stdin);
    ended(child)
}

/// Waits for the end of a process that is still to be told things.
fn ended(mut child: Child) -> Ended {
    let deadline = Instant::now() + Duration::from_secs(60);
    let stdin = child.stdin.take();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                child.kill().unwrap();
                panic!("process does not end");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    drop(stdin);
    let (mut out, mut complaints) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
    Ended { status, out, complaints }
}

impl Ended {
    /// One line says why, and nothing else.
    fn lost(&self, what: &str) {
        assert_eq!(self.status.code(), LOST, "{}", self.complaints);
        assert!(self.complaints.contains(what), "{}", self.complaints);
        for word in ["panicked", "backtrace", "unwrap"] {
            assert!(!self.complaints.contains(word), "{}", self.complaints);
        }
    }
}

impl Started {
    fn gone(&self, index: usize) -> String {
        format!("process {index} at {} is gone", self.addresses[index])
    }

    /// Tells the first process to do something, and waits until it has printed `until`.
    fn say(&mut self, commands: &str, until: &str) {
        let first = &mut self.children[0];
        first.stdin.as_mut().unwrap().write_all(commands.as_bytes()).unwrap();
        let mut lines = BufReader::new(first.stdout.as_mut().unwrap());
        let mut line = String::new();
        while !line.contains(until) {
            line.clear();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the process has ended");
        }
    }

    fn signal(&self, index: usize, signal: Signal) {
        kill(Pid::from_raw(self.children[index].id() as i32), signal).unwrap();
    }

    /// The end of all but one, which has been killed, in order.
    fn others_end(mut self, killed: usize) -> Vec<Ended> {
        self.children.remove(killed).wait().unwrap();
        self.children.drain(..).map(ended).collect()
    }
}

#[test]
fn several_processes_print_what_one_prints() {
    let directory = tempfile::tempdir().unwrap();
    let program: PathBuf = directory.path().join("program.dl");
    std::fs::write(&program, PROGRAM).unwrap();
    let alone = finish(run(&program, &[]).spawn().unwrap(), COMMANDS);
    assert!(alone.status.success(), "{}", alone.complaints);
    assert!(alone.out.contains("340282366920938463463374607431768211455"), "{}", alone.out);
    for (processes, workers) in [(2, "1"), (2, "2"), (3, "1")] {
        let flags = ["-w", workers];
        let each: Vec<(&str, &[&str])> = vec![(PROGRAM, &flags); processes];
        let mut started = start(&each);
        let first = finish(started.children.remove(0), COMMANDS);
        assert!(first.status.success(), "{}", first.complaints);
        assert_eq!(first.out, alone.out, "{processes} processes of {workers} workers");
        for other in started.children.drain(..).map(ended) {
            assert!(other.status.success(), "{}", other.complaints);
            assert_eq!((other.out, other.complaints), (String::new(), String::new()));
        }
    }
}

#[test]
fn when_one_is_killed_the_others_end_and_say_so() {
    for killed in 0..3 {
        let mut started = start(&[(PROGRAM, &[]), (PROGRAM, &[]), (PROGRAM, &[])]);
        started.say("echo ready;\n", "ready");
        started.signal(killed, Signal::SIGKILL);
        let gone = started.gone(killed);
        let others = started.others_end(killed);
        assert_eq!(others.len(), 2);
        others.iter().for_each(|other| other.lost(&gone));
    }
}

#[test]
fn a_transaction_under_way_is_told_not_to_be_committed() {
    let mut started = start(&[(PROGRAM, &["-w", "2"]), (PROGRAM, &["-w", "2"])]);
    started.say("echo ready;\n", "ready");
    // Nothing can be committed without it.
    started.signal(1, Signal::SIGSTOP);
    started.say("start;\ninsert Link(\"a\", \"b\");\necho begun;\ncommit dump_changes;\n", "begun");
    started.signal(1, Signal::SIGKILL);
    let gone = started.gone(1);
    let others = started.others_end(1);
    others[0].lost(&format!("{gone}: the transaction is not committed"));
    assert!(!others[0].out.contains("Path"), "{}", others[0].out);
}

/// The daemon in two processes, the first one ready.
fn start_daemon(directory: &Path) -> Started {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let free: Vec<TcpListener> = (0..2).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<String> = free.iter().map(|port| port.local_addr().unwrap().to_string()).collect();
    drop(free);
    let hosts = directory.join("hosts");
    std::fs::write(&hosts, addresses.join("\n")).unwrap();
    let child = |index: usize| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
        command.args(["run", "--nb", "none", "--settle", "0"]).arg("--rules").arg(&rules);
        for (option, socket) in [("--listen-ovsdb", "ovsdb"), ("--listen-openflow", "openflow")] {
            command.arg(option).arg(format!("unix:{}/{socket}", directory.display()));
        }
        command.arg("--state").arg(directory).arg("--hostfile").arg(&hosts).arg("-p").arg(index.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut children: Vec<Child> = (0..2).map(child).collect();
    let mut log = BufReader::new(children[0].stderr.as_mut().unwrap());
    let (mut line, mut all) = (String::new(), String::new());
    while !line.contains("weir is ready") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "{all}");
        all.push_str(&line);
    }
    Started { children, addresses, _directory: tempfile::tempdir().unwrap() }
}

#[test]
fn the_daemon_runs_in_two_processes_and_ends_with_either() {
    for killed in 0..2 {
        let directory = tempfile::tempdir().unwrap();
        let started = start_daemon(directory.path());
        started.signal(killed, Signal::SIGKILL);
        let gone = started.gone(killed);
        started.others_end(killed)[0].lost(&gone);
    }
    let directory = tempfile::tempdir().unwrap();
    let started = start_daemon(directory.path());
    started.signal(0, Signal::SIGTERM);
    for child in started.children {
        let ended = ended(child);
        assert!(ended.status.success(), "{}", ended.complaints);
    }
}

#[test]
fn a_process_that_does_not_fit_or_does_not_come_is_told() {
    let other = format!("{PROGRAM}\nFixed(\"another fact\").");
    let mut started = start(&[(PROGRAM, &[]), (&other, &[])]);
    for (index, child) in started.children.drain(..).enumerate() {
        let expected =
            format!("process {} at {} runs another program", 1 - index, started.addresses[1 - index]);
        ended(child).lost(&expected);
    }
    let mut started = start(&[(PROGRAM, &["-w", "2"]), (PROGRAM, &["-w", "3"])]);
    let expected = ["has 3 workers (-w), this one has 2", "has 2 workers (-w), this one has 3"];
    for (expected, child) in expected.iter().zip(started.children.drain(..)) {
        ended(child).lost(expected);
    }
    let mut started = start(&[(PROGRAM, &["--wait", "1"]), ("this is no program", &["--wait", "1"])]);
    let (second, first) = (started.children.pop().unwrap(), started.children.pop().unwrap());
    assert_eq!(ended(second).status.code(), Some(1));
    ended(first).lost(&format!("process 1 at {} has not come within 1 s", started.addresses[1]));
}

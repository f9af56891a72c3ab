//! The streaming feed: what it answers, what it keeps, and what reaches the switches.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};
use weir_lab::{Cloud, Lab, PATIENCE, Plan, Result, Weir, WeirOptions};

const WEIR: &str = env!("CARGO_BIN_EXE_weir");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A daemon without a Northbound, fed through a socket.
struct Fed {
    weir: Weir,
    socket: PathBuf,
    lab: Lab,
}

impl Fed {
    fn start(hypervisors: usize) -> Result<Fed> {
        Fed::start_with(hypervisors, |_| Vec::new())
    }

    /// With further arguments, for which there is the lab's directory.
    fn start_with(hypervisors: usize, further: impl FnOnce(&Path) -> Vec<String>) -> Result<Fed> {
        let lab = Lab::start(hypervisors)?;
        let socket = lab.dir().join("feed.sock");
        let mut args = vec!["--feed".into(), format!("unix:{}", socket.display())];
        args.extend(further(lab.dir()));
        let options = WeirOptions {
            program: WEIR.into(),
            rules: Path::new(ROOT).join("rules"),
            northbound: "none".into(),
            args,
        };
        let weir = Weir::start(&lab, options)?;
        for hypervisor in lab.hypervisors() {
            hypervisor.set_manager(&weir.manager())?;
        }
        Ok(Fed { weir, socket, lab })
    }

    fn client(&self, name: Option<&str>) -> Client {
        let stream = UnixStream::connect(&self.socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Client { reader: BufReader::new(stream.try_clone().unwrap()), stream };
        if let Some(name) = name {
            client.say(&json!({"hello": {"client": name}}));
        }
        client
    }

    fn address(&self) -> String {
        format!("unix:{}", self.socket.display())
    }

    fn state(&self) -> PathBuf {
        self.lab.dir().join("weir/state")
    }
}

struct Client {
    stream: UnixStream,
    reader: BufReader<UnixStream>,
}

impl Client {
    fn say(&mut self, line: &Json) {
        writeln!(self.stream, "{line}").unwrap();
    }

    fn hear(&mut self) -> Json {
        let mut line = String::new();
        assert_ne!(self.reader.read_line(&mut line).unwrap(), 0, "the connection was ended");
        serde_json::from_str(&line).unwrap()
    }

    fn ask(&mut self, line: &Json) -> Json {
        self.say(line);
        self.hear()
    }

    /// The reason of a refusal, after the number of the operation.
    fn refused(&mut self, line: &Json) -> String {
        let answer = self.ask(line);
        format!(
            "{} {}",
            answer["rejected"]["op"],
            answer["rejected"]["reason"].as_str().unwrap_or("committed")
        )
    }
}

fn uuid(n: u32) -> String {
    format!("00000000-0000-0000-0000-{n:012}")
}

fn switch(n: u32, ports: &[u32]) -> Json {
    let ports: Vec<String> = ports.iter().map(|port| uuid(*port)).collect();
    json!({"_uuid": uuid(n), "name": format!("switch{n}"), "ports": ports})
}

fn insert_switch(n: u32) -> Json {
    json!({"insert": "nb::Logical_Switch", "row": switch(n, &[])})
}

fn weir(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(WEIR)
        .args(args)
        .current_dir(ROOT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn what_is_fed_reaches_the_switches_and_is_answered_when_it_is_there() -> Result {
    let fed = Fed::start(2)?;
    for hypervisor in fed.lab.hypervisors() {
        fed.weir.wait_in_step(hypervisor.name())?;
    }
    let plans = [Plan::new("blue1", 1, 1), Plan::new("blue2", 1, 2)];
    let machines = [plans[0].plug(fed.lab.hv(1))?, plans[1].plug(fed.lab.hv(2))?];
    let mut client = fed.client(None);
    let port = |n: u32| {
        let addresses = [plans[n as usize - 1].addresses()];
        let row = json!({"_uuid": uuid(n), "name": format!("blue{n}"), "addresses": addresses});
        json!({"insert": "nb::Logical_Switch_Port", "row": row})
    };
    let ops = json!([{"insert": "nb::Logical_Switch", "row": switch(9, &[1, 2])}, port(1), port(2)]);
    let committed = client.ask(&json!({"ops": ops, "seq": 1, "wait": "installed"}));
    assert!(committed["committed"]["changes"]["openflow::Flow"][0].as_u64() > Some(10), "{committed}");
    let installed = client.hear();
    assert_eq!(installed["seq"], 1);
    assert_eq!(installed["installed"]["epoch"], committed["committed"]["epoch"], "{installed}");
    machines[0].reaches(&machines[1], "hello").map(drop)
}

#[test]
fn what_does_not_fit_is_refused_with_its_place_and_changes_nothing() -> Result {
    let fed = Fed::start(0)?;
    let mut client = fed.client(None);
    let one = |op: Json| json!({"ops": [insert_switch(1), op]});
    for (op, reason) in [
        (
            json!({"insert": "nb::Logical_Switch", "row": {"nmae": "x"}}),
            "1 at .row: `nb::Logical_Switch` has no column `nmae`",
        ),
        (
            json!({"insert": "nb::Logical_Switch", "row": {"ports": ["a-b"]}}),
            "1 at .row.ports[0]: \"a-b\" is not a UUID",
        ),
        (
            json!({"insert": "nb::Logical_Switch", "row": {"name": 5}}),
            "1 at .row.name: expected string, found a number",
        ),
        (json!({"insert": "nb::Switch", "row": {}}), "1 `nb::Switch` is not an input relation"),
        (
            json!({"insert": "hypervisor::Chassis", "row": {}}),
            "1 `hypervisor::Chassis` cannot be written by a feed: Weir itself fills it",
        ),
        (insert_switch(1), "1 a row with the key \"00000000-0000-0000-0000-000000000001\" exists"),
        (
            json!({"delete": "nb::Logical_Switch", "key": uuid(7)}),
            "1 the feed has no row with the key \"00000000-0000-0000-0000-000000000007\"",
        ),
        (
            json!({"modify": "nb::Logical_Switch", "key": uuid(1), "row": {"_uuid": uuid(2)}}),
            "1 a column of the key cannot be modified: delete the row and insert another",
        ),
        (json!({"row": {}}), "1 an operation is one of insert, upsert, modify, delete"),
    ] {
        assert_eq!(client.refused(&one(op)), reason);
    }
    assert_eq!(client.ask(&json!({"ops": [insert_switch(1)], "seq": 5}))["seq"], 5);
    Ok(())
}

#[test]
fn answers_come_in_the_order_of_the_transactions_whatever_they_are() -> Result {
    let fed = Fed::start(0)?;
    let mut client = fed.client(None);
    let misfit = json!({"insert": "nb::Logical_Switch", "row": {"nmae": "x"}});
    let lines = (0..20).flat_map(|round: u64| {
        let of_round = [insert_switch(round as u32 + 1), insert_switch(1), misfit.clone()];
        of_round
            .into_iter()
            .enumerate()
            .map(move |(n, op)| json!({"ops": [op], "seq": 3 * round + n as u64 + 1}))
    });
    let text: String = lines.map(|line| line.to_string() + "\n").collect();
    client.stream.write_all(text.as_bytes()).unwrap();
    for seq in 1..=60_u64 {
        let answer = client.hear();
        assert_eq!(answer["seq"], seq, "{answer}");
        assert_eq!(answer["committed"].is_object(), seq % 3 == 1, "{answer}");
    }
    Ok(())
}

#[test]
fn a_line_that_is_not_of_the_protocol_ends_that_connection_only() -> Result {
    let fed = Fed::start(0)?;
    let mut steady = fed.client(None);
    for (line, problem) in [
        ("{", "line 2: EOF"),
        ("{\"what\": 1}", "line 2: expected an object with ops"),
        ("{\"ops\": 5}", "line 2:"),
    ] {
        let mut client = fed.client(None);
        assert_eq!(client.ask(&json!({"ping": "there?"}))["pong"], "there?");
        writeln!(client.stream, "{line}").unwrap();
        let error = client.hear();
        assert!(error["error"].as_str().unwrap().starts_with(problem), "{error}");
        assert_eq!(client.reader.read_line(&mut String::new()).unwrap(), 0);
    }
    assert!(steady.ask(&json!({"ops": [insert_switch(1)]}))["committed"].is_object());
    Ok(())
}

#[test]
fn what_was_answered_is_there_after_kill_9_and_is_not_done_twice() -> Result {
    let fed = Fed::start(0)?;
    let mut acknowledged = 0;
    for round in 0..5_u32 {
        let mut client = fed.client(Some("cms"));
        let last = client.hear()["welcome"]["last"].as_u64().unwrap();
        assert!(last >= acknowledged, "{acknowledged} was answered, {last} is known");
        let mut seq = last;
        // Ahead of their answers, and the daemon is killed in between.
        std::thread::scope(|scope| {
            let mut stream = client.stream.try_clone().unwrap();
            scope.spawn(move || {
                for n in last + 1..last + 400 {
                    let line = json!({"ops": [insert_switch(n as u32)], "seq": n});
                    if writeln!(stream, "{line}").is_err() {
                        break;
                    }
                }
            });
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20 + 37 * u64::from(round)));
                fed.weir.kill().unwrap();
            });
            let mut line = String::new();
            while matches!(client.reader.read_line(&mut line), Ok(n) if n > 0) {
                let answer: Json = serde_json::from_str(&line).unwrap();
                assert!(answer["committed"].is_object(), "{answer}");
                seq = answer["seq"].as_u64().unwrap();
                line.clear();
            }
        });
        acknowledged = seq;
        fed.weir.restart()?;
    }
    let mut client = fed.client(Some("cms"));
    let last = client.hear()["welcome"]["last"].as_u64().unwrap();
    assert!(last >= acknowledged && last > 0);
    let again = client.ask(&json!({"ops": [insert_switch(last as u32)], "seq": last}));
    assert_eq!(again, json!({"seq": last, "duplicate": {"last": last}}));
    // Exactly those up to the last one are there: each can be deleted, the next cannot.
    let ops: Vec<Json> =
        (1..=last).map(|n| json!({"delete": "nb::Logical_Switch", "key": uuid(n as u32)})).collect();
    assert!(client.ask(&json!({"ops": ops}))["committed"].is_object());
    assert_eq!(client.refused(&json!({"ops": [ops[0]]})).split(' ').next(), Some("0"));
    Ok(())
}

#[test]
fn a_snapshot_replaces_what_feeds_have_said_of_its_relations() -> Result {
    let fed = Fed::start(0)?;
    let mut client = fed.client(None);
    client.ask(&json!({"ops": [insert_switch(1), insert_switch(2)]}));
    client.ask(
        &json!({"ops": [{"insert": "nb::Logical_Switch_Port", "row": {"_uuid": uuid(5), "name": "kept"}}]}),
    );
    client.say(&json!({"begin": "snapshot", "relations": ["nb::Logical_Switch"]}));
    client.say(&json!({"ops": [insert_switch(2), insert_switch(3)]}));
    assert!(client.ask(&json!({"end": "snapshot", "seq": 9}))["committed"].is_object());
    let there = |relation: &str, n: u32| json!({"ops": [{"modify": relation, "key": uuid(n), "row": {}}]});
    assert_eq!(client.refused(&there("nb::Logical_Switch", 1)).split(' ').next(), Some("0"));
    for (relation, n) in
        [("nb::Logical_Switch", 2), ("nb::Logical_Switch", 3), ("nb::Logical_Switch_Port", 5)]
    {
        assert!(client.ask(&there(relation, n))["committed"].is_object(), "{relation} {n}");
    }
    Ok(())
}

#[test]
fn the_northbound_and_feeds_do_not_touch_each_others_rows() -> Result {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("feed.sock");
    let address = format!("unix:{}", socket.display());
    let cloud = Cloud::start_with(0, WEIR, Path::new(ROOT).join("rules"), &["--feed", &address])?;
    let row = cloud.northbound.nbctl(["create", "Logical_Switch", "name=theirs"])?;
    let key = row.trim();
    cloud.northbound.nbctl(["--wait=sb", "sync"])?;
    let stream = UnixStream::connect(&socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut client = Client { reader: BufReader::new(stream.try_clone().unwrap()), stream };
    for op in [
        json!({"insert": "nb::Logical_Switch", "row": {"_uuid": key, "name": "mine"}}),
        json!({"upsert": "nb::Logical_Switch", "row": {"_uuid": key, "name": "mine"}}),
        json!({"modify": "nb::Logical_Switch", "key": key, "row": {"name": "mine"}}),
        json!({"delete": "nb::Logical_Switch", "key": key}),
    ] {
        assert!(client.refused(&json!({"ops": [op]})).starts_with("0 "), "{op}");
    }
    assert!(client.ask(&json!({"ops": [insert_switch(1)]}))["committed"].is_object());
    client.say(&json!({"begin": "snapshot"}));
    assert!(client.ask(&json!({"end": "snapshot"}))["committed"].is_object());
    assert!(
        client.refused(&json!({"ops": [{"delete": "nb::Logical_Switch", "key": key}]})).starts_with("0 ")
    );
    Ok(())
}

#[test]
fn files_are_sent_resumed_dumped_and_loaded() -> Result {
    let fed = Fed::start(0)?;
    let file: String = (1..=3000).map(|n| json!({"ops": [insert_switch(n)]}).to_string() + "\n").collect();
    let send = ["feed", "send", "-", "--to", &fed.address(), "--client", "file"];
    let first = weir(&send, &file);
    assert_eq!(String::from_utf8_lossy(&first.stderr), "3000 committed, 0 rejected, 0 known from before\n");
    let more = format!("{file}{}\n", json!({"ops": [insert_switch(1)]}));
    let second = weir(&send, &more);
    assert_eq!(String::from_utf8_lossy(&second.stderr), "0 committed, 1 rejected, 0 known from before\n");
    assert_eq!(second.status.code(), Some(1));

    let state = fed.state();
    let state = state.to_str().unwrap();
    let running = weir(&["db", "dump", "--state", state], "");
    assert!(String::from_utf8_lossy(&running.stderr).contains("another weir may be using it"));
    fed.weir.stop()?;
    let dumped = weir(&["db", "dump", "--state", state], "");
    let text = String::from_utf8(dumped.stdout).unwrap();
    assert_eq!(text.lines().count(), 3002);
    let other = tempfile::tempdir().unwrap();
    let other = other.path().to_str().unwrap();
    let loaded = weir(&["db", "load", "-", "--state", other], &text);
    assert_eq!(String::from_utf8_lossy(&loaded.stderr), "3000 rows changed\n");
    assert!(weir(&["db", "compact", "--state", other], "").status.success());
    assert_eq!(String::from_utf8(weir(&["db", "dump", "--state", other], "").stdout).unwrap(), text);
    Ok(())
}

#[test]
fn a_subscription_tells_every_commit() -> Result {
    let fed = Fed::start(0)?;
    let mut watcher = fed.client(None);
    assert_eq!(
        watcher.ask(&json!({"subscribe": ["nope"]}))["notice"],
        "`nope` is no relation: nothing is subscribed to"
    );
    assert_eq!(watcher.ask(&json!({"subscribe": ["keys::Wanted"]}))["subscribed"], json!(["keys::Wanted"]));
    let mut client = fed.client(None);
    let committed = client.ask(&json!({"ops": [insert_switch(4)]}));
    let told = watcher.hear();
    assert_eq!(told["relation"], "keys::Wanted");
    assert_eq!(
        told["rows"],
        json!([[{"space": "DatapathSpace", "owner": uuid(4), "low": 1, "high": 0xff_ffff}, 1]])
    );
    assert!(told["epoch"].as_u64() >= committed["committed"]["epoch"].as_u64());
    Ok(())
}

#[test]
fn the_schema_names_every_relation_that_can_be_written() {
    let printed = weir(&["feed", "schema"], "");
    let schema: Json = serde_json::from_slice(&printed.stdout).unwrap();
    let row = &schema["$defs"]["nb::Logical_Switch_Port"];
    assert!(row["properties"]["type"].is_object(), "columns have the names that OVSDB gives them");
    assert!(schema["$defs"].get("hypervisor::Chassis").is_none());
}

#[test]
fn the_python_client_commits_replaces_and_is_told_why_not() -> Result {
    let fed = Fed::start(0)?;
    let script = "
import sys
from weir_feed import Feed, Rejected
with Feed(sys.argv[1], client='python') as feed:
    row = lambda name: {'_uuid': feed.uuid(name), 'name': name}
    first = feed.commit([feed.insert('nb::Logical_Switch', row('a')), feed.insert('nb::Logical_Switch', row('b'))])
    assert feed.commit([feed.modify('nb::Logical_Switch', feed.uuid('a'), {'name': 'c'})], wait='installed') > first
    try:
        feed.commit([feed.insert('nb::Logical_Switch', row('b'))])
        raise AssertionError('not refused')
    except Rejected as rejected:
        assert rejected.op == 0, rejected
    assert feed.commit([], seq=1) is None
    feed.replace([('nb::Logical_Switch', row('d'))])
    feed.last = 100
    feed.commit([feed.delete('nb::Logical_Switch', feed.uuid('d'))])
with Feed(sys.argv[1], client='python') as feed:
    assert feed.last == 101, feed.last
";
    let ran = Command::new("python3")
        .args(["-c", script, &fed.address()])
        .env("PYTHONPATH", Path::new(ROOT).join("clients/python"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Ok(())
}

#[test]
fn by_tls_only_those_feed_whose_certificate_names_them() -> Result {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("ssl:127.0.0.1:{port}");
    let fed = Fed::start_with(0, |dir| {
        let pki = |args: &[&str]| assert!(weir(&[&["pki"], args].concat(), "").status.success());
        let (ca, dir) = (dir.join("pki"), dir.to_str().unwrap());
        pki(&["init", "--dir", ca.to_str().unwrap()]);
        for name in ["weir", "cms", "hv1"] {
            let server: &[&str] = if name == "weir" { &["--server"] } else { &[] };
            pki(&[&["issue", name, "--dir", ca.to_str().unwrap(), "--into", dir], server].concat());
        }
        let file = |name: &str| format!("{dir}/{name}");
        let arguments = [
            "--feed",
            &address,
            "--feed-client",
            "cms",
            "--tls-ca",
            &file("pki/cacert.pem"),
            "--tls-cert",
            &file("weir-cert.pem"),
            "--tls-key",
            &file("weir-privkey.pem"),
        ];
        arguments.map(str::to_owned).to_vec()
    })?;
    let script = "
import ssl, sys
from weir_feed import Feed, FeedError
def feed(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations('pki/cacert.pem')
    context.load_cert_chain(f'{name}-cert.pem', f'{name}-privkey.pem')
    return Feed(sys.argv[1], client='tls', context=context)
with feed('cms') as allowed:
    allowed.commit([allowed.insert('nb::Logical_Switch', {'_uuid': allowed.uuid('a')})])
try:
    feed('hv1')
    raise AssertionError('a hypervisor may feed')
except FeedError:
    pass
";
    let ran = Command::new("python3")
        .args(["-c", script, &address])
        .current_dir(fed.lab.dir())
        .env("PYTHONPATH", Path::new(ROOT).join("clients/python"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}\n{}", String::from_utf8_lossy(&ran.stderr), fed.weir.log()?);
    assert!(fed.weir.log()?.contains("no --feed-client has this name"));
    Ok(())
}

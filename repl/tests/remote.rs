//! The shell over a daemon, played by a thread that follows the control protocol.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use common::Screen;
use expect_test::{Expect, expect};
use weir_repl::remote::{RemoteError, Session};
use weir_repl::{Mode, Script};

/// Whether a daemon is there until the shell has gone.
#[derive(PartialEq)]
enum Then {
    Stay,
    Go,
}

/// A daemon that gets these requests and gives these answers.
fn daemon(answers: &[(&str, &[&str])], then: Then) -> (UnixStream, JoinHandle<()>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let answers: Vec<(String, Vec<String>)> = answers
        .iter()
        .map(|(request, lines)| {
            (request.to_string(), lines.iter().map(|line| line.replace('\n', " ")).collect())
        })
        .collect();
    let thread = thread::spawn(move || {
        let mut requests = BufReader::new(theirs.try_clone().unwrap()).lines();
        let mut theirs = theirs;
        for (expected, lines) in answers {
            let Some(Ok(request)) = requests.next() else { panic!("no request, expected {expected}") };
            let request: serde_json::Value = serde_json::from_str(&request).unwrap();
            let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
            assert_eq!(request, expected);
            for line in lines {
                writeln!(theirs, "{line}").unwrap();
            }
        }
        if then == Then::Stay {
            assert!(requests.next().is_none_or(|request| request.is_err()), "one more request");
        }
    });
    (ours, thread)
}

const RELATIONS: (&str, &[&str]) = (
    r#"{"relations": true}"#,
    &[
        r#"{"relations": [{"name": "nb::Switch", "role": "input"}, {"name": "openflow::Flow", "role": "output"},
        {"name": "Step", "role": "internal"}]}"#,
    ],
);

/// What commands print and complain about, and how it ends.
fn check(
    mode: Mode,
    then: Then,
    answers: &[(&str, &[&str])],
    commands: &str,
    out: Expect,
    err: Expect,
    end: Expect,
) {
    let mut all = vec![RELATIONS];
    all.extend_from_slice(answers);
    let (stream, thread) = daemon(&all, then);
    let (mut screen, mut complaints) = (Screen::default(), Screen::default());
    let mut session = Session::open(stream).unwrap();
    let mut announced = screen.clone();
    session.show_commits(mode, move |text| announced.write_all(text.as_bytes()).unwrap());
    let result = session.converse(&mut Script(commands.as_bytes()), mode, &mut screen, &mut complaints);
    thread.join().unwrap();
    out.assert_eq(&screen.text());
    err.assert_eq(&complaints.text());
    end.assert_eq(&match result {
        Ok(code) => format!("{code:?}"),
        Err(error) => error.to_string(),
    });
}

#[test]
fn contents_and_counters_are_printed() {
    check(
        Mode::Script,
        Then::Stay,
        &[
            (
                r#"{"dump": "Step"}"#,
                &[r#"{"rows": [["Step{.from = \"a\"}", 1], ["Step{.from = \"b\"}", 3]]}"#],
            ),
            (
                r#"{"status": true}"#,
                &[
                    r#"{"status": {"hypervisors": 3, "flows": 120, "leader": "yes", "waiting_for": ["hv2", "hv3"]}}"#,
                ],
            ),
        ],
        "# what is there\nrelations; dump\nStep; echo done;\nstatus;\n",
        expect![[r#"
            input    nb::Switch
            output   openflow::Flow
            internal Step
            Step{.from = "a"}
            Step{.from = "b"} +3
            done
            flows        120
            hypervisors  3
            leader       yes
            waiting_for  hv2, hv3
        "#]],
        expect![[""]],
        expect!["ExitCode(unix_exit_status(0))"],
    );
}

#[test]
fn records_are_explained_by_the_daemon() {
    check(
        Mode::Script,
        Then::Stay,
        &[
            (
                r#"{"why": "Step{.from = \"a;b\"}"}"#,
                &[r#"{"why": {"steps": []}, "text": "Step{.from = \"a;b\"}: input\n"}"#],
            ),
            (r#"{"whynot": "Step(_)"}"#, &[r#"{"text": "there is Step{..}\n"}"#]),
            (r#"{"why": "Stp"}"#, &[r#"{"error": "unknown relation Stp"}"#]),
        ],
        "why Step{.from = \"a;b\"}; why not\nStep(_);\nwhy Stp;\n",
        expect![[r#"
            Step{.from = "a;b"}: input
            there is Step{..}
        "#]],
        expect![[r#"
            Error: "unknown relation Stp"
        "#]],
        expect!["ExitCode(unix_exit_status(1))"],
    );
}

#[test]
fn the_daemon_counts_and_the_shell_tells() {
    let profile = |transactions: u32, runs: u32| {
        format!(
            r#"{{"profile": {{"transactions": {transactions}, "time": 1500, "values": 2, "value_bytes": 64,
            "rules": [{{"rule": 0, "relation": "Step", "place": "a.dl:3", "text": "Step(x) :- In(x).", "runs": {runs},
            "rows_in": 4, "rows_out": 2, "time": 1000, "rows_kept": 0, "bytes": 0}}], "relations": [], "indexes": [],
            "slowest": null, "slow": []}}}}"#
        )
    };
    let (before, after) = (profile(3, 1), profile(5, 4));
    let asked = r#"{"profile": true}"#;
    check(
        Mode::Script,
        Then::Stay,
        &[(asked, &[&before]), (asked, &[&after])],
        "profile mark; profile;\nprofile cpu on;\n",
        expect![[r#"
            Profile after 2 transactions, 0 ns in the engine

                 time  share      runs     rows in    rows out    memory  rule
                 0 ns   0.0%         3           0           0       0 B  Step at a.dl:3

                 time      runs   rows kept    memory  indexes  relation

               memory        rows  index

            2 distinct values, 64 B
        "#]],
        expect![[r#"
            Error: "a daemon counts all the time: nothing is to be switched"
        "#]],
        expect!["ExitCode(unix_exit_status(1))"],
    );
}

#[test]
fn watched_commits_are_printed_until_the_daemon_ends() {
    check(
        Mode::Script,
        Then::Go,
        &[(
            r#"{"watch": ["openflow::Flow"]}"#,
            &[
                r#"{"watching": ["openflow::Flow"]}"#,
                r#"{"commit": {"epoch": 7, "updates": 1, "took_us": 412, "changes": [{"relation": "openflow::Flow",
                    "rows": [["openflow::Flow{.table = 0}", -1], ["openflow::Flow{.table = 1}", 1]]}]}}"#,
                r#"{"notice": "too slow: 4 commits were left out"}"#,
            ],
        )],
        "watch openflow::Flow;\n",
        expect![[r#"
            -- commit 7, 412 us in the engine
            openflow::Flow:
            openflow::Flow{.table = 0}: -1
            openflow::Flow{.table = 1}: +1
            -- too slow: 4 commits were left out
        "#]],
        expect![[""]],
        expect!["the daemon has ended"],
    );
}

#[test]
fn the_first_error_ends_a_script() {
    check(
        Mode::Script,
        Then::Stay,
        &[(r#"{"dump": "Step"}"#, &[r#"{"error": "the engine has stopped"}"#])],
        "dump Step;\necho not reached;\n",
        expect![""],
        expect![[r#"
            Error: "the engine has stopped"
        "#]],
        expect!["ExitCode(unix_exit_status(1))"],
    );
}

#[test]
fn a_person_goes_on_after_errors() {
    check(
        Mode::Person,
        Then::Stay,
        &[(r#"{"watch": []}"#, &[r#"{"watching": []}"#])],
        "dump Stp;\ndump;\nwatch nb::Switch; echo dropped;\ninsert R(1);\nstatus now;\nwatch;\nexit;\n",
        expect![""],
        expect![[r#"
            Error: Unknown relation Stp
            Error: dump takes the name of one relation; `relations;` lists them
            Error: nb::Switch is not an output relation: only those can be watched
            Error: unknown command `insert`; `help;` lists what there is
            Error: status stands alone
        "#]],
        expect!["ExitCode(unix_exit_status(0))"],
    );
}

#[test]
fn a_daemon_that_ends_is_noticed_at_the_next_question() {
    let (stream, thread) = daemon(&[RELATIONS], Then::Go);
    let session = Session::open(stream).unwrap();
    thread.join().unwrap();
    let commands = &mut Script("echo still here; status; echo not reached;".as_bytes());
    let (mut screen, mut complaints) = (Screen::default(), Screen::default());
    let result = session.converse(commands, Mode::Person, &mut screen, &mut complaints);
    assert!(matches!(result, Err(RemoteError::Ended)));
    assert_eq!(screen.text(), "still here\n");
}

#[test]
fn somebody_else_at_the_socket_is_told_from_a_daemon() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(b"220 mail.example ESMTP\n").unwrap();
    match Session::open(ours) {
        Err(RemoteError::Stranger(said)) => assert_eq!(said, "\"220 mail.example ESMTP\""),
        other => panic!("{:?}", other.map(|session| session.relations().len())),
    }
}

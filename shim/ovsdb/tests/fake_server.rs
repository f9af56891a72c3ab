//! Corners of the protocol, played by a scripted server: no sockets, no clock.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use ovsdb::connection::{Connection, ConnectionError, Output};
use ovsdb::monitor::{MonitorSpec, PlanError, Replica, ReplicaError, TableSpec};
use ovsdb::transact::{Condition, DbError};
use ovsdb::value::{Datum, Uuid};
use ovsdb::wire::{FrameError, FrameLimits, Framer, RpcConfig, RpcError};
use serde_json::{Value, json};

const ROW: &str = "00000000-0000-0000-0000-000000000001";
const OTHER: &str = "00000000-0000-0000-0000-000000000002";
const TXN: &str = "aaaaaaaa-0000-0000-0000-000000000001";

/// A server that says what it is told to, and checks what is asked of it.
struct Server {
    connection: Connection,
    heard: Framer,
    now: Instant,
}

impl Server {
    fn new() -> Self {
        let now = Instant::now();
        let config = RpcConfig { probe_interval: Some(Duration::from_secs(5)), ..RpcConfig::default() };
        let heard = Framer::new(FrameLimits::default());
        Server { connection: Connection::new(config, now), heard, now }
    }

    /// A server whose one table is monitored, up to the monitor request. With the id of that request.
    fn with_schema(replica: Replica) -> (Self, Value) {
        let mut server = Server::new();
        server.connection.watch(MonitorSpec::all("Lab"), replica);
        let id = server.asked("get_schema", &json!(["Lab"]));
        server.says(json!({"id": id, "result": schema(), "error": null}));
        assert!(matches!(server.output(), Some(Output::Schema(_))));
        let (id, method, params) = server.heard();
        assert_eq!(method, "monitor_cond_since");
        assert_eq!(params[2], json!({"Host": [{"columns": ["ips", "name", "options", "owner"]}]}));
        (server, id)
    }

    /// A server that monitors by the newest method, after its first rows.
    fn monitoring(initial: Value) -> Self {
        let (mut server, id) = Server::with_schema(Replica::new());
        server.says(json!({"id": id, "result": [false, TXN, {"Host": initial}], "error": null}));
        assert!(matches!(server.output(), Some(Output::Snapshot(_))));
        server
    }

    fn says(&mut self, message: Value) {
        self.says_bytes(message.to_string().as_bytes());
    }

    fn says_bytes(&mut self, bytes: &[u8]) {
        self.connection.receive(bytes, self.now);
    }

    fn output(&mut self) -> Option<Output> {
        self.connection.next_output().unwrap()
    }

    fn error(&mut self) -> ConnectionError {
        self.connection.next_output().unwrap_err()
    }

    fn heard_anything(&mut self) -> Option<Value> {
        self.heard.push(&self.connection.take_output());
        self.heard.next_object().unwrap()
    }

    fn heard(&mut self) -> (Value, String, Value) {
        let message = self.heard_anything().expect("a request");
        (message["id"].clone(), message["method"].as_str().unwrap().to_owned(), message["params"].clone())
    }

    fn asked(&mut self, method: &str, params: &Value) -> Value {
        let (id, heard, heard_params) = self.heard();
        assert_eq!((heard.as_str(), &heard_params), (method, params));
        id
    }

    /// What the change sets of the next output say of the one row: columns of old and new.
    fn told(&mut self) -> (Option<Value>, Option<Value>) {
        let (Some(Output::Changes(changes)) | Some(Output::Snapshot(changes))) = self.output() else {
            panic!("no changes")
        };
        let [change] = changes.changes.as_slice() else { panic!("{changes:?}") };
        (change.old.as_ref().map(|row| row.to_json()), change.new.as_ref().map(|row| row.to_json()))
    }

    fn update3(&mut self, updates: Value) {
        self.says(json!({"id": null, "method": "update3", "params": [["monitor", 1], TXN, updates]}));
    }
}

fn schema() -> Value {
    json!({"name": "Lab", "version": "1.0.0", "tables": {"Host": {"columns": {
        "name": {"type": "string"},
        "owner": {"type": {"key": "string", "min": 0}},
        "ips": {"type": {"key": "string", "min": 0, "max": "unlimited"}},
        "options": {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}}}}}})
}

/// A row of the schema's table as `Row::to_json` has it.
fn host(name: &str, owner: &[&str], ips: &[&str], options: &[(&str, &str)]) -> Option<Value> {
    Some(json!({"name": name, "owner": ["set", owner], "ips": ["set", ips], "options": ["map", options]}))
}

#[test]
fn an_older_server_is_asked_the_older_ways() {
    let (mut server, id) = Server::with_schema(Replica::new());
    server.says(json!({"id": id, "result": null, "error": "unknown method"}));
    assert_eq!(server.output(), None);
    let requests = json!({"Host": [{"columns": ["ips", "name", "options", "owner"]}]});
    let id = server.asked("monitor_cond", &json!(["Lab", ["monitor", 1], requests]));
    let refusal = json!({"error": "unknown method", "details": "monitor_cond"});
    server.says(json!({"id": id, "result": null, "error": refusal}));
    assert_eq!(server.output(), None);
    let id = server.asked("monitor", &json!(["Lab", ["monitor", 1], requests]));
    server.says(
        json!({"id": id, "error": null, "result": {"Host": {ROW: {"new": {"name": "a", "owner": "me"}}}}}),
    );
    assert_eq!(server.told(), (None, host("a", &["me"], &[], &[])));

    let mut update = |updates: Value| {
        server.says(json!({"id": null, "method": "update", "params": [["monitor", 1], updates]}));
        server.told()
    };
    let modified = json!({"Host": {ROW: {"old": {"name": "a"}, "new": {"name": "b", "owner": "me"}}}});
    assert_eq!(update(modified), (host("a", &["me"], &[], &[]), host("b", &["me"], &[], &[])));
    let deleted = json!({"Host": {ROW: {"old": {"name": "b", "owner": "me"}}}});
    assert_eq!(update(deleted), (host("b", &["me"], &[], &[]), None));
}

#[test]
fn update2_is_understood_after_monitor_cond() {
    let (mut server, id) = Server::with_schema(Replica::new());
    server.says(json!({"id": id, "result": null, "error": "unknown method"}));
    server.output();
    let (id, _, _) = server.heard();
    server.says(json!({"id": id, "error": null, "result": {"Host": {ROW: {"initial": {"name": "a"}}}}}));
    assert_eq!(server.told(), (None, host("a", &[], &[], &[])));
    let updates = json!({"Host": {ROW: {"modify": {"name": "b"}}}});
    server.says(json!({"id": null, "method": "update2", "params": [["monitor", 1], updates]}));
    assert_eq!(server.told(), (host("a", &[], &[], &[]), host("b", &[], &[], &[])));
}

#[test]
fn differences_of_sets_and_maps_become_whole_rows() {
    let before = json!({"name": "a", "owner": "me", "ips": ["set", ["1", "2"]],
                        "options": ["map", [["k", "1"], ["l", "2"], ["m", "3"]]]});
    let mut server = Server::monitoring(json!({ROW: {"initial": before}}));
    server.update3(json!({"Host": {ROW: {"modify": {
        "owner": ["set", []],
        "ips": ["set", ["2", "3"]],
        "options": ["map", [["k", "1"], ["l", "9"], ["n", "4"]]]}}}}));
    let old = host("a", &["me"], &["1", "2"], &[("k", "1"), ("l", "2"), ("m", "3")]);
    let new = host("a", &[], &["1", "3"], &[("l", "9"), ("m", "3"), ("n", "4")]);
    assert_eq!(server.told(), (old, new));

    // What holds at most one element is sent whole, also if it was there before; one element may come bare.
    server.update3(json!({"Host": {ROW: {"modify": {"owner": "me", "ips": "3"}}}}));
    let old = host("a", &[], &["1", "3"], &[("l", "9"), ("m", "3"), ("n", "4")]);
    let new = host("a", &["me"], &["1"], &[("l", "9"), ("m", "3"), ("n", "4")]);
    assert_eq!(server.told(), (old, new));

    server.update3(json!({"Host": {ROW: {"delete": null}}}));
    assert_eq!(server.told(), (host("a", &["me"], &["1"], &[("l", "9"), ("m", "3"), ("n", "4")]), None));
}

#[test]
fn an_update_that_changes_nothing_is_not_told() {
    let mut server = Server::monitoring(json!({ROW: {"initial": {"name": "a"}}}));
    server.update3(json!({"Host": {ROW: {"modify": {"name": "a"}}, OTHER: {"delete": null}}}));
    server.update3(json!({}));
    assert_eq!(server.output(), None);
}

#[test]
fn a_reconnection_resumes_after_the_last_transaction() {
    let mut server = Server::monitoring(json!({ROW: {"initial": {"name": "a"}}}));
    let last = "bbbbbbbb-0000-0000-0000-000000000001";
    let updates = json!({"Host": {OTHER: {"insert": {"name": "b"}}}});
    server.says(json!({"id": null, "method": "update3", "params": [["monitor", 1], last, updates]}));
    server.output();
    let replica = server.connection.take_replica().unwrap();

    let mut server = Server::new();
    server.connection.watch(MonitorSpec::all("Lab"), replica);
    let (id, _, _) = server.heard();
    server.says(json!({"id": id, "result": schema(), "error": null}));
    server.output();
    let (id, _, params) = server.heard();
    assert_eq!(params[3], json!(last));
    let since = json!({"Host": {ROW: {"modify": {"name": "z"}}}});
    server.says(json!({"id": id, "result": [true, TXN, since], "error": null}));
    assert_eq!(server.told(), (host("a", &[], &[], &[]), host("z", &[], &[], &[])));
    let replica = server.connection.take_replica().unwrap();
    assert_eq!((replica.n_rows(), replica.last_transaction()), (2, TXN.parse().unwrap()));
}

#[test]
fn without_a_common_transaction_the_difference_is_told() {
    let initial = json!({ROW: {"initial": {"name": "a"}}, OTHER: {"initial": {"name": "b"}}});
    let replica = Server::monitoring(initial).connection.take_replica().unwrap();
    let (mut server, id) = Server::with_schema(replica);
    let all = json!({"Host": {ROW: {"initial": {"name": "a"}}}});
    server.says(json!({"id": id, "result": [false, TXN, all], "error": null}));
    assert_eq!(server.told(), (host("b", &[], &[], &[]), None));
}

#[test]
fn other_columns_are_fetched_anew_even_if_the_transaction_is_known() {
    let replica =
        Server::monitoring(json!({ROW: {"initial": {"name": "a"}}})).connection.take_replica().unwrap();
    let mut server = Server::new();
    server.connection.watch(MonitorSpec::of("Lab", [TableSpec::columns("Host", ["name"])]), replica);
    let (id, _, _) = server.heard();
    server.says(json!({"id": id, "result": schema(), "error": null}));
    server.output();
    let (id, _, params) = server.heard();
    assert_eq!(params[3], json!(Uuid::ZERO.to_string()));
    let all = json!({"Host": {ROW: {"initial": {"name": "a"}}}});
    server.says(json!({"id": id, "result": [false, TXN, all], "error": null}));
    assert_eq!(server.told(), (host("a", &[], &[], &[]), Some(json!({"name": "a"}))));
}

#[test]
fn a_row_that_is_not_there_ends_the_connection_and_all_rows_are_fetched_again() {
    let mut server = Server::monitoring(json!({ROW: {"initial": {"name": "a"}}}));
    server.update3(json!({"Host": {ROW: {"modify": {"name": "b"}}, OTHER: {"modify": {"name": "c"}}}}));
    let unknown = ReplicaError::UnknownRow { table: "Host".to_owned(), uuid: OTHER.parse().unwrap() };
    assert_eq!(server.error(), ConnectionError::Replica(unknown));
    let replica = server.connection.take_replica().unwrap();
    assert_eq!(replica.last_transaction(), Uuid::ZERO);
    // The other row of the message has not changed either.
    assert_eq!(replica.row("Host", ROW.parse().unwrap()).unwrap().string("name"), Some("a"));
}

#[test]
fn conditions_and_optional_columns_stand_in_the_request() {
    let mut server = Server::new();
    let table = TableSpec::columns("Host", ["name"])
        .optional_columns(["owner", "colour"])
        .or_where(Condition::equal("name", "a"))
        .or_where(Condition::includes("ips", Datum::set(["1"])));
    let spec = MonitorSpec::of("Lab", [table, TableSpec::all("Printer").optional()]);
    server.connection.watch(spec, Replica::new());
    let (id, _, _) = server.heard();
    server.says(json!({"id": id, "result": schema(), "error": null}));
    server.output();
    let (_, _, params) = server.heard();
    let conditions = json!([["name", "==", "a"], ["ips", "includes", ["set", ["1"]]]]);
    assert_eq!(params[2], json!({"Host": [{"columns": ["name", "owner"], "where": conditions}]}));
}

#[test]
fn what_the_schema_lacks_is_named() {
    let plan_error = |table: TableSpec| {
        let mut server = Server::new();
        server.connection.watch(MonitorSpec::of("Lab", [table]), Replica::new());
        let (id, _, _) = server.heard();
        server.says(json!({"id": id, "result": schema(), "error": null}));
        let error = server.error();
        assert!(server.connection.take_replica().is_some());
        error.to_string()
    };
    let expected = "database `Lab` (schema 1.0.0) has no table `Printer`";
    assert_eq!(plan_error(TableSpec::all("Printer")), expected);
    let expected = "table `Host` of database `Lab` (schema 1.0.0) has no column `colour`";
    assert_eq!(plan_error(TableSpec::columns("Host", ["name", "colour"])), expected);
}

#[test]
fn a_database_that_is_not_served_is_named() {
    let mut server = Server::new();
    server.connection.watch(MonitorSpec::all("Lab"), Replica::new());
    let (id, _, _) = server.heard();
    let refusal =
        json!({"error": "unknown database", "details": "get_schema request specifies unknown database Lab"});
    server.says(json!({"id": id, "result": null, "error": refusal}));
    let error = DbError::from_json(&refusal).unwrap();
    assert_eq!(server.error(), ConnectionError::Refused { method: "get_schema", error });

    let mut server = Server::new();
    server.connection.watch(MonitorSpec::all("Lab"), Replica::new());
    let (id, _, _) = server.heard();
    server.says(json!({"id": id, "result": {"name": "Other", "tables": {}}, "error": null}));
    let other = PlanError::OtherDatabase { wanted: "Lab".to_owned(), found: "Other".to_owned() };
    assert_eq!(server.error(), ConnectionError::Plan(other));
}

#[test]
fn locks_are_told_when_won_late_and_when_stolen() {
    let mut server = Server::new();
    let wanted = server.connection.request_lock("lock", "active");
    let id = server.asked("lock", &json!(["active"]));
    server.says(json!({"id": id, "result": {"locked": false}, "error": null}));
    let reply = Output::Reply { id: wanted, result: Ok(json!({"locked": false})) };
    assert_eq!(server.output(), Some(reply));
    server.says(json!({"id": null, "method": "locked", "params": ["active"]}));
    assert_eq!(server.output(), Some(Output::LockHeld("active".to_owned())));
    server.says(json!({"id": null, "method": "locked", "params": ["unknown"]}));
    server.says(json!({"id": null, "method": "stolen", "params": ["active"]}));
    assert_eq!(server.output(), Some(Output::LockLost("active".to_owned())));
    server.connection.want_lock("other");
    let id = server.asked("lock", &json!(["other"]));
    server.says(json!({"id": id, "result": {"locked": true}, "error": null}));
    assert_eq!(server.output(), Some(Output::LockHeld("other".to_owned())));
    assert_eq!(server.output(), None);
}

#[test]
fn a_cancelled_monitoring_ends_the_connection() {
    let mut server = Server::monitoring(json!({}));
    server.says(json!({"id": null, "method": "monitor_canceled", "params": [["monitor", 7]]}));
    assert_eq!(server.output(), None);
    server.says(json!({"id": null, "method": "monitor_canceled", "params": [["monitor", 1]]}));
    assert_eq!(server.error(), ConnectionError::MonitorCanceled("Lab".to_owned()));
}

#[test]
fn a_second_watch_replaces_the_first() {
    let mut server = Server::monitoring(json!({ROW: {"initial": {"name": "a"}}}));
    let kept = server.connection.watch(MonitorSpec::all("Lab"), Replica::new()).unwrap();
    assert_eq!(kept.n_rows(), 1);
    let cancelled = server.asked("monitor_cancel", &json!([["monitor", 1]]));
    let id = server.asked("get_schema", &json!(["Lab"]));
    server.update3(json!({"Host": {ROW: {"delete": null}}}));
    server.says(json!({"id": cancelled, "result": {}, "error": null}));
    server.says(json!({"id": id, "result": schema(), "error": null}));
    assert!(matches!(server.output(), Some(Output::Schema(_))));
    let (_, _, params) = server.heard();
    assert_eq!(params[1], json!(["monitor", 2]));
    assert_eq!(server.output(), None);
}

#[test]
fn replies_find_their_requests_in_any_order() {
    let mut server = Server::new();
    let (first, second) =
        (server.connection.request("a", json!([])), server.connection.request("b", json!([])));
    let (first_id, second_id) = (server.asked("a", &json!([])), server.asked("b", &json!([])));
    server.says(json!({"id": second_id, "result": 2, "error": null}));
    server.says(json!({"id": 4711, "result": "to nobody", "error": null}));
    server.says(json!({"id": "x", "result": "to nobody", "error": null}));
    server.says(json!({"id": first_id, "result": null, "error": {"error": "odd", "details": "why"}}));
    server.says(json!({"id": first_id, "result": "once more", "error": null}));
    assert_eq!(server.output(), Some(Output::Reply { id: second, result: Ok(json!(2)) }));
    let error = DbError { error: "odd".to_owned(), details: Some("why".to_owned()), syntax: None };
    assert_eq!(server.output(), Some(Output::Reply { id: first, result: Err(error) }));
    assert_eq!(server.output(), None);
}

#[test]
fn echoes_are_answered_and_other_requests_refused() {
    let mut server = Server::new();
    server.says(json!({"id": "e", "method": "echo", "params": [1, {"a": null}]}));
    server.says(json!({"id": 9, "method": "transact", "params": []}));
    assert_eq!(server.output(), None);
    assert_eq!(server.heard_anything(), Some(json!({"id": "e", "result": [1, {"a": null}], "error": null})));
    assert_eq!(server.heard_anything(), Some(json!({"id": 9, "result": null, "error": "unknown method"})));
    assert_eq!(server.heard_anything(), None);
}

#[test]
fn a_silent_peer_is_asked_for_an_echo_and_then_given_up() {
    let mut server = Server::new();
    let (start, second) = (server.now, Duration::from_secs(1));
    assert_eq!(server.connection.deadline(), Some(start + 5 * second));
    server.connection.tick(start + 4 * second).unwrap();
    assert_eq!(server.heard_anything(), None);
    server.connection.tick(start + 5 * second).unwrap();
    let id = server.asked("echo", &json!([]));
    assert_eq!(server.connection.deadline(), Some(start + 10 * second));

    // Any byte shows that it lives, even half an answer.
    server.now = start + 9 * second;
    server.says_bytes(b"{");
    assert_eq!(server.connection.deadline(), Some(start + 14 * second));
    server.says_bytes(format!("\"id\": {id}, \"result\": [], \"error\": null}}").as_bytes());
    assert_eq!(server.output(), None);

    server.connection.tick(start + 14 * second).unwrap();
    server.asked("echo", &json!([]));
    server.connection.tick(start + 18 * second).unwrap();
    let dead = RpcError::Dead { silent: 10 * second };
    assert_eq!(server.connection.tick(start + 19 * second), Err(ConnectionError::Rpc(dead)));
}

#[test]
fn garbage_is_an_error_that_names_the_place() {
    let error_after = |bytes: &[u8]| {
        let mut server = Server::new();
        server.says_bytes(bytes);
        server.error().to_string()
    };
    for (bytes, expected) in [
        (&b"HTTP/1.1 400"[..], "byte 0x48 at offset 0, where a JSON object should start"),
        (b"{}", "not a JSON-RPC message: in id: expected a method or an id, found `nothing`"),
        (
            b"{\"id\":null,\"method\":3}",
            "not a JSON-RPC message: in method: expected the name of a method, found `3`",
        ),
        (
            b"{\"id\":null,\"method\":\"m\",\"params\":{}}",
            "not a JSON-RPC message: in params: expected a list, found `{}`",
        ),
    ] {
        assert_eq!(error_after(bytes), expected);
    }
}

#[test]
fn good_messages_before_garbage_are_still_told() {
    let mut server = Server::monitoring(json!({}));
    server.update3(json!({"Host": {ROW: {"insert": {"name": "a"}}}}));
    server.says_bytes(b" \x00");
    assert_eq!(server.told(), (None, host("a", &[], &[], &[])));
    assert!(matches!(
        server.error(),
        ConnectionError::Rpc(RpcError::Frame(FrameError::NotAnObject { byte: 0, .. }))
    ));
}

#[test]
fn a_row_that_is_changed_twice_is_refused() {
    let mut server = Server::monitoring(json!({ROW: {"initial": {"name": "a"}}}));
    let row = |name: &str| format!("\"{ROW}\":{{\"modify\":{{\"name\":\"{name}\"}}}}");
    let updates = format!("{{\"Host\":{{{},{}}}}}", row("b"), row("c"));
    server.says_bytes(
        format!("{{\"id\":null,\"method\":\"update3\",\"params\":[[\"monitor\",1],\"{TXN}\",{updates}]}}")
            .as_bytes(),
    );
    let twice = ReplicaError::Twice { table: "Host".to_owned(), uuid: ROW.parse().unwrap() };
    assert_eq!(server.error(), ConnectionError::Replica(twice));
}

#[test]
fn updates_that_cannot_be_read_name_the_place() {
    for (updates, expected) in [
        (json!([]), "update of monitored tables: expected updates of tables, found `[]`"),
        (json!({"Host": 1}), "update of monitored tables: in Host: expected updates of a table, found `1`"),
        (
            json!({"Host": {"x": {}}}),
            "update of monitored tables: in Host: expected a row's uuid, found `\"x\"`",
        ),
        (
            json!({"Host": {ROW: {}}}),
            "update of monitored tables: in Host.00000000-0000-0000-0000-000000000001: expected the update of a row, found `{}`",
        ),
        (json!({"Printer": {ROW: {"delete": null}}}), "update of table `Printer`, which is not monitored"),
        (
            json!({"Host": {ROW: {"insert": {"name": 1}}}}),
            "update of monitored tables: in Host.00000000-0000-0000-0000-000000000001.name: \
             expected a string, found `1`",
        ),
        (
            json!({"Host": {ROW: {"insert": {"name": ["set", ["a", "b"]]}}}}),
            "update of monitored tables: in Host.00000000-0000-0000-0000-000000000001.name: \
             expected exactly one atom, found `[\"set\",[\"a\",\"b\"]]`",
        ),
        (
            json!({"Host": {ROW: {"insert": {"colour": "red"}}}}),
            "update of monitored tables: in Host.00000000-0000-0000-0000-000000000001.colour: \
             expected a column of the monitored ones, found `\"red\"`",
        ),
    ] {
        let mut server = Server::monitoring(json!({}));
        server.update3(updates);
        assert_eq!(server.error().to_string(), expected);
    }
}

//! What operators see of a running daemon.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;
use weir_lab::{Cloud, Lab, Plan, Result, Weir, WeirOptions};

const WEIR: &str = env!("CARGO_BIN_EXE_weir");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Status and body of a page.
fn get(address: &str, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

/// The value of a metric without labels.
fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.split(' ').next() == Some(name));
    line.unwrap_or_else(|| panic!("{name} is not in\n{metrics}")).rsplit(' ').next().unwrap().parse().unwrap()
}

fn status(cloud: &Cloud) -> Json {
    let control = cloud.weir.control();
    let run = Command::new(WEIR).args(["status", "--json", "--connect"]).arg(control).output().unwrap();
    serde_json::from_slice(&run.stdout).unwrap()
}

#[test]
fn metrics_and_status_tell_what_was_done() -> Result {
    let address = free_address();
    let cloud = Cloud::start_with(1, WEIR, Path::new(ROOT).join("rules"), &["--metrics", &address])?;
    cloud.switches(&["blue"])?;
    cloud.machine("blue", Plan::new("blue1", 1, 1), 1)?;
    cloud.sync()?;
    let (code, metrics) = get(&address, "GET /metrics");
    assert_eq!(code, 200);
    assert_eq!(value(&metrics, "weir_switches_up"), 1.0);
    assert_eq!(value(&metrics, "weir_northbound_up"), 1.0);
    assert_eq!(value(&metrics, "weir_ready"), 1.0);
    assert_eq!(value(&metrics, "weir_rejected_flows_total"), 0.0);
    assert!(value(&metrics, "weir_flows_added_total") > 10.0);
    assert!(value(&metrics, "weir_commit_seconds_count") >= 2.0);
    assert_eq!(get(&address, "GET /healthz").0, 200);
    assert_eq!(get(&address, "GET /readyz").0, 200);
    assert_eq!(get(&address, "GET /else").0, 404);
    assert_eq!(get(&address, "POST /metrics").0, 405);
    let status = status(&cloud);
    assert_eq!(status["flows_added"].as_f64(), Some(value(&metrics, "weir_flows_added_total")));
    assert_eq!(status["switches_up"], 1);

    let shown = Command::new(WEIR).args(["status", "--connect"]).arg(cloud.weir.control()).output().unwrap();
    assert!(String::from_utf8_lossy(&shown.stdout).contains("switches up"));
    Ok(())
}

#[test]
fn it_is_healthy_but_not_ready_while_the_northbound_is_away() -> Result {
    let address = free_address();
    let lab = Lab::start(0)?;
    let northbound = lab.northbound()?;
    northbound.stop()?;
    let options = WeirOptions {
        program: WEIR.into(),
        rules: Path::new(ROOT).join("rules"),
        northbound: northbound.remote(),
        args: vec!["--metrics".into(), address.clone()],
    };
    let _weir = Weir::start(&lab, options)?;
    assert_eq!(get(&address, "GET /healthz").0, 200);
    assert_eq!(get(&address, "GET /readyz").0, 503);
    assert_eq!(value(&get(&address, "GET /metrics").1, "weir_northbound_up"), 0.0);
    Ok(())
}

#[test]
fn the_support_bundle_has_what_one_asks_for_and_no_private_key() -> Result {
    let cloud = Cloud::start_with(0, WEIR, Path::new(ROOT).join("rules"), &[])?;
    let bundle = cloud.lab.dir().join("bundle.tar.gz");
    let run = |added: &Path| {
        let mut command = Command::new(WEIR);
        command.args(["support-bundle", "--connect"]).arg(cloud.weir.control());
        command.arg("--add").arg(added).arg("-o").arg(&bundle).output().unwrap()
    };
    assert!(run(&cloud.weir.log_file()).status.success());
    let listed = Command::new("tar").arg("tzf").arg(&bundle).output().unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for name in ["version.txt", "status.json", "profile.json", "relations.json", "added/weir.log"] {
        assert!(listed.contains(&format!("weir-support/{name}\n")), "{listed}");
    }
    let key = cloud.lab.dir().join("key.pem");
    std::fs::write(&key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
    let refused = run(&key);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("private key"));
    Ok(())
}

#[test]
fn without_a_daemon_it_says_so() {
    let run = Command::new(WEIR).args(["status", "--connect", "/nonexistent/weir.sock"]).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&run.stderr).contains("no daemon answers at /nonexistent/weir.sock"));
}

#[test]
fn every_metric_of_the_dashboard_exists() -> Result {
    let address = free_address();
    let cloud = Cloud::start_with(0, WEIR, Path::new(ROOT).join("rules"), &["--metrics", &address])?;
    cloud.sync()?;
    let metrics = get(&address, "GET /metrics").1;
    let dashboard = std::fs::read_to_string(Path::new(ROOT).join("packaging/grafana-weir.json")).unwrap();
    let dashboard: Json = serde_json::from_str(&dashboard).unwrap();
    let targets =
        dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut looked_at = 0;
    for target in targets {
        let expression = target["expr"].as_str().unwrap();
        let names = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for name in names.filter(|name| name.starts_with("weir_")) {
            let exists = metrics.lines().any(|line| line.split(['{', ' ']).next() == Some(name));
            assert!(exists, "{name} is not in\n{metrics}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 15);
    Ok(())
}

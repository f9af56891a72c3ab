//! How the daemon starts, waits and refuses.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use weir_lab::{Cloud, Lab, PATIENCE, Plan, Result, Weir, WeirOptions, wait_until};

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

fn options(rules: &Path, northbound: String) -> WeirOptions {
    WeirOptions {
        program: env!("CARGO_BIN_EXE_weir").into(),
        rules: rules.to_owned(),
        northbound,
        args: vec![],
    }
}

/// A copy of the rules that may be spoilt.
fn copied_rules() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(rules()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    copy
}

#[test]
fn rules_that_do_not_type_check_end_it_with_diagnostics() -> Result {
    let spoilt = copied_rules();
    let path = spoilt.path().join("weir.dl");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("\nrelation Spoilt(x: bit<32>)\nSpoilt(\"not a number\").\n");
    std::fs::write(&path, text).unwrap();

    let lab = Lab::start(0)?;
    let northbound = lab.northbound()?;
    let weir = Weir::prepare(&lab, options(spoilt.path(), northbound.remote()))?;
    let status = weir.run_to_end()?;
    let log = weir.log()?;
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(
        log.contains("error") && log.contains("weir.dl") && log.contains("Spoilt(\"not a number\")"),
        "{log}"
    );

    let check = Command::new(env!("CARGO_BIN_EXE_weir")).arg("check").arg(&path).output().unwrap();
    assert_eq!(check.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&check.stderr).contains("Spoilt(\"not a number\")"));
    Ok(())
}

#[test]
fn a_northbound_that_is_not_there_yet_is_waited_for() -> Result {
    let lab = Lab::start(1)?;
    let northbound = lab.northbound()?;
    northbound.stop()?;
    let weir = Weir::start(&lab, options(&rules(), northbound.remote()))?;
    weir.wait_log(0, "Northbound lost")?;
    lab.hv(1).set_manager(&weir.manager())?;
    weir.check_alive()?;
    northbound.start()?;

    let cloud = Cloud { weir, northbound, lab };
    cloud.wait_joined(cloud.lab.hv(1))?;
    cloud.switches(&["blue"])?;
    let one = cloud.machine("blue", Plan::new("blue1", 1, 1), 1)?;
    let two = cloud.machine("blue", Plan::new("blue2", 1, 2), 1)?;
    cloud.wait_up("blue2")?;
    cloud.sync()?;
    one.reaches(&two, "hello").map(drop)
}

#[test]
fn an_older_northbound_schema_without_a_table_is_served() -> Result {
    let lab = Lab::start(1)?;
    let northbound = lab.northbound_without(&["Copp", "Static_MAC_Binding", "Chassis_Template_Var"])?;
    let weir = Weir::start(&lab, options(&rules(), northbound.remote()))?;
    lab.hv(1).set_manager(&weir.manager())?;
    let cloud = Cloud { weir, northbound, lab };
    cloud.wait_joined(cloud.lab.hv(1))?;
    cloud.switches(&["blue"])?;
    let one = cloud.machine("blue", Plan::new("blue1", 1, 1), 1)?;
    let two = cloud.machine("blue", Plan::new("blue2", 1, 2), 1)?;
    cloud.sync()?;
    one.reaches(&two, "hello").map(drop)
}

#[test]
fn a_northbound_without_a_table_the_rules_read_is_named_and_tried_again() -> Result {
    let lab = Lab::start(0)?;
    let northbound = lab.northbound_without(&["Logical_Switch_Port"])?;
    let weir = Weir::start(&lab, options(&rules(), northbound.remote()))?;
    // The first thing it misses is the column that would refer to those rows.
    let complaint = "has no column `ports`";
    weir.wait_log(0, complaint)?;
    let logged = weir.log()?.len();
    weir.wait_log(logged, complaint)?;
    weir.check_alive()
}

#[test]
fn it_ends_when_asked_to_and_takes_its_sockets_along() -> Result {
    let lab = Lab::start(0)?;
    let northbound = lab.northbound()?;
    let weir = Weir::start(&lab, options(&rules(), northbound.remote()))?;
    let status = weir.stop()?;
    assert!(status.success(), "{status}: {}", weir.log_tail());
    assert!(!weir.control().exists());
    wait_until(PATIENCE, "its listener to be gone", || {
        std::net::TcpStream::connect(weir.ovsdb_address()).is_err()
    })
}

#[test]
fn an_address_in_use_is_named_when_it_refuses_to_start() -> Result {
    let lab = Lab::start(0)?;
    let northbound = lab.northbound()?;
    let weir = Weir::prepare(&lab, options(&rules(), northbound.remote()))?;
    let _squatter = std::net::TcpListener::bind(weir.ovsdb_address()).unwrap();
    let status = weir.run_to_end()?;
    assert!(!status.success());
    assert!(weir.log()?.contains(&weir.ovsdb_address()), "{}", weir.log_tail());
    Ok(())
}

//! Certificates from the command line to the switch.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use weir_lab::{Lab, PATIENCE, Result, Weir, WeirOptions, wait_for};

fn pki(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_weir"))
        .current_dir(dir)
        .arg("pki")
        .args(arguments)
        .args(["--dir", "ca"])
        .output()
        .unwrap()
}

fn made(dir: &Path, arguments: &[&str]) -> Vec<String> {
    let output = pki(dir, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn options(northbound: String, args: Vec<String>) -> WeirOptions {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    WeirOptions { program: env!("CARGO_BIN_EXE_weir").into(), rules, northbound, args }
}

/// `--tls-*` for the certificate of that name.
fn arguments(dir: &Path, name: &str) -> Vec<String> {
    let path = |file: String| dir.join(file).to_str().unwrap().to_owned();
    vec![
        "--tls-ca".to_owned(),
        path("ca/cacert.pem".to_owned()),
        "--tls-cert".to_owned(),
        path(format!("{name}-cert.pem")),
        "--tls-key".to_owned(),
        path(format!("{name}-privkey.pem")),
    ]
}

#[test]
fn a_hypervisor_with_a_certificate_of_weir_pki_is_managed_and_one_with_another_s_is_not() -> Result {
    let lab = Lab::start(2)?;
    let dir = lab.dir().join("pki");
    std::fs::create_dir(&dir).unwrap();
    assert_eq!(made(&dir, &["init"]), ["ca/cacert.pem"]);
    assert_eq!(made(&dir, &["issue", "weir", "--server"]), ["./weir-cert.pem", "./weir-privkey.pem"]);
    made(&dir, &["issue", "hv1", "--days", "7"]);
    made(&dir, &["issue", "stolen"]);
    let again = pki(&dir, &["issue", "hv1"]);
    assert!(!again.status.success());
    let told = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(told.contains("hv1-privkey.pem: is there already"), "{told}");

    let northbound = lab.northbound()?;
    let weir = Weir::start(&lab, options(northbound.remote(), arguments(&dir, "weir")))?;
    for (hypervisor, name) in [(lab.hv(1), "hv1"), (lab.hv(2), "stolen")] {
        let file = |what: &str| dir.join(what).to_str().unwrap().to_owned();
        let (key, cert) = (file(&format!("{name}-privkey.pem")), file(&format!("{name}-cert.pem")));
        hypervisor.vsctl(["set-ssl", &key, &cert, &file("ca/cacert.pem")])?;
        hypervisor.set_manager(&weir.manager())?;
    }
    lab.hv(1).wait_br_int()?;
    wait_for(PATIENCE, "the switch's session", || {
        let connected = lab.hv(1).vsctl(["--columns=is_connected,target", "list", "controller"])?;
        Ok(if connected.contains("true") && connected.contains("ssl:") { Ok(()) } else { Err(connected) })
    })?;
    wait_for(PATIENCE, "the refusal in the log", || {
        let log = weir.log()?;
        let line = log.lines().find(|line| line.contains("certificate does not name the system-id"));
        Ok(match line {
            Some(line) if line.contains("hv2") && line.contains("stolen") => Ok(()),
            _ => Err(log),
        })
    })?;
    assert!(!lab.hv(2).vsctl(["list-br"])?.contains("br-int"));
    Ok(())
}

#[test]
fn what_is_missing_or_broken_is_named_before_anything_is_listened_on() -> Result {
    let lab = Lab::start(0)?;
    let dir = lab.dir().join("pki");
    std::fs::create_dir(&dir).unwrap();
    made(&dir, &["init"]);
    made(&dir, &["issue", "weir", "--server"]);
    let whole = arguments(&dir, "weir");
    let elsewhere = |at: usize, path: PathBuf| {
        let mut args = whole.clone();
        args[at] = path.to_str().unwrap().to_owned();
        args
    };
    for (args, wanted) in [
        (whole[2..].to_vec(), "--tls-ca: is missing"),
        (whole[..4].to_vec(), "--tls-key: is missing"),
        (elsewhere(1, dir.join("none")), "none: No such file or directory"),
        (elsewhere(5, dir.join("weir-cert.pem")), "weir-cert.pem: no private key in it"),
        (elsewhere(5, dir.join("ca/private/cakey.pem")), "the key is not the certificate's"),
    ] {
        let weir = Weir::prepare(&lab, options("none".to_owned(), args.clone()))?;
        let status = weir.run_to_end()?;
        let log = weir.log_tail();
        assert!(!status.success() && log.contains(wanted), "{args:?}: {log}");
    }
    let weir = Weir::prepare(&lab, options("ssl:127.0.0.1:1".to_owned(), vec![]))?;
    assert!(!weir.run_to_end()?.success());
    assert!(weir.log_tail().contains("--nb: ssl needs --tls-ca"), "{}", weir.log_tail());
    Ok(())
}

//! Certificates: who may call, and for whom it may speak.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use weir_lab::{Hypervisor, Lab, PATIENCE, Result, wait_for};
use weir_shim::chassis::{ChassisEvent, HypervisorConfig};
use weir_tls::pki::{Authority, Purpose};
use weir_tls::{Tls, TlsFiles};

use crate::harness::{Addresses, Control, flow, wait_flows};

/// An authority of the test's own, with a certificate for the registry.
struct Site {
    dir: TempDir,
    authority: Authority,
}

impl Site {
    fn new() -> Site {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::init(&dir.path().join("ca"), 30).unwrap();
        Site { dir, authority }
    }

    /// A hypervisor's.
    fn issue(&self, name: &str) -> TlsFiles {
        self.authority.issue(name, Purpose::Client, self.dir.path(), 30).unwrap().files
    }

    /// Of one that is connected to.
    fn issue_server(&self, name: &str) -> TlsFiles {
        self.authority.issue(name, Purpose::Server, self.dir.path(), 30).unwrap().files
    }

    fn start(&self, addresses: Addresses) -> Control {
        Control::start_at(addresses, secured(self.issue_server("weir")))
    }
}

fn secured(files: TlsFiles) -> HypervisorConfig {
    HypervisorConfig { tls: Some(Tls::open(files).unwrap()), ..HypervisorConfig::default() }
}

/// What an operator types on the hypervisor.
fn set_ssl(hypervisor: &Hypervisor, files: &TlsFiles) -> Result {
    hypervisor.vsctl(["set-ssl", text(&files.key), text(&files.cert), text(&files.ca)]).map(drop)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The session is there, and its switch's controller is reached by TLS as well.
fn is_secured(lab: &Lab, control: &Control) -> Result {
    wait_flows(lab.hv(1), &[flow(1, 1)]);
    let controller = lab.hv(1).vsctl(["get-controller", "br-int"])?;
    assert_eq!(controller.trim(), format!("ssl:{}", control.addresses.openflow));
    let metrics = control.hypervisors.metrics();
    assert_eq!((metrics.databases_up, metrics.switches_up, metrics.refused_impostors), (1, 1, 0));
    Ok(())
}

#[test]
fn a_hypervisor_with_its_own_certificate_is_served_on_both_protocols() -> Result {
    let (lab, site) = (Lab::start(1)?, Site::new());
    let control = site.start(Addresses::choose().secured());
    set_ssl(lab.hv(1), &site.issue("hv1"))?;
    control.take_over(&lab, &[flow(1, 1)]);
    is_secured(&lab, &control)
}

#[test]
fn certificates_of_ovs_pki_are_as_good() -> Result {
    let (lab, dir) = (Lab::start(1)?, tempfile::tempdir().unwrap());
    let pki = |arguments: &[&str]| {
        let (pki, log) = (dir.path().join("pki"), dir.path().join("log"));
        let output = Command::new("ovs-pki")
            .current_dir(dir.path())
            .args(["-b", "-d", text(&pki), "-l", text(&log)])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    pki(&["init"]);
    pki(&["req+sign", "hv1", "switch"]);
    pki(&["req+sign", "weir", "controller"]);
    let files = |name: &str, peers: &str| TlsFiles {
        ca: dir.path().join(format!("pki/{peers}ca/cacert.pem")),
        cert: dir.path().join(format!("{name}-cert.pem")),
        key: dir.path().join(format!("{name}-privkey.pem")),
    };
    let control = Control::start_at(Addresses::choose().secured(), secured(files("weir", "switch")));
    set_ssl(lab.hv(1), &files("hv1", "controller"))?;
    control.take_over(&lab, &[flow(1, 1)]);
    is_secured(&lab, &control)
}

#[test]
fn a_database_that_claims_another_s_system_id_is_refused() -> Result {
    let (lab, site) = (Lab::start(1)?, Site::new());
    let control = site.start(Addresses::choose().secured());
    set_ssl(lab.hv(1), &site.issue("hv2"))?;
    lab.hv(1).set_manager(&control.manager())?;
    control.wait_metrics("the impostor is refused", |metrics| metrics.refused_impostors > 1);
    let metrics = control.hypervisors.metrics();
    assert_eq!((metrics.databases_up, metrics.database_writes), (0, 0), "{metrics:?}");
    assert!(!lab.hv(1).vsctl(["list-br"])?.contains("br-int"), "nothing is told to it");
    // What its certificate says, it may say.
    lab.hv(1).vsctl(["set", "open_vswitch", ".", "external_ids:system-id=hv2"])?;
    let chassis = control.wait("facts", |event| match event {
        ChassisEvent::Facts { chassis, .. } => Some(chassis.to_string()),
        _ => None,
    });
    assert_eq!(chassis, "hv2");
    // And when it changes its mind in the middle of a session, that ends.
    let before = control.hypervisors.metrics().refused_impostors;
    lab.hv(1).vsctl(["set", "open_vswitch", ".", "external_ids:system-id=hv1"])?;
    control.wait_metrics("refused again", |metrics| metrics.refused_impostors > before);
    Ok(())
}

#[test]
fn a_switch_that_knows_another_s_secret_is_refused() -> Result {
    let (lab, site) = (Lab::start(2)?, Site::new());
    let control = site.start(Addresses::choose().secured());
    set_ssl(lab.hv(1), &site.issue("hv1"))?;
    set_ssl(lab.hv(2), &site.issue("hv2"))?;
    control.take_over(&lab, &[flow(1, 1)]);
    let option = |key: &str| lab.hv(1).vsctl(["get", "bridge", "br-int", &format!("other_config:{key}")]);
    let (datapath_id, serial) = (option("datapath-id")?, option("dp-sn")?);
    let target = format!("ssl:{}", control.addresses.openflow);
    lab.hv(2).vsctl([
        "set-controller",
        "br-phys",
        &target,
        "--",
        "set",
        "bridge",
        "br-phys",
        &format!("other_config:datapath-id={}", datapath_id.trim()),
        &format!("other_config:dp-sn={}", serial.trim()),
        "protocols=OpenFlow15",
    ])?;
    control.wait_metrics("the impostor is refused", |metrics| metrics.refused_impostors > 0);
    let metrics = control.hypervisors.metrics();
    assert_eq!(metrics.switches_up, 1, "{metrics:?}");
    wait_flows(lab.hv(1), &[flow(1, 1)]);
    Ok(())
}

#[test]
fn a_hypervisor_cannot_pretend_to_be_weir_towards_another() -> Result {
    let (lab, site) = (Lab::start(1)?, Site::new());
    // Listens with a hypervisor's certificate, as one that was broken into could.
    let control = Control::start_at(Addresses::choose().secured(), secured(site.issue("hv2")));
    set_ssl(lab.hv(1), &site.issue("hv1"))?;
    lab.hv(1).set_manager(&control.manager())?;
    control.wait_metrics("hv1 turns away", |metrics| metrics.refused_handshakes > 1);
    let metrics = control.hypervisors.metrics();
    assert_eq!((metrics.databases_up, metrics.database_writes), (0, 0), "{metrics:?}");
    Ok(())
}

#[test]
fn without_a_certificate_of_the_authority_nobody_comes_in() -> Result {
    let (lab, site, other) = (Lab::start(1)?, Site::new(), Site::new());
    let control = site.start(Addresses::choose().secured());
    let ca = site.authority.certificate();
    set_ssl(lab.hv(1), &TlsFiles { ca, ..other.issue("hv1") })?;
    lab.hv(1).set_manager(&control.manager())?;
    control.wait_metrics("it is refused", |metrics| metrics.refused_handshakes > 0);
    // Nor who does not speak TLS at all.
    let before = control.hypervisors.metrics().refused_handshakes;
    lab.hv(1).set_manager(&control.manager().replace("ssl:", "tcp:"))?;
    control.wait_metrics("plain text is refused", |metrics| metrics.refused_handshakes > before + 1);
    let metrics = control.hypervisors.metrics();
    assert_eq!((metrics.databases_up, metrics.database_writes), (0, 0), "{metrics:?}");
    Ok(())
}

#[test]
fn new_certificates_are_used_without_a_restart() -> Result {
    let (lab, old, new) = (Lab::start(1)?, Site::new(), Site::new());
    let live = tempfile::tempdir().unwrap();
    let install = |files: TlsFiles| -> TlsFiles {
        let place = |from: PathBuf, name: &str| {
            std::fs::copy(from, live.path().join("next")).unwrap();
            std::fs::rename(live.path().join("next"), live.path().join(name)).unwrap();
            live.path().join(name)
        };
        TlsFiles { ca: place(files.ca, "ca"), cert: place(files.cert, "cert"), key: place(files.key, "key") }
    };
    let control =
        Control::start_at(Addresses::choose().secured(), secured(install(old.issue_server("weir"))));
    set_ssl(lab.hv(1), &old.issue("hv1"))?;
    control.take_over(&lab, &[flow(1, 1)]);
    is_secured(&lab, &control)?;

    install(new.issue_server("weir"));
    // Sessions that are there stay.
    control.apply("hv1", 2, vec![], vec![flow(2, 2)]);
    control.advance(2);
    assert_eq!(control.wait_confirmed(2), 1);
    // A hypervisor of the old authority is refused now, and comes back with a certificate of the new one.
    lab.hv(1).stop_ovsdb()?;
    lab.hv(1).start_ovsdb()?;
    control.wait_metrics("the old certificate is refused", |metrics| metrics.refused_handshakes > 0);
    set_ssl(lab.hv(1), &new.issue("hv1"))?;
    control.wait_metrics("it is back", |metrics| metrics.databases_up == 1);
    Ok(())
}

#[test]
fn a_hypervisor_that_is_dialed_must_have_its_name_too() -> Result {
    let (lab, site) = (Lab::start(2)?, Site::new());
    let mut remotes = Vec::new();
    for (hypervisor, name) in [(lab.hv(1), "hv1"), (lab.hv(2), "somebody")] {
        set_ssl(hypervisor, &site.issue_server(name))?;
        let address = Addresses::choose().ovsdb;
        hypervisor.set_manager(&format!("pssl:{}:{}", address.port(), address.ip()))?;
        remotes.push(format!("ssl:{address}").parse().unwrap());
    }
    let config = HypervisorConfig { dial: remotes, ..secured(site.issue_server("weir")) };
    let control = Control::start_at(Addresses::choose().secured(), config);
    control.adopt(&[flow(1, 1)]);
    control.wait_metrics("the other is refused", |metrics| metrics.refused_impostors > 0);
    wait_flows(lab.hv(1), &[flow(1, 1)]);
    assert_eq!(control.hypervisors.metrics().databases_up, 1);
    Ok(())
}

#[test]
fn connections_beyond_the_limit_are_closed_and_counted() -> Result {
    let lab = Lab::start(1)?;
    let config = HypervisorConfig { max_connections: 2, ..HypervisorConfig::default() };
    let control = Control::start_at(Addresses::choose(), config);
    control.take_over(&lab, &[flow(1, 1)]);
    let silent = TcpStream::connect(control.addresses.ovsdb).unwrap();
    let extra: Vec<TcpStream> =
        (0..3).map(|_| TcpStream::connect(control.addresses.ovsdb).unwrap()).collect();
    control.wait_metrics("three are refused", |metrics| metrics.refused_connections == 3);
    for mut stream in extra {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let closed = std::io::Read::read(&mut stream, &mut [0; 1]);
        assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
    }
    // The place of one that goes is free again, and the hypervisor has not noticed any of it.
    drop(silent);
    wait_for(PATIENCE, "a free place", || {
        let before = control.hypervisors.metrics().refused_connections;
        let stream = TcpStream::connect(control.addresses.ovsdb).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_millis(100))).unwrap();
        let closed = matches!(std::io::Read::read(&mut &stream, &mut [0; 1]), Ok(0));
        let refused = control.hypervisors.metrics().refused_connections - before;
        Ok(if closed || refused > 0 { Err("refused".to_owned()) } else { Ok(()) })
    })?;
    wait_flows(lab.hv(1), &[flow(1, 1)]);
    assert_eq!(control.hypervisors.metrics().databases_up, 1);
    Ok(())
}

#[test]
fn hypervisors_all_get_in_however_slowly_the_door_turns() -> Result {
    let lab = Lab::start(2)?;
    let config = HypervisorConfig { connections_per_second: 1, ..HypervisorConfig::default() };
    let control = Control::start_at(Addresses::choose(), config);
    lab.hv(1).set_manager(&control.manager())?;
    lab.hv(2).set_manager(&control.manager())?;
    let metrics = control.wait_metrics("both are there", |metrics| metrics.databases_up == 2);
    assert_eq!(metrics.refused_connections, 0);
    Ok(())
}

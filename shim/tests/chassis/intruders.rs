//! Whoever else calls.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use weir_lab::{Lab, PATIENCE, Result};
use weir_shim::chassis::HypervisorConfig;

use crate::harness::{Addresses, Control, flow, wait_flows};

/// Sends bytes and waits until the other side has closed.
fn offend(address: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut received = Vec::new();
    // The end of the stream and a reset both mean closed; a timeout means that it was not.
    if let Err(error) = stream.write_all(bytes).and_then(|()| stream.read_to_end(&mut received)) {
        let is_closed = matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
        assert!(is_closed, "{error}");
    }
}

#[test]
fn garbage_ends_its_own_session_and_no_other() -> Result {
    let lab = Lab::start(1)?;
    let config = HypervisorConfig { max_message: 1 << 20, ..HypervisorConfig::default() };
    let control = Control::start_at(Addresses::choose(), config);
    control.take_over(&lab, &[flow(1, 1)]);
    let openflow: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\n\r\n",
        &[6, 0, 0, 4, 0, 0, 0, 1],
        &[6, 0, 0, 8, 0, 0, 0, 1, 6, 6, 0, 9, 0, 0, 0, 2, 0],
        &[6, 20, 0, 8, 0, 0, 0, 1],
        &[0xff; 64],
    ];
    for bytes in openflow {
        offend(control.addresses.openflow, bytes);
    }
    let deep = [b"{\"id\":1,\"result\":".as_slice(), &[b'['; 100]].concat();
    let long = [b"{\"id\":1,\"result\":\"".as_slice(), &[b'x'; 1 << 20]].concat();
    let ovsdb: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"{\"a\":]}",
        b"[[[[",
        b"{\"method\":7,\"id\":1,\"params\":[]}",
        &deep,
        &long,
    ];
    for bytes in ovsdb {
        offend(control.addresses.ovsdb, bytes);
    }
    let expected = openflow.len() + ovsdb.len();
    control.wait_metrics("all are counted", |metrics| metrics.malformed_messages == expected as u64);

    control.apply("hv1", 2, vec![], vec![flow(2, 2)]);
    control.advance(2);
    assert_eq!(control.wait_confirmed(2), 1);
    wait_flows(lab.hv(1), &[flow(1, 1), flow(2, 2)]);
    Ok(())
}

#[test]
fn a_bridge_that_is_not_ours_is_refused() -> Result {
    let lab = Lab::start(1)?;
    let patience =
        HypervisorConfig { stranger_patience: std::time::Duration::ZERO, ..HypervisorConfig::default() };
    let control = Control::start_at(Addresses::choose(), patience);
    control.take_over(&lab, &[flow(1, 1)]);
    let target = format!("tcp:{}", control.addresses.openflow);
    // It knows the datapath id, but not the secret.
    let datapath_id = lab.hv(1).vsctl(["get", "bridge", "br-int", "other_config:datapath-id"])?;
    lab.hv(1).vsctl([
        "set-controller",
        "br-phys",
        &target,
        "--",
        "set",
        "bridge",
        "br-phys",
        &format!("other_config:datapath-id={}", datapath_id.trim()),
    ])?;
    control.wait_metrics("the stranger is refused", |metrics| metrics.refused_strangers > 0);
    let metrics = control.hypervisors.metrics();
    assert_eq!((metrics.switches_up, metrics.malformed_messages), (1, 0));
    wait_flows(lab.hv(1), &[flow(1, 1)]);
    Ok(())
}

#[test]
fn a_switch_without_openflow_1_5_is_told_so() {
    let control = Control::start();
    let mut stream = (0..100)
        .find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            TcpStream::connect(control.addresses.openflow).ok()
        })
        .unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // HELLO of 1.3 that offers 1.0 and 1.3.
    stream.write_all(&[4, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 8, 0, 0, 0, 0x12]).unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    let error = &received[16..];
    assert_eq!(error[1], 1, "ERROR");
    assert_eq!(error[8..12], [0, 0, 0, 0], "HELLO_FAILED, INCOMPATIBLE");
    assert_eq!(control.hypervisors.metrics().malformed_messages, 0);
}

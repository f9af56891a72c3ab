//! A switch that stops reading.

use std::io::{Read, Write};
use std::net::TcpStream;

use openflow::{
    Features, Framer, Hello, Message, MultipartReply, MultipartReplyBody, MultipartRequestBody,
    SwitchDescription, TlvMapping, TlvTable,
};
use weir_lab::{Lab, PATIENCE, Result};

use crate::harness::{Control, flow};

/// Answers as an empty switch would until it is asked to push, and from then on not at all.
fn answer_until_bundle(stream: &mut TcpStream, features: Features, serial: &str) {
    let mut framer = Framer::new();
    stream.write_all(&Message::Hello(Hello::OPENFLOW_15).to_bytes(1).unwrap()).unwrap();
    let mut buffer = [0; 4096];
    loop {
        while let Some(frame) = framer.next_frame().unwrap() {
            let body = |body| Message::MultipartReply(MultipartReply { more: false, body });
            let reply = match frame.message().unwrap() {
                Message::FeaturesRequest => Message::FeaturesReply(features),
                Message::BarrierRequest => Message::BarrierReply,
                Message::RoleRequest(state) => Message::RoleReply(state),
                Message::TlvTableRequest => {
                    let mapping = TlvMapping { class: 0x0102, kind: 0x80, length: 4, index: 0 };
                    Message::TlvTableReply(TlvTable {
                        max_option_space: 256,
                        max_fields: 64,
                        mappings: vec![mapping],
                    })
                }
                Message::MultipartRequest(request) => match request.body {
                    MultipartRequestBody::Description => {
                        let serial = serial.to_owned();
                        body(MultipartReplyBody::Description(SwitchDescription {
                            serial,
                            ..SwitchDescription::default()
                        }))
                    }
                    MultipartRequestBody::Flows(_) => body(MultipartReplyBody::Flows(vec![])),
                    MultipartRequestBody::Meters(_) => body(MultipartReplyBody::Meters(vec![])),
                    MultipartRequestBody::Groups(_) => body(MultipartReplyBody::Groups(vec![])),
                    _ => continue,
                },
                Message::BundleControl(_) => return,
                _ => continue,
            };
            stream.write_all(&reply.to_bytes(frame.header.xid).unwrap()).unwrap();
        }
        let n_bytes = stream.read(&mut buffer).unwrap();
        assert!(n_bytes > 0, "closed before a bundle came");
        framer.extend(&buffer[..n_bytes]);
    }
}

#[test]
fn a_switch_that_stops_reading_holds_up_nobody_and_a_newer_session_takes_its_place() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    control.take_over(&lab, &[flow(1, 1)]);
    let value = |key: &str| lab.hv(1).vsctl(["get", "bridge", "br-int", &format!("other_config:{key}")]);
    let datapath_id = u64::from_str_radix(value("datapath-id")?.trim().trim_matches('"'), 16).unwrap();
    let serial = value("dp-sn")?;
    let features = Features { datapath_id, n_buffers: 0, n_tables: 254, auxiliary_id: 0, capabilities: 0 };
    lab.hv(1).stop_vswitchd()?;

    let mut stream = TcpStream::connect(control.addresses.openflow).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    answer_until_bundle(&mut stream, features, serial.trim().trim_matches('"'));

    let many: Vec<_> = (10..60_010).map(|n| flow(n, 1)).collect();
    for (epoch, part) in (2..).zip(many.chunks(1000)) {
        control.apply("hv1", epoch, vec![], part.to_vec());
        control.advance(epoch);
    }
    lab.hv(1).start_vswitchd()?;
    control.wait_confirmed(61);
    assert_eq!(lab.hv(1).flows()?.len(), 60_001);
    drop(stream);
    Ok(())
}

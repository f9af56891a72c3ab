//! Packets handed over, answered and let go.

use std::net::Ipv4Addr;
use std::sync::Arc;

use openflow::{Action, Flow, Instructions, Match, PacketOut, PortNo};
use weir_lab::{Frame, Lab, Mac, Result};
use weir_shim::chassis::ToSwitch;

use crate::harness::Control;

#[test]
fn a_packet_is_handed_over_answered_and_let_go() -> Result {
    let lab = Lab::start(1)?;
    let control = Control::start();
    control.take_over(&lab, &[]);
    let mut packets = control.hypervisors.packets(16);
    let one = lab.hv(1).plug("vif1", "lp1", Mac([2, 0, 0, 0, 0, 1]))?;
    let two = lab.hv(1).plug("vif2", "lp2", Mac([2, 0, 0, 0, 0, 2]))?;
    let facts = control.wait_facts(|facts| facts.interfaces.len() == 2);
    let port = |at: usize| PortNo(facts.interfaces[at].ofport);

    let pause =
        openflow::Controller { pause: true, userdata: b"who?".to_vec(), ..openflow::Controller::default() };
    let matching = Match::builder().in_port(port(0)).build().unwrap();
    let actions = vec![Action::Controller(Box::new(pause)), Action::output(port(1))];
    let flow = Flow::new(0, 10, matching, Instructions::apply(actions)).with_cookie(5);
    control.apply("hv1", 2, vec![], vec![Arc::new(flow)]);
    control.advance(2);
    control.wait_confirmed(2);

    let ends = (
        (Mac([2, 0, 0, 0, 0, 1]), Ipv4Addr::new(10, 0, 0, 1)),
        (Mac([2, 0, 0, 0, 0, 2]), Ipv4Addr::new(10, 0, 0, 2)),
    );
    let sent = Frame::udp(ends.0, ends.1, b"hello");
    one.inject(&sent)?;
    let punted = packets.blocking_recv().unwrap();
    assert_eq!(&*punted.chassis, "hv1");
    assert_eq!((punted.packet.userdata.as_slice(), punted.packet.cookie), (&b"who?"[..], Some(5)));
    assert_eq!(punted.packet.in_port(), Some(port(0)));

    let answer = Frame::udp(ends.1, ends.0, b"nobody");
    let out = PacketOut {
        metadata: Match::builder().in_port(PortNo::CONTROLLER).build().unwrap(),
        actions: vec![Action::output(port(0))],
        data: answer.bytes().to_vec(),
    };
    assert!(control.hypervisors.tell("hv1", ToSwitch::Packet(out)));
    one.wait_same(&answer)?;
    assert!(control.hypervisors.tell("hv1", ToSwitch::Resume(punted.packet)));
    two.wait_same(&sent)?;
    assert!(!control.hypervisors.tell("hv2", ToSwitch::ForgetZone(1)), "there is no such hypervisor");
    Ok(())
}

//! What is built comes back from its own bytes.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::LazyLock;

use common::samples;
use openflow::*;
use proptest::prelude::*;
use proptest::sample::{Index, select};

static ACTIONS: LazyLock<Vec<Action>> =
    LazyLock::new(|| samples::actions().into_iter().flat_map(|(_, actions)| actions).collect());

/// Fields in any order, with any values and masks; many do not make a match.
fn arbitrary_match() -> impl Strategy<Value = Result<Match, MatchError>> {
    let bits =
        prop_oneof![Just(0u128), Just(u128::MAX), any::<u128>(), (0u32..128).prop_map(|n| u128::MAX << n)];
    let field = (select(Field::all().collect::<Vec<_>>()), any::<u128>(), bits);
    prop::collection::vec(field, 0..6).prop_map(|fields| {
        let ground = Match::builder().eth_type(0x0800).ip_proto(6);
        let add = |builder: MatchBuilder, (field, value, mask): (Field, u128, u128)| {
            let width = u128::MAX
                >> (128 - u32::from(field.spec().bits.min(8 * u16::from(field.default_bytes()))).min(128));
            builder.masked(field, value & mask & width, mask)
        };
        fields.into_iter().fold(ground, add).build()
    })
}

fn arbitrary_actions() -> impl Strategy<Value = Vec<Action>> {
    let leaf = any::<Index>().prop_map(|at| at.get(&ACTIONS).clone());
    let nested =
        leaf.prop_recursive(4, 16, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Action::Clone));
    prop::collection::vec(nested, 0..6)
}

fn arbitrary_flow() -> impl Strategy<Value = Flow> {
    let matching = arbitrary_match().prop_filter_map("not a match", Result::ok);
    let instructions = (
        arbitrary_actions(),
        any::<bool>(),
        arbitrary_actions(),
        any::<Option<(u64, u64)>>(),
        any::<Option<u8>>(),
    )
        .prop_map(|(apply, clear, write, metadata, goto_table)| Instructions {
            apply,
            clear,
            write,
            metadata: metadata.map(|(value, mask)| WriteMetadata { value, mask }),
            goto_table,
        });
    (any::<u8>(), any::<u16>(), matching, any::<u64>(), any::<(u16, u16)>(), 0u16..32, instructions).prop_map(
        |(table, priority, matching, cookie, (idle_timeout, hard_timeout), flags, instructions)| Flow {
            table,
            priority,
            matching,
            cookie,
            idle_timeout,
            hard_timeout,
            flags: FlowFlags(flags),
            instructions,
        },
    )
}

fn there_and_back(message: &Message) -> Message {
    let mut framer = Framer::new();
    framer.extend(&message.to_bytes(9).unwrap());
    framer.next_frame().unwrap().unwrap().message().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flows_survive_every_message_that_carries_them(flow in arbitrary_flow()) {
        let stats = FlowStats { packets: Some(3), ..FlowStats::default() };
        let installed = InstalledFlow { flow: flow.clone(), importance: 0, stats };
        let unflagged = Flow { flags: FlowFlags::NONE, ..flow.clone() };
        let update = FlowUpdate::Flow { event: FlowUpdateEvent::Modified, flow: unflagged };
        let reply = |body| Message::MultipartReply(MultipartReply { more: true, body });
        for message in [
            Message::FlowMod(FlowMod::add(flow.clone())),
            Message::FlowMod(FlowMod::delete_strict(flow.key())),
            Bundle::new(1).add(FlowMod::modify_strict(flow)),
            reply(MultipartReplyBody::Flows(vec![installed.clone(), installed])),
            reply(MultipartReplyBody::FlowMonitor(vec![update, FlowUpdate::Paused])),
        ] {
            prop_assert_eq!(there_and_back(&message), message);
        }
    }

    #[test]
    fn a_match_is_in_canonical_form(matching in arbitrary_match()) {
        if let Ok(matching) = matching {
            prop_assert_eq!(&Match::from_tlvs(matching.as_bytes()).unwrap(), &matching);
            let again = matching.fields().fold(Match::builder(), |builder, entry| {
                builder.octets(entry.field, entry.value_bytes, entry.mask)
            });
            // Long options keep only what is significant, so their masks cannot be given back.
            if !matching.fields().any(|entry| entry.field.is_variable()) {
                prop_assert_eq!(again.build().unwrap(), matching);
            }
        }
    }
}

#[test]
fn equal_matches_are_equal_values() {
    let same = [
        Match::builder().field(Field::REG0, 1).field(Field::REG1, 2),
        Match::builder().field(Field::REG1, 2).field(Field::REG0, 1),
        Match::builder().field(Field::XREG0, 1 << 32 | 2),
        Match::builder().masked(Field::XXREG0, (1 << 32 | 2) << 64, u128::from(u64::MAX) << 64),
        Match::builder().field(Field::REG0, 1).masked(Field::REG1, 2, 0xffff_ffff).masked(Field::REG9, 0, 0),
        Match::builder().field(Field::XREG0, 1 << 32 | 2).field(Field::PACKET_TYPE, 0),
    ];
    let first = same[0].clone().build().unwrap();
    for builder in same {
        assert_eq!(builder.build().unwrap(), first);
    }
    let vlan = Match::builder().vlan_vid(42).field(Field::VLAN_PCP, 3).build().unwrap();
    assert_eq!(Match::builder().field(Field::VLAN_TCI, 3 << 13 | 0x1000 | 42).build().unwrap(), vlan);
    assert_eq!(
        Match::builder().field(Field::VLAN_TCI, 0).build().unwrap(),
        Match::builder().no_vlan().build().unwrap()
    );
    assert_eq!(
        Match::builder().eth_type(0x0800).field(Field::NW_TOS, 0x40).build().unwrap(),
        Match::builder().eth_type(0x0800).field(Field::IP_DSCP, 0x10).build().unwrap()
    );
}

#[track_caller]
fn check_refused(builder: MatchBuilder, wanted: &str) {
    assert_eq!(builder.build().unwrap_err().to_string(), wanted);
}

#[test]
fn what_is_not_a_match_is_refused() {
    let new = Match::builder;
    check_refused(new().field(Field::REG0, 1).field(Field::REG0, 1), "reg0 is given twice");
    check_refused(new().field(Field::REG0, 1).field(Field::XREG0, 1), "reg0 is given twice");
    check_refused(new().field(Field::IP_DST, 1), "ip_dst needs eth_type=0x0800");
    check_refused(new().eth_type(0x86dd).field(Field::IP_DST, 1), "ip_dst needs eth_type=0x0800");
    check_refused(
        new().eth_type(0x0800).field(Field::TCP_DST, 1),
        "tcp_dst needs ip_proto=6 in IPv4 or IPv6",
    );
    check_refused(new().field(Field::VLAN_PCP, 1), "vlan_pcp needs vlan_vid with the present bit 0x1000");
    check_refused(
        new().eth_type(0x0800).field(Field::CT_NW_PROTO, 6),
        "ct_nw_proto needs a ct_state of a valid connection",
    );
    check_refused(new().masked(Field::REG0, 3, 1), "reg0: value 0x3 has bits outside mask 0x1");
    check_refused(new().field(Field::REG0, 1 << 32), "reg0: 0x100000000 does not fit 32 bits");
    check_refused(new().field(Field::VLAN_VID, 0x3000), "vlan_vid: 0x3000 does not fit 13 bits");
    check_refused(new().masked(Field::ETH_TYPE, 0x0800, 0xff00), "eth_type cannot be masked");
    check_refused(new().octets(Field::REG0, &[1, 2], None), "reg0 cannot be 2 bytes long");
    check_refused(
        new().octets(Field::TUN_METADATA0, &[0; 128], None),
        "tun_metadata0 cannot be 128 bytes long",
    );
    check_refused(
        new().masked(Field::VLAN_TCI, 0x3000, 0x3000),
        "vlan_tci: mask 0x3000 has no form in OpenFlow 1.5",
    );
}

#[test]
fn what_cannot_be_done_is_refused() {
    let error = |result: Result<Action, BuildError>| result.unwrap_err().to_string();
    assert_eq!(error(Action::set(Field::ETH_TYPE, 0x0800)), "eth_type cannot be set");
    assert_eq!(error(Action::set(Field::IN_PORT, 1)), "in_port_oxm cannot be set");
    assert_eq!(error(Action::set(Field::REG0, 1 << 32)), "reg0: 0x100000000 does not fit 32 bits");
    assert_eq!(error(Action::set(Field::VLAN_VID, 5)), "vlan_vid without the present bit 5 is out of range");
    let half = FieldSlice::new(Field::REG0, 0, 16).unwrap();
    assert_eq!(error(Action::copy(half, FieldSlice::whole(Field::REG1))), "16 bits cannot be copied to 32");
    assert_eq!(FieldSlice::new(Field::REG0, 20, 13).unwrap_err().to_string(), "reg0: no bits 20..33");
    assert_eq!(FieldSlice::new(Field::REG0, 3, 0).unwrap_err().to_string(), "reg0: no bits 3..3");
    assert_eq!(
        SelectionMethod::named("a name too long", 0).map(|method| method.name().to_owned()),
        Ok("a name too long".to_owned())
    );
    assert_eq!(
        SelectionMethod::named("a name too long!", 0).unwrap_err().to_string(),
        "selection method `a name too long!` is longer than 15 bytes"
    );
}

#[test]
fn a_message_over_64_kib_is_refused_and_leaves_nothing() {
    let mut out = bytes::BytesMut::from(&b"before"[..]);
    let data = vec![0; 65_528];
    let error = Message::EchoRequest(data.into()).encode(1, &mut out).unwrap_err();
    assert_eq!(error, EncodeError { length: 65_536 });
    assert_eq!(&out[..], b"before");
    let fits = vec![0; 65_527];
    Message::EchoRequest(fits.into()).encode(1, &mut out).unwrap();
    assert_eq!(out.len(), 6 + 65_535);

    let huge = vec![Action::note(&[7; 60_000]); 3];
    let flow = Flow::new(0, 1, Match::any(), Instructions::apply(huge));
    assert!(Message::FlowMod(FlowMod::add(flow)).to_bytes(1).is_err());
}

#[test]
fn a_large_dump_is_split_into_frames() {
    assert_eq!(
        MultipartReply::of_flows([]),
        [MultipartReply { more: false, body: MultipartReplyBody::Flows(Vec::new()) }]
    );
    let sample = samples::flows().remove(5);
    let installed =
        |n| InstalledFlow { flow: sample.clone().with_cookie(n), importance: 0, stats: FlowStats::default() };
    let flows: Vec<InstalledFlow> = (0..3000).map(installed).collect();
    let replies = MultipartReply::of_flows(flows.clone());
    let more: Vec<bool> = replies.iter().map(|reply| reply.more).collect();
    assert!(more.len() > 2);
    assert_eq!(more.iter().position(|more| !more), Some(more.len() - 1));
    let back = replies.into_iter().flat_map(|reply| match there_and_back(&Message::MultipartReply(reply)) {
        Message::MultipartReply(MultipartReply { body: MultipartReplyBody::Flows(flows), .. }) => flows,
        other => panic!("{other:?}"),
    });
    assert_eq!(back.collect::<Vec<_>>(), flows);
}

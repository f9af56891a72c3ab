//! Samples of every field, action and message.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use openflow::*;

/// What stands for a field in the samples: a value of its width.
pub fn sample_value(field: Field) -> u128 {
    let spec = field.spec();
    match field {
        Field::PACKET_TYPE => 0x0001_0800,
        Field::IN_PORT | Field::IN_PORT_16 | Field::ACTSET_OUTPUT => 11,
        Field::ETH_TYPE => 0x88cc,
        Field::VLAN_VID => 0x1000 | 42,
        Field::VLAN_TCI => 0x702a,
        Field::CT_STATE => 0x21,
        Field::NW_TOS => 0x40,
        Field::ARP_OP => 2,
        Field::IP_PROTO => 47,
        Field::ND_OPTIONS_TYPE => 1,
        Field::ICMPV6_TYPE => 128,
        Field::NSH_MDTYPE => 1,
        Field::NSH_TTL => 63,
        Field::IP_FRAG => 1,
        Field::TUN_FLAGS => 1,
        _ if field.is_variable() => 0x0001_0002,
        _ if mask_is_lost(field) => (1 << spec.bits) - 1,
        _ => 0x5a01_0203_0405_0607_0809_0a0b_0c0d_0e0f & (u128::MAX >> (128 - u32::from(spec.bits))),
    }
}

/// Adds what a field needs besides it.
pub fn with_ground(builder: MatchBuilder, prerequisite: Prerequisite) -> MatchBuilder {
    let ip = |builder: MatchBuilder, protocol| builder.eth_type(0x0800).ip_proto(protocol);
    let icmpv6 = |builder: MatchBuilder, kind| {
        let builder = builder.eth_type(0x86dd).ip_proto(58);
        builder.field(Field::ICMPV6_TYPE, kind).field(Field::ICMPV6_CODE, 0)
    };
    match prerequisite {
        Prerequisite::None | Prerequisite::Ethernet => builder,
        Prerequisite::Vlan => builder.vlan_vid(7),
        Prerequisite::Mpls => builder.eth_type(0x8847),
        Prerequisite::Ipv4 | Prerequisite::Ip => builder.eth_type(0x0800),
        Prerequisite::Ipv6 => builder.eth_type(0x86dd),
        Prerequisite::Arp => builder.eth_type(0x0806),
        Prerequisite::Tcp => ip(builder, 6),
        Prerequisite::Udp => ip(builder, 17),
        Prerequisite::Sctp => ip(builder, 132),
        Prerequisite::Icmpv4 => ip(builder, 1),
        Prerequisite::Icmpv6 => builder.eth_type(0x86dd).ip_proto(58),
        Prerequisite::Nd | Prerequisite::NdSolicit => icmpv6(builder, 135),
        Prerequisite::NdAdvert => icmpv6(builder, 136),
        Prerequisite::Ct => {
            builder.eth_type(0x0800).masked(Field::CT_STATE, 0x21, 0x21).field(Field::CT_NW_PROTO, 6)
        }
        Prerequisite::Nsh => builder.eth_type(0x894f),
    }
}

/// Fields a bridge refuses, for lack of support in its datapath or because they are not for controllers.
fn unsupported(field: Field) -> bool {
    matches!(field, Field::PACKET_TYPE | Field::RECIRC_ID | Field::DP_HASH)
}

/// Fields of which Open vSwitch 3.1 stores the value in place of the mask; only all ones survives that.
pub fn mask_is_lost(field: Field) -> bool {
    matches!(
        field,
        Field::TUN_ERSPAN_VER
            | Field::TUN_ERSPAN_DIR
            | Field::TUN_ERSPAN_HWID
            | Field::TUN_GTPU_FLAGS
            | Field::TUN_GTPU_MSGTYPE
    )
}

/// A match on each field, exact and where possible masked.
pub fn matches() -> Vec<Match> {
    let mut all = vec![Match::any()];
    for field in Field::all().filter(|&field| !unsupported(field)) {
        let prerequisite = field.spec().prerequisite;
        if field == Field::CT_NW_PROTO {
            all.push(with_ground(Match::builder(), prerequisite).build().unwrap());
            continue;
        }
        let value = sample_value(field);
        let ground = || match field {
            Field::CT_IPV6_SRC | Field::CT_IPV6_DST => {
                Match::builder().eth_type(0x86dd).masked(Field::CT_STATE, 0x22, 0x22)
            }
            _ => with_ground(Match::builder(), prerequisite),
        };
        all.push(ground().field(field, value).build().unwrap());
        if field.spec().masking == Masking::Bitwise && !matches!(field, Field::VLAN_TCI | Field::IP_FRAG) {
            // Every other bit of the value and one that is zero.
            let mask = value & 0x5555_5555_5555_5555_5555_5555_5555_5555 | 1;
            all.push(ground().masked(field, value & mask, mask).build().unwrap());
        }
    }
    let cidr = Match::builder().eth_type(0x0800).ipv4_dst(Ipv4Addr::new(10, 1, 0, 0), 16);
    all.push(cidr.build().unwrap());
    let six = Match::builder().eth_type(0x86dd).ipv6_src("fd00:1::".parse().unwrap(), 64);
    all.push(six.build().unwrap());
    all.push(Match::builder().no_vlan().build().unwrap());
    all.push(Match::builder().masked(Field::VLAN_VID, 0x1000, 0x1000).build().unwrap());
    all.push(Match::builder().masked(Field::VLAN_TCI, 0x1000, 0x1000).eth_type(0x0806).build().unwrap());
    for frag in [(0, 1), (1, 1), (3, 3), (0, 3), (0, 2)] {
        let frag = Match::builder().eth_type(0x0800).masked(Field::IP_FRAG, frag.0, frag.1);
        all.push(frag.build().unwrap());
    }
    all.push(Match::builder().masked(Field::CT_STATE, 0x2a, 0x3f).build().unwrap());
    all.push(Match::builder().eth_type(0x86dd).ip_proto(6).field(Field::TCP_FLAGS, 0x12).build().unwrap());
    all.push(Match::builder().tun_id(5).octets(Field::TUN_METADATA1, &[1; 16], None).build().unwrap());
    all.push(Match::builder().tun_id(6).octets(Field::TUN_METADATA2, &[7; 20], None).build().unwrap());
    all.sort();
    all.dedup();
    all
}

/// Geneve options the samples use: all four bytes but two.
pub fn tlv_mappings() -> Vec<TlvMapping> {
    (0..40)
        .map(|index| TlvMapping {
            class: 0x0102,
            kind: 0x80 + index as u8,
            length: match index {
                1 => 16,
                2 => 20,
                _ => 4,
            },
            index,
        })
        .collect()
}

/// An action of every kind, with the match it needs.
pub fn actions() -> Vec<(Prerequisite, Vec<Action>)> {
    let slice = |field, offset, bits| FieldSlice::new(field, offset, bits).unwrap();
    let whole = FieldSlice::whole;
    let none = |action| (Prerequisite::None, vec![action]);
    let mut all = vec![
        none(Action::output(PortNo(11))),
        none(Action::output(PortNo::IN_PORT)),
        none(Action::output(PortNo::NORMAL)),
        none(Action::output(PortNo::FLOOD)),
        none(Action::output(PortNo::ALL)),
        none(Action::output(PortNo::LOCAL)),
        none(Action::Output(Output { port: PortNo::CONTROLLER, max_len: 128 })),
        none(Action::Output(Output { port: PortNo::CONTROLLER, max_len: u16::MAX })),
        none(Action::OutputField { source: whole(Field::REG15), max_len: 0 }),
        none(Action::OutputField { source: slice(Field::REG15, 4, 16), max_len: 100 }),
        none(Action::OutputField { source: slice(Field::XREG1, 4, 16), max_len: 100 }),
        none(Action::OutputTruncated { port: 11, max_len: 64 }),
        none(Action::PushVlan(0x8100)),
        (Prerequisite::Vlan, vec![Action::PopVlan]),
        (Prerequisite::Ipv4, vec![Action::PushMpls(0x8847)]),
        (Prerequisite::Mpls, vec![Action::PopMpls(0x0800)]),
        (Prerequisite::Ip, vec![Action::DecTtl]),
        (Prerequisite::Ip, vec![Action::DecTtlNotify(vec![1, 2, 9])]),
        (Prerequisite::Ip, vec![Action::SetTtl(64)]),
        (Prerequisite::Mpls, vec![Action::SetMplsTtl(63), Action::DecMplsTtl]),
        (Prerequisite::Tcp, vec![Action::FinTimeout { idle: 5, hard: 0 }]),
        (Prerequisite::Tcp, vec![Action::FinTimeout { idle: 5, hard: 10 }]),
        none(Action::SetQueue(7)),
        none(Action::PopQueue),
        none(Action::resubmit_table(32)),
        none(Action::Resubmit(Resubmit { in_port: Some(11), table: Some(3), with_ct_tuple: false })),
        none(Action::Resubmit(Resubmit { in_port: Some(11), table: None, with_ct_tuple: false })),
        (
            Prerequisite::Ct,
            vec![Action::Resubmit(Resubmit { in_port: None, table: Some(3), with_ct_tuple: true })],
        ),
        none(Action::copy(slice(Field::REG1, 0, 16), slice(Field::REG2, 16, 16)).unwrap()),
        none(Action::copy(whole(Field::XXREG1), whole(Field::XXREG0)).unwrap()),
        none(Action::copy(whole(Field::METADATA), whole(Field::XREG3)).unwrap()),
        none(Action::copy(whole(Field::IN_PORT_16), slice(Field::REG14, 0, 16)).unwrap()),
        none(Action::copy(whole(Field::IN_PORT), whole(Field::REG14)).unwrap()),
        none(Action::copy(whole(Field::TUN_METADATA0), whole(Field::REG0)).unwrap()),
        none(Action::copy(whole(Field::ETH_SRC), whole(Field::ETH_DST)).unwrap()),
        (
            Prerequisite::Arp,
            vec![
                Action::copy(whole(Field::ARP_SHA), whole(Field::ARP_THA)).unwrap(),
                Action::output(PortNo::IN_PORT),
            ],
        ),
        none(Action::Push(whole(Field::REG5))),
        none(Action::Pop(slice(Field::REG5, 3, 7))),
        none(Action::CtClear),
        none(Action::Clone(vec![Action::set(Field::REG1, 9).unwrap(), Action::resubmit_table(40)])),
        none(Action::Clone(vec![Action::Clone(vec![Action::output(PortNo(12))])])),
        none(Action::note(b"rule 17: acl \"web\"")),
        none(Action::note(b"")),
        none(Action::CheckPacketLarger(CheckPacketLarger {
            length: 1514,
            destination: slice(Field::REG9, 1, 1),
        })),
        none(Action::DeleteField { field: Field::TUN_METADATA0, bytes: 4 }),
        none(Action::Sample(Sample {
            probability: 65535,
            collector_set: 1,
            domain: 2,
            point: 3,
            port: u16::MAX,
            direction: 0,
        })),
        none(Action::Sample(Sample {
            probability: 1,
            collector_set: 1,
            domain: 2,
            point: 3,
            port: 11,
            direction: 1,
        })),
        none(Action::Exit),
        none(Action::Meter(3)),
        none(Action::Group(7)),
        (
            Prerequisite::None,
            vec![
                Action::Conjunction(Conjunction { id: 10, clause: 0, n_clauses: 2 }),
                Action::Conjunction(Conjunction { id: 11, clause: 1, n_clauses: 3 }),
            ],
        ),
    ];
    all.extend(hashes().into_iter().map(none));
    all.extend(controllers().into_iter().map(|c| none(Action::Controller(Box::new(c)))));
    all.extend(learns().into_iter().map(|l| (Prerequisite::Tcp, vec![Action::Learn(Box::new(l))])));
    all.extend(connection_trackings().into_iter().map(|ct| {
        let prerequisite = match ct.alg {
            21 => Prerequisite::Tcp,
            69 => Prerequisite::Udp,
            _ => Prerequisite::Ipv4,
        };
        (prerequisite, vec![Action::Ct(Box::new(ct))])
    }));
    all.push((
        Prerequisite::Ipv6,
        vec![Action::Ct(Box::new(Ct {
            commit: true,
            zone: CtZone::Immediate(3),
            actions: vec![Action::Nat(Nat {
                kind: Some(NatKind::Destination),
                addresses: NatAddresses::V6("fd00::1".parse().unwrap(), Some("fd00::9".parse().unwrap())),
                ports: Some((80, 0)),
                random: true,
                ..Nat::default()
            })],
            ..Ct::default()
        }))],
    ));
    all.extend(set_fields());
    all
}

fn hashes() -> Vec<Action> {
    let link = FieldSlice::new(Field::REG0, 0, 8).unwrap();
    let multipath = |fields, algorithm| {
        let (basis, max_link, argument) = (50, 3, 7);
        Action::Multipath(Box::new(Multipath {
            fields,
            basis,
            algorithm,
            max_link,
            argument,
            destination: link,
        }))
    };
    let bundle = |fields, algorithm, destination, members| {
        Action::PortBundle(Box::new(PortBundle { fields, basis: 7, algorithm, destination, members }))
    };
    use {HashFields as Hash, MultipathAlgorithm as Way, PortBundleAlgorithm as Choice};
    vec![
        multipath(Hash::EthernetSource, Way::ModuloN),
        multipath(Hash::SymmetricL4, Way::HashThreshold),
        multipath(Hash::SymmetricL3L4, Way::HighestRandomWeight),
        multipath(Hash::SymmetricL3L4Udp, Way::IterativeHash),
        bundle(Hash::NetworkSource, Choice::HighestRandomWeight, None, vec![11, 12]),
        bundle(Hash::NetworkDestination, Choice::ActiveBackup, None, vec![11, 12, 11, 12, 11]),
        bundle(
            Hash::SymmetricL3,
            Choice::HighestRandomWeight,
            Some(FieldSlice::whole(Field::REG1)),
            vec![12],
        ),
    ]
}

fn controllers() -> Vec<Controller> {
    vec![
        Controller::default(),
        Controller { id: 9, userdata: b"dhcp".to_vec(), pause: true, ..Controller::default() },
        Controller {
            max_len: 64,
            reason: PacketInReason::INVALID_TTL,
            meter: Some(3),
            ..Controller::default()
        },
    ]
}

fn learns() -> Vec<Learn> {
    let slice = |field, offset, bits| FieldSlice::new(field, offset, bits).unwrap();
    let whole = FieldSlice::whole;
    let specs = vec![
        LearnSpec::Match { field: whole(Field::ETH_TYPE), source: LearnSource::Immediate(0x0800) },
        LearnSpec::Match { field: whole(Field::IP_PROTO), source: LearnSource::Immediate(6) },
        LearnSpec::Match {
            field: whole(Field::METADATA),
            source: LearnSource::Field(whole(Field::METADATA)),
        },
        LearnSpec::Match { field: whole(Field::IP_DST), source: LearnSource::Field(whole(Field::IP_SRC)) },
        LearnSpec::Match { field: slice(Field::REG1, 0, 12), source: LearnSource::Immediate(0xabc) },
        LearnSpec::Load { field: slice(Field::REG2, 4, 4), source: LearnSource::Immediate(5) },
        LearnSpec::Load { field: whole(Field::REG10), source: LearnSource::Field(whole(Field::IP_DST)) },
        LearnSpec::Output(whole(Field::IN_PORT_16)),
    ];
    vec![
        Learn { table: 70, priority: 100, idle_timeout: 30, specs, ..Learn::default() },
        Learn {
            table: 71,
            priority: 0x8000,
            hard_timeout: 300,
            fin_idle_timeout: 5,
            fin_hard_timeout: 6,
            cookie: 0x1234,
            send_flow_removed: true,
            delete_learned: true,
            limit: 1000,
            result: Some(slice(Field::REG0, 3, 1)),
            specs: vec![LearnSpec::Match {
                field: whole(Field::ETH_DST),
                source: LearnSource::Field(whole(Field::ETH_SRC)),
            }],
            ..Learn::default()
        },
    ]
}

fn connection_trackings() -> Vec<Ct> {
    let v4 =
        |a, b| NatAddresses::V4(Ipv4Addr::new(192, 0, 2, a), (b != 0).then(|| Ipv4Addr::new(192, 0, 2, b)));
    let nat = |nat| vec![Action::Nat(nat)];
    let mark = Action::SetField(SetField::masked(Field::CT_MARK, 1, 1).unwrap());
    let label = Action::SetField(SetField::masked(Field::CT_LABEL, 5 << 64, 0xff << 64).unwrap());
    let source = Nat { kind: Some(NatKind::Source), ..Nat::default() };
    vec![
        Ct { table: Some(1), zone: CtZone::Immediate(7), ..Ct::default() },
        Ct {
            table: Some(1),
            zone: CtZone::Field(FieldSlice::new(Field::REG13, 0, 16).unwrap()),
            ..Ct::default()
        },
        Ct { commit: true, ..Ct::default() },
        Ct { commit: true, force: true, alg: 21, ..Ct::default() },
        Ct { commit: true, alg: 69, zone: CtZone::Immediate(1), ..Ct::default() },
        Ct { commit: true, actions: vec![mark.clone(), label.clone()], ..Ct::default() },
        Ct { table: Some(5), actions: nat(Nat::default()), ..Ct::default() },
        Ct { commit: true, actions: nat(source), ..Ct::default() },
        Ct { commit: true, actions: nat(Nat { addresses: v4(1, 0), ..source }), ..Ct::default() },
        Ct {
            commit: true,
            actions: nat(Nat { addresses: v4(1, 1), ports: Some((80, 80)), ..source }),
            ..Ct::default()
        },
        Ct {
            commit: true,
            actions: nat(Nat { addresses: v4(1, 9), ports: Some((1024, 65535)), hash: true, ..source }),
            ..Ct::default()
        },
        Ct {
            commit: true,
            table: Some(9),
            actions: vec![
                Action::Nat(Nat {
                    kind: Some(NatKind::Destination),
                    addresses: v4(4, 0),
                    ports: Some((80, 0)),
                    persistent: true,
                    ..Nat::default()
                }),
                mark,
                label,
            ],
            ..Ct::default()
        },
    ]
}

/// Each field that can be set, whole and where the switch allows it in part.
fn set_fields() -> Vec<(Prerequisite, Vec<Action>)> {
    let mut all = Vec::new();
    for field in Field::all() {
        // Connection fields are only set inside ct, and NSH needs its encapsulation.
        let spec = field.spec();
        let elsewhere =
            matches!(field, Field::CT_MARK | Field::CT_LABEL) || spec.prerequisite == Prerequisite::Nsh;
        if spec.access == Access::ReadOnly || elsewhere {
            continue;
        }
        let value = match field {
            Field::VLAN_TCI => 0x302a,
            // A set field of a longer option is made below.
            Field::TUN_METADATA1 | Field::TUN_METADATA2 => continue,
            _ => sample_value(field),
        };
        let prerequisite = if field == Field::VLAN_VID { Prerequisite::Vlan } else { spec.prerequisite };
        all.push((prerequisite, vec![Action::set(field, value).unwrap()]));
        if spec.masking == Masking::Bitwise && field != Field::VLAN_VID {
            let mask = value & 0x5555_5555_5555_5555_5555_5555_5555_5555 | 1;
            let part = SetField::masked(field, value & mask, mask).unwrap();
            all.push((prerequisite, vec![Action::SetField(part)]));
        }
    }
    let option = SetField::option(Field::TUN_METADATA1, 16, 0x0102_0304 << 96, u128::MAX).unwrap();
    all.push((Prerequisite::None, vec![Action::SetField(option)]));
    all
}

/// Flows with every match, every action, every instruction; their keys differ.
pub fn flows() -> Vec<Flow> {
    let mut flows = Vec::new();
    for (n, matching) in matches().into_iter().enumerate() {
        let forward = Instructions::apply(vec![Action::resubmit_table(2)]);
        flows.push(Flow::new(1, 1000 + n as u16, matching, forward).with_cookie(n as u64));
    }
    for (n, (prerequisite, actions)) in actions().into_iter().enumerate() {
        let matching = with_ground(Match::builder(), prerequisite).build().unwrap();
        flows.push(Flow::new(2, 100 + n as u16, matching, Instructions::apply(actions)));
    }
    flows.extend(instruction_flows());
    flows
}

fn instruction_flows() -> Vec<Flow> {
    let set = |n| Action::set(Field::REG0, n).unwrap();
    let all = Instructions {
        apply: vec![set(1)],
        clear: true,
        write: vec![set(2), Action::output(PortNo(11))],
        metadata: Some(WriteMetadata { value: 0x50, mask: 0xff }),
        goto_table: Some(9),
    };
    let metered = Instructions::apply(vec![Action::Meter(3), set(3), Action::output(PortNo(12))]);
    let many = Instructions::apply(vec![set(1), Action::Meter(3), Action::Group(7), Action::CtClear, set(9)]);
    let whole = Some(WriteMetadata { value: 5, mask: u64::MAX });
    [
        Instructions::default(),
        all,
        metered,
        many,
        Instructions { goto_table: Some(200), ..Instructions::default() },
        Instructions { metadata: whole, ..Instructions::default() },
        Instructions { clear: true, ..Instructions::default() },
    ]
    .into_iter()
    .enumerate()
    .map(|(n, instructions)| Flow {
        idle_timeout: if n == 1 { 3000 } else { 0 },
        hard_timeout: if n == 2 { 4000 } else { 0 },
        flags: if n == 3 { FlowFlags::SEND_FLOW_REMOVED } else { FlowFlags::NONE },
        ..Flow::new(3, if n == 4 { 0x8000 } else { n as u16 }, Match::any(), instructions)
    })
    .collect()
}

/// Groups of every kind; the flows above use number 7.
pub fn groups() -> Vec<Group> {
    let out = |port| vec![Action::output(PortNo(port))];
    let weighted = |id, weight, port| Bucket { weight, ..Bucket::new(id, out(port)) };
    let select = |id, selection| Group {
        id,
        kind: GroupType::Select,
        selection,
        buckets: vec![weighted(0, 100, 11), weighted(1, 1, 12)],
    };
    vec![
        select(7, Some(SelectionMethod::dp_hash(0))),
        select(8, Some(SelectionMethod::hash([Field::IP_DST, Field::IP_PROTO, Field::IP_SRC]))),
        select(9, Some(SelectionMethod::hash([Field::ETH_DST]))),
        select(10, None),
        Group {
            id: 11,
            kind: GroupType::All,
            selection: None,
            buckets: vec![
                Bucket::new(0, out(11)),
                Bucket::new(1, vec![Action::set(Field::REG1, 1).unwrap()]),
            ],
        }
        .canonical(),
        Group { id: 12, kind: GroupType::Indirect, selection: None, buckets: vec![Bucket::new(0, out(11))] }
            .canonical(),
        Group {
            id: 13,
            kind: GroupType::FastFailover,
            selection: None,
            buckets: vec![
                Bucket { watch_port: Some(PortNo(11)), ..Bucket::new(0, out(11)) },
                Bucket { watch_group: Some(12), ..Bucket::new(1, out(12)) },
            ],
        }
        .canonical(),
    ]
}

pub fn meter() -> Meter {
    Meter { id: 3, flags: MeterFlags::KBPS.union(MeterFlags::BURST), bands: vec![MeterBand::drop(1000, 100)] }
}

pub fn packet_out() -> PacketOut {
    let metadata = Match::builder().in_port(PortNo(11)).metadata(5).field(Field::REG0, 3);
    PacketOut {
        metadata: metadata.build().unwrap(),
        actions: vec![Action::output(PortNo::TABLE)],
        data: [vec![0xff; 6], vec![0x0a, 0, 0, 0, 0, 1, 0x88, 0xb5], vec![0; 46]].concat(),
    }
}

pub fn packet_in() -> PacketIn {
    let metadata = Match::builder().in_port(PortNo(11)).metadata(5).field(Field::REG0, 3);
    PacketIn {
        packet: vec![0xab; 61],
        full_len: Some(1500),
        buffer_id: None,
        table: 4,
        cookie: Some(0xabc),
        reason: PacketInReason::ACTION,
        metadata: metadata.build().unwrap(),
        userdata: b"dhcp".to_vec(),
        continuation: None,
    }
}

/// What a switch might note: alignment, then its bridge and the table to go on with.
fn continuation() -> Vec<u8> {
    let bridge = [[0x80, 0, 0, 20].as_slice(), &[0xb1; 16], &[0; 4]].concat();
    [&[0; 4], bridge.as_slice(), &[0x80, 4, 0, 5, 9, 0, 0, 0]].concat()
}

pub fn ct_flush() -> CtFlush {
    CtFlush {
        ip_proto: 6,
        zone: Some(7),
        original: CtTuple {
            source: Some(IpAddr::from([10, 0, 0, 1])),
            destination: Some("10.0.0.2".parse().unwrap()),
            destination_port: Some(80),
            ..CtTuple::default()
        },
        reply: CtTuple { source: Some("10.0.0.2".parse().unwrap()), ..CtTuple::default() },
    }
}

/// One message of every kind, of both directions, by name.
pub fn messages() -> Vec<(&'static str, Message)> {
    let flow = flows().into_iter().nth(5).unwrap();
    let stats = FlowStats { duration: Some((3, 500)), idle: Some(1), packets: Some(7), bytes: Some(420) };
    let bundle = Bundle::new(9);
    let link =
        EthernetLink { current: 0x840, supported: 0x860, current_speed: 10_000, ..EthernetLink::default() };
    let port = Port {
        number: PortNo(11),
        address: [2, 0, 0, 0, 0, 1],
        name: "vif1".to_owned(),
        config: 0,
        state: Port::LIVE,
        ethernet: Some(link),
        other: Vec::new(),
    };
    let reply = |body: MultipartReplyBody| Message::MultipartReply(body.into());
    let request = |body: MultipartRequestBody| Message::MultipartRequest(body.into());
    let flags = FlowMonitorFlags::ADD.union(FlowMonitorFlags::INSTRUCTIONS);
    let monitor = FlowMonitorRequest { table: Some(12), ..FlowMonitorRequest::all(1, flags) };
    let flow_update = FlowUpdate::Flow { event: FlowUpdateEvent::Added, flow: flow.clone() };
    let role = RoleState { role: Role::Primary, generation: 7 };
    let description = SwitchDescription {
        manufacturer: "Nicira, Inc.".to_owned(),
        hardware: "Open vSwitch".to_owned(),
        software: "3.1.0".to_owned(),
        serial: "hv1".to_owned(),
        datapath: "weir:hv1".to_owned(),
    };
    let fault =
        Fault { kind: FaultKind::Standard { kind: 4, code: 9 }, data: vec![6, 14, 0, 56, 0, 0, 0, 1] };
    let tlv = TlvTableMod { command: TlvTableCommand::Add, mappings: tlv_mappings()[..2].to_vec() };
    let table = TlvTable { max_option_space: 256, max_fields: 64, mappings: tlv_mappings()[..1].to_vec() };
    let features =
        Features { datapath_id: 0xa1, n_buffers: 0, n_tables: 254, auxiliary_id: 0, capabilities: 0x4f };
    let removed = FlowRemoved {
        table: 3,
        reason: FlowRemovedReason::DELETE,
        priority: 9,
        idle_timeout: 1,
        hard_timeout: 2,
        cookie: 5,
        matching: flow.matching.clone(),
        stats,
    };
    let mut all = vec![
        ("hello", Message::Hello(Hello::OPENFLOW_15)),
        ("error", Message::Error(fault)),
        (
            "error_nicira",
            Message::Error(Fault { kind: FaultKind::TLV_IN_USE, data: vec![6, 4, 0, 16, 0, 0, 0, 1] }),
        ),
        ("echo_request", Message::EchoRequest(Bytes::from_static(b"ping"))),
        ("echo_reply", Message::EchoReply(Bytes::from_static(b"ping"))),
        ("features_request", Message::FeaturesRequest),
        ("features_reply", Message::FeaturesReply(features)),
        ("get_config_request", Message::GetConfigRequest),
        ("get_config_reply", Message::GetConfigReply(SwitchConfig::WHOLE_PACKETS)),
        ("set_config", Message::SetConfig(SwitchConfig::WHOLE_PACKETS)),
        ("flow_removed", Message::FlowRemoved(removed)),
        (
            "port_status",
            Message::PortStatus(PortStatus { reason: PortStatusReason::Add, port: port.clone() }),
        ),
        ("packet_out", Message::PacketOut(packet_out())),
        ("flow_mod", Message::FlowMod(FlowMod::add(flow.clone()))),
        ("flow_mod_delete_strict", Message::FlowMod(FlowMod::delete_strict(flow.key()))),
        ("group_mod", Message::GroupMod(GroupMod::add_or_modify(groups().remove(1)))),
        ("meter_mod", Message::MeterMod(MeterMod::add(meter()))),
        ("meters_request", request(MultipartRequestBody::Meters(None))),
        ("meters_reply", reply(MultipartReplyBody::Meters(vec![meter()]))),
        ("description_request", request(MultipartRequestBody::Description)),
        ("description_reply", reply(MultipartReplyBody::Description(description))),
        ("flows_request", request(MultipartRequestBody::Flows(FlowFilter::all()))),
        (
            "flows_reply",
            reply(MultipartReplyBody::Flows(vec![InstalledFlow {
                flow: flow.clone(),
                importance: 0,
                stats,
            }])),
        ),
        ("groups_request", request(MultipartRequestBody::Groups(None))),
        ("groups_reply", reply(MultipartReplyBody::Groups(groups()))),
        ("ports_request", request(MultipartRequestBody::Ports(None))),
        ("ports_reply", reply(MultipartReplyBody::Ports(vec![port]))),
        ("monitor_request", request(MultipartRequestBody::FlowMonitor(vec![monitor]))),
        ("monitor_cancel", request(MultipartRequestBody::FlowMonitor(vec![FlowMonitorRequest::cancel(1)]))),
        (
            "monitor_reply",
            reply(MultipartReplyBody::FlowMonitor(vec![flow_update, FlowUpdate::Own { xid: 3 }])),
        ),
        ("barrier_request", Message::BarrierRequest),
        ("barrier_reply", Message::BarrierReply),
        ("role_request", Message::RoleRequest(role)),
        ("role_reply", Message::RoleReply(role)),
        ("bundle_open", bundle.open()),
        ("bundle_add", bundle.add(FlowMod::add(flow))),
        ("bundle_commit", bundle.commit()),
        ("set_packet_in_format", Message::SetPacketInFormat(PacketInFormat::Nicira2)),
        ("set_controller_id", Message::SetControllerId(9)),
        ("tlv_table_mod", Message::TlvTableMod(tlv)),
        ("tlv_table_request", Message::TlvTableRequest),
        ("tlv_table_reply", Message::TlvTableReply(table)),
        ("packet_in", Message::StandardPacketIn(PacketIn { userdata: Vec::new(), ..packet_in() })),
        ("packet_in2", Message::PacketIn(packet_in())),
        ("resume", Message::Resume(PacketIn { continuation: Some(continuation()), ..packet_in() })),
        ("ct_flush_zone", Message::CtFlushZone(7)),
        ("ct_flush", Message::CtFlush(ct_flush())),
    ];
    all.extend(super::management::messages());
    all
}

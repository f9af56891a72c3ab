//! What rules write as values, a switch can hold.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use weir_engine::compile::compile_text;
use weir_engine::engine::{Config, Engine};
use weir_shim::flow::FlowReader;

/// The records of an output relation that `facts`, rules without a body, make; in order.
fn records(relation: &str, facts: &str) -> Vec<weir_engine::value::Value> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let text = format!("import openflow\n{facts}");
    let compiled = compile_text("main.dl", &text, &[rules]);
    let (program, _) = compiled.map_err(|(_, diagnostics)| diagnostics).unwrap();
    let engine = Engine::new(program, Config::default()).unwrap();
    let commit = engine.initial();
    let delta = commit.deltas.iter().find(|delta| &*delta.name == relation).unwrap();
    delta.changes.iter().map(|(record, _)| record).collect()
}

fn flow(matching: &str, actions: &str) -> Result<String, String> {
    let fact = format!("Flow(Everywhere, 9, 7, [{matching}], [{actions}], 0).");
    let records = records("openflow::Flow", &fact);
    let read = FlowReader::default().flow(&records[0]);
    read.map(|flow| flow.to_string()).map_err(|error| format!("{fact}: {error}"))
}

#[test]
fn every_action_is_what_ovs_ofctl_prints() {
    let cases = [
        ("OutputTo{Bits{Reg{3}, 0, 16}}", "output:NXM_NX_REG3[0..15]"),
        ("ResubmitAs{3, 12}, Resubmit{4}", "resubmit(3,12),resubmit(,4)"),
        (
            "Push{Bits{Reg{1}, 0, 8}}, Pop{Bits{Reg{2}, 8, 8}}",
            "push:NXM_NX_REG1[0..7],pop:NXM_NX_REG2[8..15]",
        ),
        (
            "PushVlan{16'h8100}, SetField{Exactly{VlanVid, 128'h1005}}",
            "push_vlan:0x8100,set_field:4101->vlan_vid",
        ),
        ("PopVlan, SetQueue{3}, PopQueue", "pop_vlan,set_queue:3,pop_queue"),
        ("ToMeter{4}, ToGroup{9}, CtClear", "meter:4,group:9,ct_clear"),
        ("Conjunction{77, 1, 3}, Note{[1, 2]}", "conjunction(77,2/3),note:01.02.00.00.00.00"),
        (
            "Ct{CtOf{ZoneIn{Bits{Reg{13}, 0, 16}}, Track, Some{8'd12}, Some{NatOfConnection}, [], 0}}",
            "ct(table=12,zone=NXM_NX_REG13[0..15],nat)",
        ),
        (
            "Ct{CtOf{ZoneNumber{5}, Commit, None, Some{NatSource{Ipv4Range{32'h0a000001, 32'h0a000002}, \
             PortRange{1000, 2000}, AtRandom}}, [SetField{Masked{CtMark, 1, 1}}], 21}}",
            "ct(commit,zone=5,nat(src=10.0.0.1-10.0.0.2:1000-2000,random),\
             exec(set_field:0x1/0x1->ct_mark),alg=ftp)",
        ),
        (
            "Ct{CtOf{ZoneNumber{5}, CommitAnew, None, Some{NatDestination{Ipv6Range{1, 1}, PortRange{80, 80}, \
             BySwitch}}, [Move{Bits{EthSrc, 0, 48}, Bits{CtLabel, 32, 48}}], 0}}",
            "ct(commit,force,zone=5,nat(dst=[::1]:80),exec(move:NXM_OF_ETH_SRC[]->NXM_NX_CT_LABEL[32..79]))",
        ),
        (
            "ToController{Punt{[1, 255], true, Some{32'd6}, 16'hffff}}",
            "controller(userdata=01.ff,pause,meter_id=6)",
        ),
        ("CheckPacketLarger{1500, Bits{Reg{9}, 1, 1}}", "check_pkt_larger(1500)->NXM_NX_REG9[1]"),
        (
            "Learn{Learned{71, 100, 5, 30, 0, [LearnMatch{Bits{EthDst, 0, 48}, FromPacket{Bits{EthSrc, 0, 48}}}, \
             LearnLoad{Bits{Reg{15}, 0, 16}, Constant{7}}, LearnOutput{Bits{InPort, 0, 32}}]}}",
            "learn(table=71,idle_timeout=30,priority=100,cookie=0x5,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],\
             load:0x7->NXM_NX_REG15[0..15],output:OXM_OF_IN_PORT[])",
        ),
        ("DeleteField{TunMetadata{0}}", "delete_field:tun_metadata0"),
        ("Clone{[DecTtl, Output{2}]}", "clone(dec_ttl,output:2)"),
    ];
    let expected = cases.map(|(_, printed)| Ok(format!("table=9, priority=7 actions={printed}")));
    assert_eq!(cases.map(|(actions, _)| flow("", actions)), expected);
}

#[test]
fn every_slot_is_a_field() {
    // What has no prerequisites, and what has some, by what they are.
    let matches = [
        "Exactly{InPort, 1}, Exactly{Metadata, 1}, Exactly{Reg{15}, 1}, Exactly{PktMark, 1}, Exactly{ConjId, 1}",
        "Exactly{Xreg{7}, 1}, Exactly{Xxreg{1}, 1}",
        "Exactly{TunId, 1}, Exactly{TunSrc, 1}, Exactly{TunDst, 1}, Exactly{TunFlags, 1}, Exactly{TunMetadata{0}, 1}",
        "Exactly{TunIpv6Src, 1}, Exactly{TunIpv6Dst, 1}",
        "Masked{CtState, 128'h22, 128'h23}, Exactly{CtZone, 1}, Exactly{CtMark, 1}, Exactly{CtLabel, 1}",
        "Exactly{EthType, 128'h800}, Exactly{CtState, 32}, Exactly{CtNwSrc, 1}, Exactly{CtNwDst, 1}, Exactly{CtNwProto, 6}, \
         Exactly{CtTpSrc, 1}, Exactly{CtTpDst, 1}",
        "Exactly{EthType, 128'h86dd}, Exactly{CtState, 32}, Exactly{CtIpv6Src, 1}, Exactly{CtIpv6Dst, 1}",
        "Exactly{EthSrc, 1}, Exactly{EthDst, 1}, Exactly{EthType, 128'h800}, Exactly{VlanTci, 0}",
        "Exactly{VlanVid, 128'h1001}, Exactly{VlanPcp, 1}",
        "Exactly{EthType, 128'h800}, Exactly{IpProto, 6}, Exactly{IpDscp, 1}, Exactly{IpEcn, 1}, Exactly{NwTtl, 1}, \
         Masked{IpFrag, 1, 1}, Exactly{IpSrc, 1}, Exactly{IpDst, 1}, Exactly{TcpSrc, 1}, Exactly{TcpDst, 1}, \
         Exactly{TcpFlags, 2}",
        "Exactly{EthType, 128'h86dd}, Exactly{IpProto, 17}, Exactly{Ipv6Src, 1}, Exactly{Ipv6Dst, 1}, \
         Exactly{Ipv6Label, 1}, Exactly{UdpSrc, 1}, Exactly{UdpDst, 1}",
        "Exactly{EthType, 128'h800}, Exactly{IpProto, 132}, Exactly{SctpSrc, 1}, Exactly{SctpDst, 1}",
        "Exactly{EthType, 128'h800}, Exactly{IpProto, 1}, Exactly{IcmpType, 8}, Exactly{IcmpCode, 1}",
        "Exactly{EthType, 128'h806}, Exactly{ArpOp, 1}, Exactly{ArpSha, 1}, Exactly{ArpTha, 1}, Exactly{ArpSpa, 1}, \
         Exactly{ArpTpa, 1}",
        "Exactly{EthType, 128'h86dd}, Exactly{IpProto, 58}, Exactly{Icmpv6Type, 136}, Exactly{Icmpv6Code, 0}, \
         Exactly{NdTarget, 1}, Exactly{NdTll, 1}, Exactly{NdReserved, 1}, Exactly{NdOptionsType, 2}",
        "Exactly{EthType, 128'h86dd}, Exactly{IpProto, 58}, Exactly{Icmpv6Type, 135}, Exactly{Icmpv6Code, 0}, \
         Exactly{NdSll, 1}",
    ];
    let refused: Vec<String> = matches.iter().filter_map(|matching| flow(matching, "").err()).collect();
    assert_eq!(refused, [""; 0]);
}

#[test]
fn groups_and_meters_are_read() {
    let facts = "
        Group(Everywhere, 1, SelectByHash{[IpSrc]}, [Bucket{0, 50, None, [Output{1}]}, Bucket{1, 50, None, []}]).
        Group(OfDatapath{3}, 2, FirstLive, [Bucket{0, 9, Some{32'd4}, [Output{4}]}]).
        Group(OfRow{3}, 3, AllBuckets, []).
        Meter(OfChassis{\"hv1\"}, 4, Packets, [Band{100, 0}]).
        Meter(OfChassis{\"hv1\"}, 5, Kilobits, [Band{100, 10}]).
    ";
    let reader = FlowReader::default();
    let mut groups: Vec<String> = records("openflow::Group", facts)
        .iter()
        .map(|record| reader.group(record).unwrap().to_string())
        .collect();
    groups.sort();
    assert_eq!(
        groups,
        [
            "group_id=1,type=select,selection_method=hash,fields=ip_src,bucket=bucket_id:0,weight:50,\
             actions=output:1,bucket=bucket_id:1,weight:50,actions=drop",
            "group_id=2,type=ff,bucket=bucket_id:0,watch_port:4,actions=output:4",
            "group_id=3,type=all",
        ]
    );
    let mut meters: Vec<_> =
        records("openflow::Meter", facts).iter().map(|record| reader.meter(record).unwrap()).collect();
    meters.sort();
    let seen: Vec<_> = meters
        .iter()
        .map(|meter| (meter.id, meter.flags.0, meter.bands[0].rate, meter.bands[0].burst))
        .collect();
    assert_eq!(seen, [(4, 2 | 8, 100, 0), (5, 1 | 4 | 8, 100, 10)]);
}

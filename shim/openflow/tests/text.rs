//! Text of flows: what is printed is read back, and what ovs-ofctl takes is understood alike.
#![allow(clippy::unwrap_used)]

mod common;

use common::samples;
use openflow::*;

#[test]
fn every_sample_is_read_back() {
    for flow in samples::flows() {
        let text = flow.to_string();
        let read: Flow = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.to_string(), text);
        if !says_less(&flow) {
            assert_eq!(read, flow, "{text}");
        }
    }
}

/// What the notation of ovs-ofctl leaves out: how much of a packet `output:FIELD` sends a controller, that
/// a plain controller action was the extended one, how long a Geneve option is where it is cut or masked,
/// and which bits say that a packet is not a fragment.
fn says_less(flow: &Flow) -> bool {
    let ambiguous = |action: &Action| match action {
        Action::OutputField { .. } | Action::Controller(_) | Action::Ct(_) => true,
        Action::CopyField { source, .. } => source.field().is_variable(),
        _ => false,
    };
    let long_option = [Field::TUN_METADATA1, Field::TUN_METADATA2];
    flow.instructions.apply.iter().any(ambiguous)
        || flow.matching.fields().any(|entry| long_option.contains(&entry.field))
        || flow.matching.get(Field::IP_FRAG) == Some((0, 1))
}

#[track_caller]
fn check(text: &str, canonical: &str) {
    let flow: Flow = text.parse().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(flow.to_string(), canonical);
}

#[test]
fn flows_in_the_words_of_ovs_ofctl() {
    check(
        " cookie=0x0, duration=3.141s, table=0, n_packets=1, n_bytes=42, priority=0 actions=NORMAL",
        "priority=0 actions=NORMAL",
    );
}

#[test]
fn matches_in_the_words_of_ovs_ofctl() {
    let check = |text: &str, canonical: &str| {
        let matching: Match = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(matching.to_string(), canonical);
    };
    check("", "");
    check("eth_type=0x800,ip_dst=10.0.0.0/255.0.0.0", "ip,nw_dst=10.0.0.0/8");
    check("tcp,tp_dst=80", "tcp,tp_dst=80");
    check("tp_src=0x50/0xfff0,udp6", "udp6,tp_src=0x50/0xfff0");
    check(
        "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1",
        "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1",
    );
    check("in_port=LOCAL, reg0=0x1/0xff, metadata=5", "reg0=0x1/0xff,metadata=0x5,in_port=LOCAL");
    check("ct_state=+trk-new,ct_mark=1/1", "ct_state=-new+trk,ct_mark=0x1/0x1");
    check(
        "dl_vlan=5,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
        "dl_vlan=5,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
    );
    check("dl_vlan_pcp=3", "dl_vlan_pcp=3");
    check("vlan_tci=0", "vlan_tci=0x0000/0x1fff");
    check("tcp,tcp_flags=syn|ack", "tcp,tcp_flags=syn|ack");
    check("tcp,tcp_flags=+syn-ack", "tcp,tcp_flags=+syn-ack");
    check("ip,ip_frag=first,nw_tos=64", "ip,nw_tos=64,nw_frag=first");
    check("NXM_NX_REG3=7", "reg3=0x7");
}

#[test]
fn actions_in_the_words_of_ovs_ofctl() {
    let check = |text: &str, canonical: &str| {
        let instructions: Instructions = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(instructions.to_string(), canonical);
    };
    check("drop", "drop");
    check("1,2,CONTROLLER,in_port", "output:1,output:2,CONTROLLER:65535,IN_PORT");
    check("move:reg0[0..15]->reg1[16..31]", "move:NXM_NX_REG0[0..15]->NXM_NX_REG1[16..31]");
    check(
        "set_field:5/0xf->reg1,set_field:10.0.0.1->nw_dst",
        "set_field:0x5/0xf->reg1,set_field:10.0.0.1->ip_dst",
    );
    check("push_vlan:0x8100,set_field:4098->vlan_vid", "push_vlan:0x8100,set_field:4098->vlan_vid");
    check("resubmit(,5),resubmit:3,resubmit(4,6)", "resubmit(,5),resubmit:3,resubmit(4,6)");
    check(
        "ct(commit,zone=reg13[0..15],nat(src=10.0.0.1-10.0.0.9:1-99,random),exec(set_field:1->ct_mark))",
        "ct(commit,zone=NXM_NX_REG13[0..15],nat(src=10.0.0.1-10.0.0.9:1-99,random),exec(set_field:0x1->ct_mark))",
    );
    check("ct(nat(dst=[fd00::1]:80),commit)", "ct(commit,nat(dst=[fd00::1]:80))");
    check("ct(nat(dst=fd00::1-fd00::2),commit)", "ct(commit,nat(dst=fd00::1-fd00::2))");
    check("clone(ct_clear,clone(output:1)),goto_table:9", "clone(ct_clear,clone(output:1)),goto_table:9");
    check("conjunction(7, 2/3)", "conjunction(7,2/3)");
    check("write_metadata:0x5/0xff,write_actions(group:1)", "write_actions(group:1),write_metadata:0x5/0xff");
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let flow = |text: &str| text.parse::<Flow>().unwrap_err().to_string();
    assert_eq!(flow("table=1"), "at character 0: flow with actions= expected, not `table=1`");
    assert_eq!(flow("table=256 actions=drop"), "at character 6: smaller number expected, not `256`");
    assert_eq!(flow("foo=1 actions=drop"), "at character 0: `foo` is not a known field");
    assert_eq!(flow("ip,bar actions=drop"), "at character 3: `bar` is not a known match field");
    assert_eq!(flow("ip,nw_dst=10.0.0 actions=drop"), "at character 10: IPv4 address expected, not `10.0.0`");
    assert_eq!(flow("nw_dst=10.0.0.1 actions=drop"), "at character 0: ip_dst needs eth_type=0x0800");
    assert_eq!(flow("actions=frobnicate(1)"), "at character 8: `frobnicate` is not a known action");
    assert_eq!(flow("actions=set_field:1->eth_type"), "at character 18: eth_type cannot be set");
    assert_eq!(flow("actions=clone(output:1"), "at character 13: closing bracket expected, not `(output:1`");
    assert_eq!(flow("actions=resubmit"), "at character 8: argument expected, not `resubmit`");
    let deep = "clone(".repeat(40) + &")".repeat(40);
    assert_eq!(flow(&format!("actions={deep}")).split(": ").nth(1), Some("actions nested too deep"));
}

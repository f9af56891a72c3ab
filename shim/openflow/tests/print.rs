//! `ovs-ofctl ofp-print` must understand what is encoded, and read it as it was meant.
#![allow(clippy::unwrap_used)]

mod common;

use common::samples;
use common::switch::ofp_print;
use openflow::*;

/// Name in the first line of the print, for each sample message that the program knows.
const NAMES: &[(&str, &str)] = &[
    ("hello", "OFPT_HELLO"),
    ("error", "OFPT_ERROR (OF1.5) (xid=0x7): OFPBMC_BAD_PREREQ"),
    ("error_nicira", "OFPT_ERROR (OF1.5) (xid=0x7): NXTTMFC_INVALID_TLV_DEL"),
    ("echo_request", "OFPT_ECHO_REQUEST"),
    ("echo_reply", "OFPT_ECHO_REPLY"),
    ("features_request", "OFPT_FEATURES_REQUEST"),
    ("features_reply", "OFPT_FEATURES_REPLY (OF1.5) (xid=0x7): dpid:00000000000000a1"),
    ("get_config_request", "OFPT_GET_CONFIG_REQUEST"),
    ("get_config_reply", "OFPT_GET_CONFIG_REPLY"),
    ("set_config", "OFPT_SET_CONFIG (OF1.5) (xid=0x7): frags=normal miss_send_len=65535"),
    ("flow_removed", "OFPT_FLOW_REMOVED (OF1.5) (xid=0x7): priority=9"),
    ("port_status", "OFPT_PORT_STATUS (OF1.5) (xid=0x7): ADD: 11(vif1): addr:02:00:00:00:00:01"),
    ("packet_out", "OFPT_PACKET_OUT (OF1.5) (xid=0x7): reg0=0x3,metadata=0x5,in_port=11 actions=TABLE"),
    ("flow_mod", "OFPT_FLOW_MOD (OF1.5) (xid=0x7): ADD"),
    ("flow_mod_delete_strict", "OFPT_FLOW_MOD (OF1.5) (xid=0x7): DEL_STRICT"),
    (
        "group_mod",
        "OFPT_GROUP_MOD (OF1.5) (xid=0x7):\n ADD_OR_MOD group_id=8,type=select,selection_method=hash",
    ),
    (
        "meter_mod",
        "OFPT_METER_MOD (OF1.5) (xid=0x7): ADD meter=3 kbps burst bands=\ntype=drop rate=1000 burst_size=100",
    ),
    ("meters_request", "OFPST_METER_CONFIG request (OF1.5) (xid=0x7): meter=all"),
    (
        "meters_reply",
        "OFPST_METER_CONFIG reply (OF1.5) (xid=0x7):\nmeter=3 kbps burst bands=\ntype=drop rate=1000 burst_size=100",
    ),
    ("description_request", "OFPST_DESC request"),
    ("description_reply", "OFPST_DESC reply"),
    ("flows_request", "OFPST_FLOW request"),
    ("flows_reply", "OFPST_FLOW reply"),
    ("groups_request", "OFPST_GROUP_DESC request (OF1.5) (xid=0x7): group_id=ALL"),
    ("groups_reply", "OFPST_GROUP_DESC reply"),
    ("ports_request", "OFPST_PORT_DESC request (OF1.5) (xid=0x7): port=ANY"),
    ("ports_reply", "OFPST_PORT_DESC reply"),
    ("monitor_request", "OFPST_FLOW_MONITOR request"),
    ("monitor_reply", "OFPST_FLOW_MONITOR reply"),
    ("barrier_request", "OFPT_BARRIER_REQUEST"),
    ("barrier_reply", "OFPT_BARRIER_REPLY"),
    ("role_request", "OFPT_ROLE_REQUEST (OF1.5) (xid=0x7): role=primary generation_id=7"),
    ("role_reply", "OFPT_ROLE_REPLY (OF1.5) (xid=0x7): role=primary generation_id=7"),
    (
        "bundle_open",
        "OFPT_BUNDLE_CONTROL (OF1.5) (xid=0x7):\n bundle_id=0x9 type=OPEN_REQUEST flags=atomic ordered",
    ),
    ("bundle_add", "OFPT_BUNDLE_ADD_MESSAGE (OF1.5) (xid=0x7):\n bundle_id=0x9 flags=atomic ordered"),
    (
        "bundle_commit",
        "OFPT_BUNDLE_CONTROL (OF1.5) (xid=0x7):\n bundle_id=0x9 type=COMMIT_REQUEST flags=atomic ordered",
    ),
    ("set_packet_in_format", "NXT_SET_PACKET_IN_FORMAT (OF1.5) (xid=0x7): format=nxt_packet_in2"),
    ("set_controller_id", "NXT_SET_CONTROLLER_ID (OF1.5) (xid=0x7): id=9"),
    ("tlv_table_mod", "NXT_TLV_TABLE_MOD (OF1.5) (xid=0x7):\n ADD mapping table:"),
    ("tlv_table_request", "NXT_TLV_TABLE_REQUEST"),
    ("tlv_table_reply", "NXT_TLV_TABLE_REPLY (OF1.5) (xid=0x7):\n max option space=256 max fields=64"),
    (
        "packet_in2",
        "NXT_PACKET_IN2 (OF1.5) (xid=0x7): table_id=4 cookie=0xabc total_len=1500 reg0=0x3,metadata=0x5,in_port=11 (via action)",
    ),
    ("resume", "NXT_RESUME (OF1.5) (xid=0x7): table_id=4"),
    ("ct_flush_zone", "NXT_CT_FLUSH_ZONE (OF1.5) (xid=0x7): zone_id=7"),
    (
        "ct_flush",
        "NXT_CT_FLUSH (OF1.5) (xid=0x7): zone=7 'ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_tp_src=0,ct_tp_dst=80,ct_nw_proto=6' 'ct_nw_src=10.0.0.2",
    ),
];

#[test]
fn every_message_is_understood() {
    for (name, message) in samples::messages() {
        let printed = ofp_print(&message.to_bytes(7).unwrap());
        let (_, beginning) = NAMES.iter().find(|(known, _)| *known == name).unwrap();
        assert!(printed.starts_with(beginning), "{name}: {printed}");
        assert!(!printed.contains("***decode error"), "{name}: {printed}");
    }
}

#[test]
fn every_action_is_read_as_it_was_meant() {
    for (prerequisite, actions) in samples::actions() {
        let matching = samples::with_ground(Match::builder(), prerequisite).build().unwrap();
        let flow = Flow::new(1, 7, matching, Instructions::apply(actions));
        let text = flow.instructions.to_string();
        let printed = ofp_print(&Message::FlowMod(FlowMod::add(flow)).to_bytes(7).unwrap());
        let read = printed.trim_end().split_once("actions=").unwrap_or_else(|| panic!("{text}: {printed}")).1;
        assert_eq!(read, text);
    }
}

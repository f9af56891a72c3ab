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
    (
        "aggregate_reply",
        "OFPST_AGGREGATE reply (OF1.5) (xid=0x7): packet_count=10 byte_count=700 flow_count=3",
    ),
    ("aggregate_request", "OFPST_AGGREGATE request (OF1.5) (xid=0x7):"),
    (
        "get_async_reply",
        "OFPT_GET_ASYNC_REPLY (OF1.5) (xid=0x7):\n primary:\n       PACKET_IN: no_match action invalid_ttl action_set group packet_out\n     PORT_STATUS: (off)\n    FLOW_REMOVED: idle group_delete\n     ROLE_STATUS: (off)\n    TABLE_STATUS: (off)\n  REQUESTFORWARD: group_mod_request meter_mod_request",
    ),
    ("get_async_request", "OFPT_GET_ASYNC_REQUEST (OF1.5) (xid=0x7):"),
    (
        "group_features_reply",
        "OFPST_GROUP_FEATURES reply (OF1.5) (xid=0x7):\n Group table:\n    Types:  0xf\n    Capabilities:  0x7\n    all group:\n       max_groups=0xffffff00\n       actions: output group set_field mod_nw_ttl dec_ttl\n    select group:",
    ),
    ("group_features_request", "OFPST_GROUP_FEATURES request (OF1.5) (xid=0x7):"),
    (
        "group_stats_reply",
        "OFPST_GROUP reply (OF1.5) (xid=0x7):\n group_id=7,duration=5.000000006s,ref_count=2,packet_count=10,byte_count=700,bucket0:packet_count=10,byte_count=700,bucket1:packet_count=10,byte_count=700",
    ),
    ("group_stats_request", "OFPST_GROUP request (OF1.5) (xid=0x7): group_id=ALL"),
    (
        "meter_features_reply",
        "OFPST_METER_FEATURES reply (OF1.5) (xid=0x7):\nmax_meter:1000 max_bands:8 max_color:0\nband_types: drop\ncapabilities: kbps pktps burst",
    ),
    ("meter_features_request", "OFPST_METER_FEATURES request (OF1.5) (xid=0x7):"),
    (
        "meter_stats_reply",
        "OFPST_METER reply (OF1.5) (xid=0x7):\nmeter:3 flow_count:1 packet_in_count:10 byte_in_count:700 duration:5.000000006s bands:\n0: packet_count:10 byte_count:700",
    ),
    ("meter_stats_request", "OFPST_METER request (OF1.5) (xid=0x7): meter=3"),
    ("monitor_cancel", "OFPST_FLOW_MONITOR request (OF1.5) (xid=0x7):\n id=1 command=delete"),
    (
        "packet_in",
        "OFPT_PACKET_IN (OF1.5) (xid=0x7): table_id=4 cookie=0xabc total_len=1500 reg0=0x3,metadata=0x5,in_port=11 (via action)",
    ),
    (
        "port_mod",
        "OFPT_PORT_MOD (OF1.5) (xid=0x7): port: 11: addr:02:00:00:00:00:01\n     config: PORT_DOWN\n     mask:   PORT_DOWN NO_RECV\n     advertise: 10GB-FD",
    ),
    (
        "port_stats_reply",
        "OFPST_PORT reply (OF1.5) (xid=0x7): 1 ports\n  port 11: rx pkts=1, bytes=64, drop=3, errs=5, frame=7, over=8, crc=9\n           tx pkts=2, bytes=128, drop=4, errs=6, coll=10\n           duration=5.000000006s",
    ),
    ("port_stats_request", "OFPST_PORT request (OF1.5) (xid=0x7): port_no=11"),
    (
        "queue_stats_reply",
        "OFPST_QUEUE reply (OF1.5) (xid=0x7): 1 queues\n  port 11 queue 1: bytes=64, pkts=1, errors=0, duration=5.000000006s",
    ),
    ("queue_stats_request", "OFPST_QUEUE request (OF1.5) (xid=0x7): port=11 queue=1"),
    (
        "queues_reply",
        "OFPST_QUEUE_DESC reply (OF1.5) (xid=0x7): port=11\nqueue 1: min_rate:10.0% max_rate:50.0%",
    ),
    ("queues_request", "OFPST_QUEUE_DESC request (OF1.5) (xid=0x7): port=ANY"),
    (
        "request_forward_group",
        "OFPT_REQUESTFORWARD (OF1.5) (xid=0x7): reason=group_mod\n DEL group_id=7,type=all",
    ),
    ("request_forward_meter", "OFPT_REQUESTFORWARD (OF1.5) (xid=0x7): reason=meter_mod DEL meter=3 bands="),
    (
        "role_status",
        "OFPT_ROLE_STATUS (OF1.5) (xid=0x7): role=secondary generation_id=9 reason=primary_request",
    ),
    (
        "set_async",
        "OFPT_SET_ASYNC (OF1.5) (xid=0x7):\n primary:\n       PACKET_IN: no_match action invalid_ttl action_set group packet_out\n     PORT_STATUS: (off)\n    FLOW_REMOVED: idle group_delete\n     ROLE_STATUS: (off)\n    TABLE_STATUS: (off)\n  REQUESTFORWARD: group_mod_request meter_mod_request",
    ),
    (
        "table_features_reply",
        "OFPST_TABLE_FEATURES reply (OF1.5) (xid=0x7):\n  table 3 (\"acl\"):\n    metadata: match=0xffffffffffffffff write=0xffffffffffffffff\n    eviction: not supported\n    vacancy events: not supported\n    max_entries=1000000\n    instructions (table miss and others):\n      next tables: 4-6",
    ),
    ("table_features_request", "OFPST_TABLE_FEATURES request (OF1.5) (xid=0x7):"),
    ("table_mod", "OFPT_TABLE_MOD (OF1.5) (xid=0x7): table_id=3, eviction=off, vacancy=on vacancy:20,30"),
    (
        "table_stats_reply",
        "OFPST_TABLE reply (OF1.5) (xid=0x7):\n  table 3:\n    active=5, lookup=70, matched=60",
    ),
    ("table_stats_request", "OFPST_TABLE request (OF1.5) (xid=0x7):"),
    (
        "table_status",
        "OFPT_TABLE_STATUS (OF1.5) (xid=0x7): reason=VACANCY_DOWN\ntable_desc:-\n  table 3:\n   eviction=on eviction_flags=IMPORTANCE\n   vacancy=on vacancy_down=20% vacancy_up=30% vacancy=15%",
    ),
    (
        "tables_reply",
        "OFPST_TABLE_DESC reply (OF1.5) (xid=0x7):\n  table 3:\n   eviction=on eviction_flags=IMPORTANCE\n   vacancy=on vacancy_down=20% vacancy_up=30% vacancy=90%",
    ),
    ("tables_request", "OFPST_TABLE_DESC request (OF1.5) (xid=0x7):"),
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

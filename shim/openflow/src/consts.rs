//! Numbers used in more than one place. Those of a single structure stand beside it.

/// Experimenter id of the Nicira extensions.
pub(crate) const NICIRA: u32 = 0x0000_2320;
/// Experimenter id of the group selection method extension (Netronome).
pub(crate) const NETRONOME: u32 = 0x0000_154d;
/// Class and type number that mark experimenter extensions.
pub(crate) const EXPERIMENTER: u16 = 0xffff;
/// Priority of a flow where none is said; ovs-ofctl leaves it out.
pub(crate) const DEFAULT_PRIORITY: u16 = 0x8000;
/// No buffered packet.
pub(crate) const NO_BUFFER: u32 = u32::MAX;
/// Connection tracking helper for FTP.
pub(crate) const ALG_FTP: u16 = 21;
/// Connection tracking helper for TFTP.
pub(crate) const ALG_TFTP: u16 = 69;

/// Standard action numbers.
pub(crate) mod action {
    pub(crate) const OUTPUT: u16 = 0;
    pub(crate) const PUSH_VLAN: u16 = 17;
    pub(crate) const POP_VLAN: u16 = 18;
    pub(crate) const PUSH_MPLS: u16 = 19;
    pub(crate) const POP_MPLS: u16 = 20;
    pub(crate) const SET_MPLS_TTL: u16 = 15;
    pub(crate) const DEC_MPLS_TTL: u16 = 16;
    pub(crate) const SET_TTL: u16 = 23;
    pub(crate) const SET_QUEUE: u16 = 21;
    pub(crate) const GROUP: u16 = 22;
    pub(crate) const DEC_TTL: u16 = 24;
    pub(crate) const SET_FIELD: u16 = 25;
    pub(crate) const COPY_FIELD: u16 = 28;
    pub(crate) const METER: u16 = 29;
}

/// Subtypes of Nicira actions.
pub(crate) mod nicira_action {
    pub(crate) const RESUBMIT: u16 = 1;
    pub(crate) const SET_TUNNEL: u16 = 2;
    pub(crate) const POP_QUEUE: u16 = 5;
    pub(crate) const NOTE: u16 = 8;
    pub(crate) const SET_TUNNEL64: u16 = 9;
    pub(crate) const MULTIPATH: u16 = 10;
    pub(crate) const BUNDLE: u16 = 12;
    pub(crate) const BUNDLE_LOAD: u16 = 13;
    pub(crate) const RESUBMIT_TABLE: u16 = 14;
    pub(crate) const OUTPUT_REG: u16 = 15;
    pub(crate) const LEARN: u16 = 16;
    pub(crate) const EXIT: u16 = 17;
    pub(crate) const FIN_TIMEOUT: u16 = 19;
    pub(crate) const CONTROLLER: u16 = 20;
    pub(crate) const DEC_TTL_CNT_IDS: u16 = 21;
    pub(crate) const STACK_PUSH: u16 = 27;
    pub(crate) const STACK_POP: u16 = 28;
    pub(crate) const SAMPLE: u16 = 29;
    pub(crate) const OUTPUT_REG2: u16 = 32;
    pub(crate) const CONJUNCTION: u16 = 34;
    pub(crate) const CT: u16 = 35;
    pub(crate) const NAT: u16 = 36;
    pub(crate) const CONTROLLER2: u16 = 37;
    pub(crate) const SAMPLE2: u16 = 38;
    pub(crate) const OUTPUT_TRUNC: u16 = 39;
    pub(crate) const SAMPLE3: u16 = 41;
    pub(crate) const CLONE: u16 = 42;
    pub(crate) const CT_CLEAR: u16 = 43;
    pub(crate) const RESUBMIT_TABLE_CT: u16 = 44;
    pub(crate) const LEARN2: u16 = 45;
    pub(crate) const CHECK_PKT_LARGER: u16 = 49;
    pub(crate) const DELETE_FIELD: u16 = 50;
}

/// Message type numbers.
pub(crate) mod message {
    pub(crate) const HELLO: u8 = 0;
    pub(crate) const ERROR: u8 = 1;
    pub(crate) const ECHO_REQUEST: u8 = 2;
    pub(crate) const ECHO_REPLY: u8 = 3;
    pub(crate) const EXPERIMENTER: u8 = 4;
    pub(crate) const FEATURES_REQUEST: u8 = 5;
    pub(crate) const FEATURES_REPLY: u8 = 6;
    pub(crate) const GET_CONFIG_REQUEST: u8 = 7;
    pub(crate) const GET_CONFIG_REPLY: u8 = 8;
    pub(crate) const SET_CONFIG: u8 = 9;
    pub(crate) const PACKET_IN: u8 = 10;
    pub(crate) const FLOW_REMOVED: u8 = 11;
    pub(crate) const PORT_STATUS: u8 = 12;
    pub(crate) const PACKET_OUT: u8 = 13;
    pub(crate) const FLOW_MOD: u8 = 14;
    pub(crate) const GROUP_MOD: u8 = 15;
    pub(crate) const PORT_MOD: u8 = 16;
    pub(crate) const TABLE_MOD: u8 = 17;
    pub(crate) const MULTIPART_REQUEST: u8 = 18;
    pub(crate) const MULTIPART_REPLY: u8 = 19;
    pub(crate) const BARRIER_REQUEST: u8 = 20;
    pub(crate) const BARRIER_REPLY: u8 = 21;
    pub(crate) const ROLE_REQUEST: u8 = 24;
    pub(crate) const ROLE_REPLY: u8 = 25;
    pub(crate) const GET_ASYNC_REQUEST: u8 = 26;
    pub(crate) const GET_ASYNC_REPLY: u8 = 27;
    pub(crate) const SET_ASYNC: u8 = 28;
    pub(crate) const METER_MOD: u8 = 29;
    pub(crate) const ROLE_STATUS: u8 = 30;
    pub(crate) const TABLE_STATUS: u8 = 31;
    pub(crate) const REQUEST_FORWARD: u8 = 32;
    pub(crate) const BUNDLE_CONTROL: u8 = 33;
    pub(crate) const BUNDLE_ADD: u8 = 34;
}

/// Subtypes of Nicira messages.
pub(crate) mod nicira_message {
    pub(crate) const SET_PACKET_IN_FORMAT: u32 = 16;
    pub(crate) const SET_CONTROLLER_ID: u32 = 20;
    pub(crate) const TLV_TABLE_MOD: u32 = 24;
    pub(crate) const TLV_TABLE_REQUEST: u32 = 25;
    pub(crate) const TLV_TABLE_REPLY: u32 = 26;
    pub(crate) const RESUME: u32 = 28;
    pub(crate) const CT_FLUSH_ZONE: u32 = 29;
    pub(crate) const PACKET_IN2: u32 = 30;
    pub(crate) const CT_FLUSH: u32 = 32;
}

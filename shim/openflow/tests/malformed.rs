//! Messages that are wrong, and what is said about them.
#![allow(clippy::unwrap_used)]

use openflow::*;

/// Frames `body` as a message of this type and gives what decoding it says.
fn decode(message_type: u8, body: &str) -> Result<Message, DecodeError> {
    let body: Vec<u8> = hex(body);
    let mut framer = Framer::new();
    let length = u16::try_from(body.len() + HEADER_LEN).unwrap().to_be_bytes();
    framer.extend(&[6, message_type, length[0], length[1], 0, 0, 0, 1]);
    framer.extend(&body);
    framer.next_frame().unwrap().unwrap().message()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[track_caller]
fn check(message_type: u8, body: &str, wanted: &str) {
    assert_eq!(decode(message_type, body).unwrap_err().to_string(), wanted);
}

/// A FLOW_MOD up to its match.
const FLOW_MOD: &str =
    "0000000000000000 0000000000000000 01000000 00000064 ffffffff ffffffff ffffffff 00000000";
/// A match of everything.
const ANY: &str = "0001000400000000";

#[test]
fn truncated_messages() {
    check(6, "00000000000000a1", "message type 6: at byte 16: 4 bytes needed, 0 left");
    check(14, "", "message type 14: at byte 8: 8 bytes needed, 0 left");
    check(14, FLOW_MOD, "message type 14: at byte 48: 2 bytes needed, 0 left");
    check(19, "0000", "message type 19: at byte 10: 2 bytes needed, 0 left");
    check(19, "000000000000000000", "message type 19: at byte 16: 256 bytes needed, 1 left");
    check(4, "00002320", "message type 4: at byte 12: 4 bytes needed, 0 left");
    check(1, "ffff0026", "message type 1: at byte 12: 4 bytes needed, 0 left");
}

#[test]
fn lengths_that_cannot_be() {
    let flow_mod = |rest: &str| format!("{FLOW_MOD}{rest}");
    check(14, &flow_mod("0001000300000000"), "message type 14: at byte 48: match has impossible length 3");
    check(14, &flow_mod("0001004000000000"), "message type 14: at byte 48: match has impossible length 64");
    check(
        14,
        &flow_mod(&format!("{ANY} 0004000700000000")),
        "message type 14: at byte 56: instruction has impossible length 7",
    );
    check(
        14,
        &flow_mod(&format!("{ANY} 0004001000000000 0000000000000000")),
        "message type 14: at byte 64: action has impossible length 0",
    );
    check(
        14,
        &flow_mod(&format!("{ANY} 0004001000000000 0000000900000000")),
        "message type 14: at byte 64: action has impossible length 9",
    );
    check(
        14,
        &flow_mod(&format!("{ANY} 0004001000000000 0000001000000000")),
        "message type 14: at byte 64: action has impossible length 16",
    );
    check(0, "00010002", "message type 0: at byte 8: hello element has impossible length 2");
    check(4, "00002320 0000001e 00000003", "message type 4: at byte 16: property has impossible length 3");
    check(
        19,
        "0001000000000000 0000000000000000",
        "message type 19: at byte 16: flow has impossible length 0",
    );
    check(19, "0010000000000000 0002000000000000", "message type 19: at byte 18: 2 bytes needed, 0 left");
}

#[test]
fn numbers_that_are_not_known() {
    let flow_mod = |rest: &str| format!("{FLOW_MOD}{rest}");
    check(14, &flow_mod("0000000400000000"), "message type 14: at byte 48: match type 0x0 is not known");
    check(
        14,
        &flow_mod(&format!("{ANY} 00ff000800000000")),
        "message type 14: at byte 56: instruction 0xff is not known",
    );
    check(
        14,
        &flow_mod(&format!("{ANY} 0005000800000000 0005000800000000")),
        "message type 14: at byte 64: instruction 0x5 is not known",
    );
    check(33, "00000001 0008 0003", "message type 33: at byte 12: bundle control type 0x8 is not known");
    check(24, "00000004 00000000 0000000000000000", "message type 24: at byte 8: role 0x4 is not known");
    check(
        15,
        "0009 00 00 00000001 0000 0000 ffffffff",
        "message type 15: at byte 8: group command 0x9 is not known",
    );
    check(
        15,
        "0000 07 00 00000001 0000 0000 ffffffff",
        "message type 15: at byte 10: group type 0x7 is not known",
    );
}

#[test]
fn the_place_of_a_number_inside_an_action_is_told() {
    let actions = |actions: &str| {
        let length = 8 + hex(actions).len();
        format!("{FLOW_MOD} {ANY} 0004 {length:04x} 00000000 {actions}")
    };
    check(
        14,
        &actions("0019 0010 8000 0c02 0005 0000 0000 0000"),
        "message type 14: at byte 68: vlan_vid without the present bit 5 is out of range",
    );
    check(
        14,
        &actions("0019 0010 8000 0d02 1005 0000 0000 0000"),
        "message type 14: at byte 68: set_field value has impossible length 2",
    );
    // Bits 30 to 34 of a register, pushed on the stack.
    check(
        14,
        &actions("ffff 0018 00002320 001b 001e 00010004 0005 000000000000"),
        "message type 14: at byte 76: reg0: no bits 30..35",
    );
    check(
        14,
        &actions("ffff 0020 00002320 000a 0009 0000 0000 0000 0000 00000000 0000 001f 00010004"),
        "message type 14: at byte 74: hash fields 0x9 is not known",
    );
}

#[test]
fn numbers_of_other_messages_that_are_not_known() {
    check(12, "07 00000000000000", "message type 12: at byte 8: port status reason 0x7 is not known");
    check(28, "00ff 0008 00000001", "message type 28: at byte 8: async property 0xff is not known");
    check(29, "0007 0001 00000001", "message type 29: at byte 8: meter command 0x7 is not known");
    check(
        29,
        "0000 0001 00000001 0009 0010 00000001 00000000 00000000",
        "message type 29: at byte 16: meter band 0x9 is not known",
    );
    check(
        16,
        "0000000b 00000000 020000000001 0000 00000001 00000001 0001 0008 00000000",
        "message type 16: at byte 32: port property 0x1 is not known",
    );
    check(
        32,
        "06 14 0008 00000001",
        "message type 32: at byte 9: type of a forwarded request 0x14 is not known",
    );
    check(
        4,
        "00002320 00000018 0003 000000000000",
        "message type 4: at byte 16: TLV table command 0x3 is not known",
    );
    check(4, "00002320 00000010 00000003", "message type 4: at byte 16: packet-in format 0x3 is not known");
}

#[test]
fn fields_that_do_not_make_a_match() {
    let matching = |length: &str, tlvs: &str| format!("{FLOW_MOD} 0001 {length} {tlvs}");
    check(
        14,
        &matching("000c", "80001604 0a000001 00000000"),
        "message type 14: at byte 52: ip_src needs eth_type=0x0800",
    );
    check(
        14,
        &matching("0009", "80000a01 08 000000 00000000"),
        "message type 14: at byte 52: eth_type cannot be 1 bytes long",
    );
    check(
        14,
        &matching("0014", "00010004 00000001 00010004 00000002 00000000"),
        "message type 14: at byte 60: reg0 is given twice",
    );
    check(
        14,
        &matching("0010", "00010108 00000003 00000001"),
        "message type 14: at byte 52: reg0: value 0x3 has bits outside mask 0x1",
    );
    check(
        14,
        &matching("000b", "00010103 000000 0000000000"),
        "message type 14: at byte 52: masked field has impossible length 3",
    );
    check(14, &matching("0008", "ffff0003"), "message type 14: at byte 56: 4 bytes needed, 0 left");
}

#[test]
fn other_versions_are_read_in_hello_and_error_only() {
    let frame = |version, message_type| {
        let mut framer = Framer::new();
        framer.extend(&[version, message_type, 0, 8, 0, 0, 0, 1]);
        framer.next_frame().unwrap().unwrap().message()
    };
    assert_eq!(frame(4, 0), Ok(Message::Hello(Hello { versions: None })));
    assert_eq!(
        frame(4, 20).unwrap_err(),
        DecodeError { message_type: Some(20), offset: 0, kind: DecodeErrorKind::Version(4) }
    );
    let hello = Hello { versions: None };
    assert!(hello.supports_15(6) && !hello.supports_15(4));
    let bitmap = Hello { versions: Some(1 << 4) };
    assert!(!bitmap.supports_15(6));
}

#[test]
fn the_xid_inside_a_bundle_is_that_outside() {
    check(
        34,
        "00000001 0000 0003 06 14 0008 00000002",
        "message type 34: at byte 16: xid inside a bundle message 0x2 is not known",
    );
    let member = BundleMember::Encoded { message_type: 20, body: Default::default() };
    let add = BundleAdd { bundle: 1, flags: BundleFlags::ATOMIC_ORDERED, member };
    assert_eq!(decode(34, "00000001 0000 0003 06 14 0008 00000001"), Ok(Message::BundleAdd(add)));
}

#[test]
fn what_is_not_known_is_kept() {
    let body = bytes::Bytes::from_static(&[1, 2, 3]);
    assert_eq!(decode(99, "010203"), Ok(Message::Unknown { message_type: 99, body: body.clone() }));
    assert_eq!(
        decode(4, "00001234 00000007 010203"),
        Ok(Message::Experimenter { experimenter: 0x1234, subtype: 7, body: body.clone() })
    );
    assert_eq!(
        decode(4, "00002320 000003e7 010203"),
        Ok(Message::Experimenter { experimenter: 0x2320, subtype: 999, body })
    );
    let reply = decode(19, "0063000100000000 0102").unwrap();
    let unknown = MultipartReplyBody::Unknown { kind: 0x63, body: vec![1, 2] };
    assert_eq!(reply, Message::MultipartReply(MultipartReply { more: true, body: unknown }));

    let actions = Action::decode_list(&hex(
        "00630008 01020304 ffff0010 00001234 01020304 05060708 ffff0010 00002320 03e70102 03040506",
    ));
    assert_eq!(
        actions.unwrap(),
        [
            Action::Unknown { kind: 0x63, body: vec![1, 2, 3, 4] },
            Action::UnknownExperimenter { experimenter: 0x1234, body: vec![1, 2, 3, 4, 5, 6, 7, 8] },
            Action::UnknownExperimenter { experimenter: 0x2320, body: vec![3, 0xe7, 1, 2, 3, 4, 5, 6] },
        ]
    );
    // An unknown field before a known one; both are kept, the known one first.
    let matching = Match::from_tlvs(&hex("8000fe02 0001 00010004 00000005")).unwrap();
    assert_eq!(matching.exact(Field::REG0), Some(5));
    assert_eq!(matching.as_bytes(), hex("00010004 00000005 8000fe02 0001"));
    assert_eq!(matching.unknown_tlvs().collect::<Vec<_>>(), [hex("8000fe02 0001")]);
    assert_eq!(matching.to_string(), "reg0=0x5,unknown=0x8000fe020001");
}

#[test]
fn nesting_has_a_limit() {
    let nest = |depth| (0..depth).fold(Vec::new(), |inner, _| vec![Action::Clone(inner)]);
    let decode = |actions: &[Action]| {
        let mut bytes = Vec::new();
        Action::encode_list(actions, &mut bytes);
        Action::decode_list(&bytes)
    };
    let deepest = nest(Action::MAX_DEPTH);
    assert_eq!(decode(&deepest), Ok(deepest));
    assert_eq!(decode(&nest(Action::MAX_DEPTH + 1)).unwrap_err().kind, DecodeErrorKind::TooDeep);
}

#[test]
fn a_stream_out_of_step_stays_so() {
    let mut framer = Framer::new();
    framer.extend(&[6, 2, 0, 7, 0, 0, 0, 1, 6, 20, 0, 8, 0, 0, 0, 2]);
    let error = FrameError::TooShort { message_type: 2, length: 7 };
    assert_eq!(framer.next_frame(), Err(error));
    assert_eq!(framer.next_frame(), Err(error));
    assert_eq!(error.to_string(), "message type 2 claims length 7, below the 8 bytes of a header");

    let mut framer = Framer::with_limit(1024);
    framer.extend(&[6, 2, 4, 1, 0, 0, 0, 1]);
    assert_eq!(framer.next_frame(), Err(FrameError::TooLong { message_type: 2, length: 1025, limit: 1024 }));
}

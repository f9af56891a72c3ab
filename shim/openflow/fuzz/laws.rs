//! What must hold for any bytes: nothing panics, and what was decoded encodes to bytes that
//! decode and encode to themselves; what was not is an error that says where in the message. Shared by the fuzz targets and by `tests/corpus.rs`.

use openflow::{Action, Flow, Frame, Framer, HEADER_LEN, Match, Message};

/// Bytes as they come from a peer.
pub(crate) fn stream(data: &[u8]) {
    let mut framer = Framer::new();
    let mut whole = Framer::new();
    whole.extend(data);
    let mut frames = Vec::new();
    for chunk in data.chunks(7) {
        framer.extend(chunk);
        while let Ok(Some(frame)) = framer.next_frame() {
            frames.push(frame);
        }
    }
    for frame in &frames {
        // However the bytes arrive, the messages are the same.
        assert_eq!(whole.next_frame().as_ref(), Ok(&Some(frame.clone())));
        check_frame(frame);
    }
}

/// The body of a message behind its type byte.
pub(crate) fn message(data: &[u8]) {
    let Some((&message_type, body)) = data.split_first() else { return };
    check_body(message_type, body);
}

/// The properties of a packet-in.
pub(crate) fn packet_in(data: &[u8]) {
    let nicira_packet_in2 = [0, 0, 0x23, 0x20, 0, 0, 0, 30];
    check_body(4, &[&nicira_packet_in2, data].concat());
}

/// The TLVs of a match.
pub(crate) fn matching(data: &[u8]) {
    let Ok(decoded) = Match::from_tlvs(data) else { return };
    assert_eq!(Match::from_tlvs(decoded.as_bytes()).as_ref(), Ok(&decoded));
    assert!(decoded.fields().all(|field| decoded.get(field.field).is_some()));
    let _ = decoded.to_string();
}

/// A list of actions.
pub(crate) fn actions(data: &[u8]) {
    let Ok(decoded) = Action::decode_list(data) else { return };
    let mut encoded = Vec::new();
    Action::encode_list(&decoded, &mut encoded);
    assert_eq!(Action::decode_list(&encoded).as_ref(), Ok(&decoded));
    let _: Vec<String> = decoded.iter().map(Action::to_string).collect();
}

/// The text of a flow: what was read prints as text that reads and prints as itself.
pub(crate) fn text(data: &[u8]) {
    let Some(flow) = std::str::from_utf8(data).ok().and_then(|text| text.parse::<Flow>().ok()) else {
        return;
    };
    let printed = flow.to_string();
    match printed.parse::<Flow>() {
        Ok(again) => assert_eq!(again.to_string(), printed),
        Err(error) => panic!("own text not understood: {printed}: {error}"),
    }
}

fn check_body(message_type: u8, body: &[u8]) {
    let Ok(length) = u16::try_from(body.len() + HEADER_LEN) else { return };
    let [high, low] = length.to_be_bytes();
    let mut framer = Framer::new();
    framer.extend(&[6, message_type, high, low, 0, 0, 0, 1]);
    framer.extend(body);
    if let Ok(Some(frame)) = framer.next_frame() {
        check_frame(&frame);
    }
}

fn check_frame(frame: &Frame) {
    let xid = frame.header.xid;
    let decoded = match frame.message() {
        Ok(decoded) => decoded,
        Err(error) => {
            assert_eq!(error.message_type, Some(frame.header.message_type), "{error}");
            assert!(error.offset <= HEADER_LEN + frame.body.len(), "{error}");
            return;
        }
    };
    // The canonical form may be longer than what came, and so too long.
    let Ok(encoded) = decoded.to_bytes(xid) else { return };
    let again = decode(&encoded);
    assert_eq!(again.to_bytes(xid).as_ref(), Ok(&encoded), "{decoded:?}");
}

fn decode(bytes: &[u8]) -> Message {
    let mut framer = Framer::new();
    framer.extend(bytes);
    match framer.next_frame() {
        Ok(Some(frame)) => match frame.message() {
            Ok(message) => message,
            Err(error) => panic!("own message not understood: {error}: {bytes:02x?}"),
        },
        other => panic!("own message not framed: {other:?}"),
    }
}

//! The exact bytes of every message, in `golden/NAME.hex`, in both directions.
//!
//! `UPDATE_EXPECT=1 cargo test -p openflow --test golden` writes the files anew.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::samples;
use expect_test::expect_file;
use openflow::*;

const XID: u32 = 0x1234_5678;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.hex"))
}

/// Sixteen bytes a line.
fn hex(bytes: &[u8]) -> String {
    let line =
        |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ") + "\n";
    bytes.chunks(16).map(line).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

#[test]
fn every_message_has_its_bytes() {
    for (name, message) in samples::messages() {
        expect_file![golden(name)].assert_eq(&hex(&message.to_bytes(XID).unwrap()));
    }
}

#[test]
fn every_golden_file_is_read_back() {
    for (name, message) in samples::messages() {
        let mut framer = Framer::new();
        framer.extend(&bytes(&std::fs::read_to_string(golden(name)).unwrap()));
        let frame = framer.next_frame().unwrap().unwrap();
        assert_eq!(frame.header.xid, XID, "{name}");
        assert_eq!(frame.message().unwrap(), message, "{name}");
        assert_eq!(framer.pending(), 0, "{name}");
    }
}

#[test]
fn every_golden_file_has_its_sample() {
    let samples: BTreeSet<String> =
        samples::messages().iter().map(|(name, _)| format!("{name}.hex")).collect();
    let files = std::fs::read_dir(golden("x").parent().unwrap()).unwrap();
    let files: BTreeSet<String> =
        files.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(files, samples);
}

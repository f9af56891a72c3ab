//! The fuzz targets on their corpus, and on mutations of it, without a fuzzer.
#![allow(clippy::unwrap_used)]

#[path = "../fuzz/targets.rs"]
mod targets;

use std::path::Path;

const MUTATIONS_PER_ENTRY: u64 = 3000;

fn run(name: &str, target: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut paths: Vec<_> = dir.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let entries: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(entries.len() >= 3);
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for entry in &entries {
        target(entry);
        for _ in 0..MUTATIONS_PER_ENTRY {
            let mut mutant = entry.clone();
            for _ in 0..1 + random.below(4) {
                random.mutate(&mut mutant, &entries);
            }
            target(&mutant);
        }
    }
}

/// Xorshift: the same mutants every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        if bound == 0 { 0 } else { (self.0 % bound as u64) as usize }
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
        let at = self.below(bytes.len());
        let end = (at + 1 + self.below(12)).min(bytes.len());
        match self.below(5) {
            0 if !bytes.is_empty() => bytes[at] = self.below(256) as u8,
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            3 => {
                let other = &others[self.below(others.len())];
                let from = self.below(other.len());
                let until = (from + self.below(40)).min(other.len());
                bytes.splice(at..end, other[from..until].iter().copied());
            }
            _ => {
                let token = TOKENS[self.below(TOKENS.len())];
                bytes.splice(at..at, token.bytes());
            }
        }
    }
}

const TOKENS: &[&str] =
    &["{", "}", "[", "]", "\"", "\\", ",", ":", "null", "-1", "1e999", "\"set\"", "\"map\"", "[]", "0.5"];

#[test]
fn streams() {
    run("frame", targets::frame);
}

#[test]
fn updates() {
    run("updates", targets::updates);
}

#[test]
fn sessions() {
    run("session", targets::session);
}

#[test]
fn schemas() {
    run("schema", targets::schema);
}

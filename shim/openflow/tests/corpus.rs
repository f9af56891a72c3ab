//! The laws of the fuzz targets, on the committed corpus and on mutations of it.
//!
//! `UPDATE_EXPECT=1 cargo test -p openflow --test corpus` writes the seeds anew. With `OPENFLOW_FUZZ=1000000` and
//! `--release`, a million mutations of each target are tried in place of the usual two thousand.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "../fuzz/laws.rs"]
mod laws;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::samples;
use openflow::*;
use proptest::prelude::*;
use proptest::sample::Index;

struct Target {
    name: &'static str,
    law: fn(&[u8]),
    seeds: fn() -> Vec<(String, Vec<u8>)>,
}

const TARGETS: [Target; 6] = [
    Target { name: "stream", law: laws::stream, seeds: stream_seeds },
    Target { name: "message", law: laws::message, seeds: message_seeds },
    Target { name: "match", law: laws::matching, seeds: match_seeds },
    Target { name: "actions", law: laws::actions, seeds: action_seeds },
    Target { name: "packet_in", law: laws::packet_in, seeds: packet_in_seeds },
    Target { name: "text", law: laws::text, seeds: text_seeds },
];

fn stream_seeds() -> Vec<(String, Vec<u8>)> {
    let all = samples::messages();
    let pair = |pair: &[(&str, Message)]| {
        let bytes = pair.iter().flat_map(|(_, message)| message.to_bytes(1).unwrap()).collect();
        (pair[0].0.to_owned(), bytes)
    };
    all.chunks(8).map(pair).collect()
}

fn message_seeds() -> Vec<(String, Vec<u8>)> {
    let seed = |(name, message): (&str, Message)| {
        let bytes = message.to_bytes(1).unwrap();
        (name.to_owned(), [&bytes[1..2], &bytes[HEADER_LEN..]].concat())
    };
    samples::messages().into_iter().map(seed).collect()
}

fn match_seeds() -> Vec<(String, Vec<u8>)> {
    let wanted = |matching: &Match| matching.fields().count() > 2;
    let seed = |(n, matching): (usize, Match)| (format!("{n:03}"), matching.as_bytes().to_vec());
    samples::matches().into_iter().filter(wanted).step_by(3).enumerate().map(seed).collect()
}

fn action_seeds() -> Vec<(String, Vec<u8>)> {
    let seed = |(n, actions): (usize, &[(Prerequisite, Vec<Action>)])| {
        let mut bytes = Vec::new();
        actions.iter().for_each(|(_, actions)| Action::encode_list(actions, &mut bytes));
        (format!("{n:03}"), bytes)
    };
    samples::actions().chunks(6).enumerate().map(seed).collect()
}

fn packet_in_seeds() -> Vec<(String, Vec<u8>)> {
    let bytes = Message::PacketIn(samples::packet_in()).to_bytes(1).unwrap();
    vec![("sample".to_owned(), bytes[HEADER_LEN + 8..].to_vec())]
}

fn text_seeds() -> Vec<(String, Vec<u8>)> {
    let seed = |(n, flow): (usize, Flow)| (format!("{n:03}"), flow.to_string().into_bytes());
    samples::flows().into_iter().step_by(9).enumerate().map(seed).collect()
}

fn corpus_dir(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target.name)
}

/// Files of the committed corpus.
fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(corpus_dir(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

static CORPUS: LazyLock<Vec<Vec<Vec<u8>>>> = LazyLock::new(|| TARGETS.iter().map(corpus).collect());

#[test]
fn the_laws_hold_on_the_corpus() {
    for (target, files) in TARGETS.iter().zip(CORPUS.iter()) {
        files.iter().for_each(|file| (target.law)(file));
    }
}

#[test]
fn the_corpus_holds_a_seed_of_every_sample() {
    for target in &TARGETS {
        for (name, seed) in (target.seeds)() {
            let file = corpus_dir(target).join(name);
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                std::fs::create_dir_all(corpus_dir(target)).unwrap();
                std::fs::write(&file, &seed).unwrap();
            }
            assert_eq!(std::fs::read(&file).unwrap_or_default(), seed, "{}", file.display());
        }
    }
}

#[derive(Debug, Clone)]
enum Mutation {
    Set(Index, u8),
    Flip(Index, u8),
    Truncate(Index),
    Remove(Index),
    Insert(Index, Vec<u8>),
    Repeat(Index, Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let interesting = prop_oneof![Just(0), Just(1), Just(4), Just(8), Just(0x7f), Just(0xff), any::<u8>()];
    prop_oneof![
        4 => (any::<Index>(), interesting).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        4 => (any::<Index>(), 0u8..8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        1 => any::<Index>().prop_map(Mutation::Truncate),
        1 => any::<Index>().prop_map(Mutation::Remove),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
    ]
}

fn mutate(mut bytes: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        if bytes.is_empty() {
            break;
        }
        let n = bytes.len();
        match mutation {
            Mutation::Set(at, byte) => bytes[at.index(n)] = *byte,
            Mutation::Flip(at, bit) => bytes[at.index(n)] ^= 1 << bit,
            Mutation::Truncate(at) => bytes.truncate(at.index(n)),
            Mutation::Remove(at) => {
                bytes.remove(at.index(n));
            }
            Mutation::Insert(at, new) => {
                let at = at.index(n);
                bytes.splice(at..at, new.iter().copied());
            }
            Mutation::Repeat(from, to) => {
                let (from, to) = (from.index(n).min(to.index(n)), from.index(n).max(to.index(n)));
                let part = bytes[from..to].to_vec();
                bytes.splice(to..to, part);
            }
        }
    }
    bytes
}

/// Numbers that look random but are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit.max(1)
    }
}

/// One change to `bytes`, perhaps with a piece of another seed.
fn change(bytes: &mut Vec<u8>, numbers: &mut Numbers, other: &[u8]) {
    const INTERESTING: [u8; 12] = [0, 1, 2, 4, 7, 8, 16, 24, 0x7f, 0x80, 0xfe, 0xff];
    let at = numbers.below(bytes.len());
    match numbers.below(9) {
        _ if bytes.is_empty() => bytes.extend(other),
        0 | 1 => bytes[at] = INTERESTING[numbers.below(INTERESTING.len())],
        2 => bytes[at] ^= 1 << numbers.below(8),
        3 => bytes[at] = numbers.next() as u8,
        4 => bytes[at] = bytes[at].wrapping_add(numbers.below(9) as u8).wrapping_sub(4),
        5 => bytes.truncate(at),
        6 => {
            bytes.drain(at..(at + numbers.below(9)).min(bytes.len()));
        }
        7 => {
            let piece = bytes[at..(at + numbers.below(24)).min(bytes.len())].to_vec();
            let to = numbers.below(bytes.len());
            bytes.splice(to..to, piece);
        }
        _ => {
            let from = numbers.below(other.len());
            let piece = other[from..(from + numbers.below(40)).min(other.len())].iter().copied();
            bytes.splice(at..at, piece);
        }
    }
}

#[test]
fn the_laws_hold_on_many_mutations() {
    let runs = std::env::var("OPENFLOW_FUZZ").map_or(2000, |runs| runs.parse().unwrap());
    for (target, seeds) in TARGETS.iter().zip(CORPUS.iter()) {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        for _ in 0..runs {
            let mut bytes = seeds[numbers.below(seeds.len())].clone();
            for _ in 0..=numbers.below(5) {
                let other = numbers.below(seeds.len());
                change(&mut bytes, &mut numbers, &seeds[other]);
            }
            (target.law)(&bytes);
        }
        println!("{}: {runs} mutations", target.name);
    }
}

/// Cut anywhere, a message is an error that says where, or a shorter message.
#[test]
fn the_laws_hold_on_every_beginning() {
    for (target, seeds) in TARGETS.iter().zip(CORPUS.iter()) {
        for seed in seeds {
            (0..seed.len()).for_each(|end| (target.law)(&seed[..end]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_on_mutations(
        target in any::<Index>(),
        seed in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let target = target.index(TARGETS.len());
        let seed = seed.get(&CORPUS[target]).clone();
        (TARGETS[target].law)(&mutate(seed, &mutations));
    }

    #[test]
    fn the_laws_hold_on_noise(target in any::<Index>(), noise in prop::collection::vec(any::<u8>(), 0..200)) {
        (TARGETS[target.index(TARGETS.len())].law)(&noise);
    }
}

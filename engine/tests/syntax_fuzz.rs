//! The fuzz targets on their corpus, on mutations of it, and on any text.
#![allow(clippy::unwrap_used)]

#[path = "../fuzz/targets.rs"]
mod targets;

use std::path::Path;

use proptest::prelude::*;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A piece of one of the inputs, with some pieces cut out, doubled, or taken from another input.
fn mutated(inputs: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let any_index = any::<prop::sample::Index>;
    let edit = (any_index(), any_index(), any_index(), any_index(), any_index(), 0usize..4);
    (any_index(), any_index(), prop::collection::vec(edit, 0..4)).prop_map(move |(which, from, edits)| {
        let lines = |input: &[u8], from: usize| -> Vec<u8> {
            let lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').skip(from).take(5).collect();
            lines.concat()
        };
        let input = which.get(&inputs);
        let n_lines = input.split(|byte| *byte == b'\n').count();
        let mut data = lines(input, from.index(n_lines));
        for (at, length, other, other_at, other_length, kind) in edits {
            let other = other.get(&inputs);
            let start = at.index(data.len() + 1);
            let end = start + length.index((data.len() - start).min(12) + 1);
            let other_start = other_at.index(other.len() + 1);
            let other_end = other_start + other_length.index((other.len() - other_start).min(20) + 1);
            let piece = match kind {
                0 => Vec::new(),
                1 => data[start..end].repeat(2),
                _ => other[other_start..other_end].to_vec(),
            };
            data.splice(start..end, piece);
        }
        data
    })
}

#[test]
fn corpus_is_handled() {
    corpus("parse").iter().for_each(|data| targets::parse(data));
    corpus("command").iter().for_each(|data| targets::command(data));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn mutated_rules_are_handled(data in mutated(corpus("parse"))) {
        targets::parse(&data);
    }

    #[test]
    fn mutated_commands_are_handled(data in mutated(corpus("command"))) {
        targets::command(&data);
    }

    #[test]
    fn any_bytes_are_handled(data in prop::collection::vec(any::<u8>(), 0..200)) {
        targets::parse(&data);
        targets::command(&data);
    }
}

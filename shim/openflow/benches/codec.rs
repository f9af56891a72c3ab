//! Encoding and decoding of flows: messages to a switch, dumps from it, and the comparison of the two.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::net::Ipv4Addr;

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use openflow::*;

const FLOWS: u32 = 10_000;

/// What a logical pipeline mostly sends: a few fields, a register, a jump.
fn flow(n: u32) -> Flow {
    let matching = Match::builder()
        .metadata(u64::from(n % 100))
        .field(Field::REG14, u128::from(n % 7))
        .eth_type(0x0800)
        .ipv4_dst(Ipv4Addr::from_bits(0x0a00_0000 + n), 32);
    let actions = vec![
        Action::set(Field::REG15, u128::from(n)).unwrap(),
        Action::set(Field::ETH_DST, u128::from(n)).unwrap(),
        Action::DecTtl,
        Action::resubmit_table(32),
    ];
    Flow::new(16, 100, matching.build().unwrap(), Instructions::apply(actions)).with_cookie(u64::from(n))
}

fn decode_all(bytes: &[u8]) -> usize {
    let mut framer = Framer::new();
    framer.extend(bytes);
    let mut n = 0;
    while let Some(frame) = framer.next_frame().unwrap() {
        black_box(frame.message().unwrap());
        n += 1;
    }
    n
}

fn codec(criterion: &mut Criterion) {
    let flows: Vec<Flow> = (0..FLOWS).map(flow).collect();
    let mods: Vec<Message> = flows.iter().cloned().map(|flow| Message::FlowMod(FlowMod::add(flow))).collect();
    let encode_all = |messages: &[Message]| {
        let mut out = BytesMut::with_capacity(messages.len() * 200);
        messages.iter().for_each(|message| message.encode(1, &mut out).unwrap());
        out
    };
    let bytes = encode_all(&mods);
    let stats = FlowStats { duration: Some((1, 2)), idle: Some(0), packets: Some(3), bytes: Some(4) };
    let installed = flows.iter().cloned().map(|flow| InstalledFlow { flow, importance: 0, stats });
    let replies: Vec<Message> = installed
        .collect::<Vec<_>>()
        .chunks(200)
        .map(|part| MultipartReplyBody::Flows(part.to_vec()))
        .map(|body| Message::MultipartReply(MultipartReply { more: true, body }))
        .collect();
    let dump = encode_all(&replies);

    let mut group = criterion.benchmark_group("flows");
    group.throughput(Throughput::Elements(u64::from(FLOWS)));
    group.sample_size(20);
    group.bench_function("build", |bencher| bencher.iter(|| (0..FLOWS).map(flow).collect::<Vec<_>>()));
    group.bench_function("encode_flow_mod", |bencher| bencher.iter(|| encode_all(&mods)));
    group.bench_function("decode_flow_mod", |bencher| bencher.iter(|| decode_all(&bytes)));
    group.bench_function("decode_dump", |bencher| bencher.iter(|| decode_all(&dump)));
    group.bench_function("diff_equal", |bencher| {
        let both = || (flows.clone(), flows.clone());
        bencher.iter_batched(both, |(installed, desired)| diff(installed, desired), BatchSize::LargeInput);
    });
    let members: Vec<BundleMember> =
        flows.iter().map(|flow| BundleMember::from(FlowMod::add(flow.clone())).to_encoded()).collect();
    group.bench_function("encode_shared_bundle", |bencher| {
        bencher.iter(|| {
            let mut out = BytesMut::with_capacity(members.len() * 200);
            Bundle::new(1).encode_prepare(members.iter().cloned(), || 1, &mut out).unwrap();
            out
        });
    });
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);

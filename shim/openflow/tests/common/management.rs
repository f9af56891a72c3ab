//! Samples of messages about ports, tables, queues, roles, and of counters.

use openflow::*;

const TRAFFIC: TrafficCount = TrafficCount { packets: 10, bytes: 700 };

pub fn messages() -> Vec<(&'static str, Message)> {
    let mut all = changes();
    all.extend(requests());
    all.extend(replies());
    all
}

fn changes() -> Vec<(&'static str, Message)> {
    let port_mod = PortMod {
        port: PortNo(11),
        address: [2, 0, 0, 0, 0, 1],
        config: Port::DOWN,
        mask: Port::DOWN | Port::NO_RECEIVE,
        advertise: Some(0x40),
    };
    let asynchronous = AsyncConfig {
        secondary: AsyncMasks { port_status: Some(0b111), ..AsyncMasks::default() },
        primary: AsyncMasks {
            packet_in: Some(0x3f),
            flow_removed: Some(0b1001),
            request_forward: Some(0b11),
            ..AsyncMasks::default()
        },
    };
    let group_mod = GroupMod::delete(7);
    let meter_mod = MeterMod::delete(3);
    vec![
        ("port_mod", Message::PortMod(port_mod)),
        ("table_mod", Message::TableMod(TableMod { table: 3, config: table_config(0) })),
        ("get_async_request", Message::GetAsyncRequest),
        ("get_async_reply", Message::GetAsyncReply(asynchronous)),
        ("set_async", Message::SetAsync(asynchronous)),
        (
            "role_status",
            Message::RoleStatus(RoleStatus {
                role: Role::Secondary,
                reason: RoleStatusReason::PRIMARY_REQUEST,
                generation: 9,
            }),
        ),
        (
            "table_status",
            Message::TableStatus(TableStatus {
                reason: TableStatusReason::VACANCY_DOWN,
                table: TableDescription { table: 3, config: table_config(15) },
            }),
        ),
        (
            "request_forward_group",
            Message::RequestForward(RequestForward { xid: 5, request: ForwardedRequest::Group(group_mod) }),
        ),
        (
            "request_forward_meter",
            Message::RequestForward(RequestForward { xid: 6, request: ForwardedRequest::Meter(meter_mod) }),
        ),
    ]
}

fn table_config(current: u8) -> TableConfig {
    TableConfig {
        flags: TableConfig::EVICTION | TableConfig::VACANCY_EVENTS,
        eviction: Some(2),
        vacancy: Some(Vacancy { down: 20, up: 30, current }),
        other: Vec::new(),
    }
}

fn requests() -> Vec<(&'static str, Message)> {
    let request = |body: MultipartRequestBody| Message::MultipartRequest(body.into());
    vec![
        ("aggregate_request", request(MultipartRequestBody::Aggregate(FlowFilter::all()))),
        ("table_stats_request", request(MultipartRequestBody::TableStats)),
        ("tables_request", request(MultipartRequestBody::Tables)),
        ("table_features_request", request(MultipartRequestBody::TableFeatures(Vec::new()))),
        ("port_stats_request", request(MultipartRequestBody::PortStats(Some(PortNo(11))))),
        ("queues_request", request(MultipartRequestBody::Queues(QueueId::ALL))),
        (
            "queue_stats_request",
            request(MultipartRequestBody::QueueStats(QueueId { port: PortNo(11), queue: 1 })),
        ),
        ("group_stats_request", request(MultipartRequestBody::GroupStats(None))),
        ("group_features_request", request(MultipartRequestBody::GroupFeatures)),
        ("meter_stats_request", request(MultipartRequestBody::MeterStats(Some(3)))),
        ("meter_features_request", request(MultipartRequestBody::MeterFeatures)),
    ]
}

fn replies() -> Vec<(&'static str, Message)> {
    let reply = |body: MultipartReplyBody| Message::MultipartReply(body.into());
    let aggregate = AggregateStats { packets: Some(10), bytes: Some(700), flows: Some(3) };
    let group_stats =
        GroupStats { id: 7, references: 2, traffic: TRAFFIC, duration: (5, 6), buckets: vec![TRAFFIC; 2] };
    let meter_stats = MeterStats { id: 3, flows: 1, input: TRAFFIC, duration: (5, 6), bands: vec![TRAFFIC] };
    let limits = GroupLimits { max_groups: 0xffff_ff00, actions: 0x0fc0_0001 };
    let meter_features = MeterFeatures {
        max_meters: 1000,
        band_types: 2,
        capabilities: MeterFlags::KBPS.union(MeterFlags::PKTPS).union(MeterFlags::BURST),
        max_bands: 8,
        max_color: 0,
    };
    let table = TableDescription { table: 3, config: table_config(90) };
    vec![
        ("aggregate_reply", reply(MultipartReplyBody::Aggregate(aggregate))),
        (
            "table_stats_reply",
            reply(MultipartReplyBody::TableStats(vec![TableStats {
                table: 3,
                active: 5,
                lookups: 70,
                matches: 60,
            }])),
        ),
        ("tables_reply", reply(MultipartReplyBody::Tables(vec![table]))),
        ("table_features_reply", reply(MultipartReplyBody::TableFeatures(vec![table_features()]))),
        ("port_stats_reply", reply(MultipartReplyBody::PortStats(vec![port_stats()]))),
        ("queues_reply", reply(MultipartReplyBody::Queues(vec![queue()]))),
        ("queue_stats_reply", reply(MultipartReplyBody::QueueStats(vec![queue_stats()]))),
        ("group_stats_reply", reply(MultipartReplyBody::GroupStats(vec![group_stats]))),
        (
            "group_features_reply",
            reply(MultipartReplyBody::GroupFeatures(GroupFeatures {
                types: 0xf,
                capabilities: 7,
                limits: [limits; 4],
            })),
        ),
        ("meter_stats_reply", reply(MultipartReplyBody::MeterStats(vec![meter_stats]))),
        ("meter_features_reply", reply(MultipartReplyBody::MeterFeatures(meter_features))),
    ]
}

fn port_stats() -> PortStats {
    PortStats {
        port: PortNo(11),
        duration: (5, 6),
        rx_packets: 1,
        tx_packets: 2,
        rx_bytes: 64,
        tx_bytes: 128,
        rx_dropped: 3,
        tx_dropped: 4,
        rx_errors: 5,
        tx_errors: 6,
        ethernet: Some(EthernetErrors { rx_frame: 7, rx_overrun: 8, rx_crc: 9, collisions: 10 }),
        other: Vec::new(),
    }
}

fn queue() -> QueueDescription {
    QueueDescription {
        port: PortNo(11),
        queue: 1,
        min_rate: Some(100),
        max_rate: Some(500),
        other: Vec::new(),
    }
}

fn queue_stats() -> QueueStats {
    QueueStats { port: PortNo(11), queue: 1, tx_bytes: 64, tx_packets: 1, tx_errors: 0, duration: (5, 6) }
}

/// A table that can be matched on two fields, and do what is needed for that.
fn table_features() -> TableFeatures {
    let property = |kind, body: &[u8]| RawProperty { kind, body: body.to_vec() };
    let goto_table_and_apply = [0, 1, 0, 4, 0, 4, 0, 4];
    let output = [0, 0, 0, 4];
    let in_port_and_eth_dst_masked = [0x80, 0, 0, 4, 0x80, 0, 7, 6];
    let reg0 = [0, 1, 0, 4];
    TableFeatures {
        table: 3,
        command: TableFeaturesCommand::Replace,
        name: "acl".to_owned(),
        metadata_match: u64::MAX,
        metadata_write: u64::MAX,
        capabilities: 0,
        max_entries: 1_000_000,
        properties: vec![
            property(0, &goto_table_and_apply),
            property(2, &[4, 5, 6]),
            property(4, &output),
            property(6, &output),
            property(8, &in_port_and_eth_dst_masked),
            property(10, &in_port_and_eth_dst_masked),
            property(12, &reg0),
            property(14, &reg0),
        ],
    }
}

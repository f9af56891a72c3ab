//! Everything the codec can say, said to a real Open vSwitch.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;

use common::connection::Connection;
use common::samples;
use common::switch::Switch;
use openflow::*;

/// Group, meter and option map that the sample flows refer to.
fn prepare(connection: &mut Connection) {
    let mappings = samples::tlv_mappings();
    connection.send(&Message::TlvTableMod(TlvTableMod { command: TlvTableCommand::Add, mappings }));
    connection.send(&Message::MeterMod(MeterMod::add(samples::meter())));
    for group in samples::groups().into_iter().rev() {
        connection.send(&Message::GroupMod(GroupMod::add_or_modify(group)));
    }
    assert_eq!(connection.barrier(), []);
}

fn sample_flows() -> Vec<Flow> {
    // The map has 40 options; the samples know 64.
    let mapped = |flow: &Flow| {
        let text = flow.to_string();
        (40..64).all(|n| !text.contains(&format!("tun_metadata{n}")))
    };
    samples::flows().into_iter().filter(mapped).collect()
}

fn assert_same<T: Ord + std::fmt::Display>(
    got: impl IntoIterator<Item = T>,
    wanted: impl IntoIterator<Item = T>,
) {
    let got: BTreeSet<T> = got.into_iter().collect();
    let wanted: BTreeSet<T> = wanted.into_iter().collect();
    let list = |items: Vec<&T>| items.iter().map(|item| format!("\n  {item}")).collect::<String>();
    let missing = list(wanted.difference(&got).collect());
    let extra = list(got.difference(&wanted).collect());
    assert!(missing.is_empty() && extra.is_empty(), "missing:{missing}\nunexpected:{extra}");
}

#[test]
fn flows_come_back_equal_and_print_like_ovs_ofctl() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    prepare(&mut connection);
    let flows = sample_flows();
    let mut refused = Vec::new();
    for flow in &flows {
        connection.send(&Message::FlowMod(FlowMod::add(flow.clone())));
        refused.extend(connection.barrier().into_iter().map(|(_, fault)| format!("{fault}: {flow}")));
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));

    let dump: Vec<Flow> = connection.dump().into_iter().map(|installed| installed.flow).collect();
    assert_same(dump.clone(), flows.clone());
    assert!(diff(dump, flows.clone()).is_empty());

    let printed = switch.ofctl("dump-flows", &[]);
    let cookie = |line: &str| line.split(',').next().unwrap_or_default().to_owned();
    let skipped: BTreeSet<String> =
        flows.iter().filter(|flow| printed_in_part(flow)).map(|flow| cookie(&flow.to_string())).collect();
    let lines = printed.lines().map(|line| line.trim().to_owned());
    assert_same(
        lines.filter(|line| !skipped.contains(&cookie(line))),
        flows.iter().filter(|flow| !printed_in_part(flow)).map(Flow::to_string),
    );
}

/// ovs-ofctl leaves out, or shortens, some tunnel and NSH fields when it prints.
fn printed_in_part(flow: &Flow) -> bool {
    flow.matching.fields().any(|MatchField { field, mask, .. }| {
        let masked_nsh = field == Field::NSH_FLAGS && mask.is_some();
        let context = (Field::NSH_C1..=Field::NSH_C4).contains(&field);
        let gbp = field == Field::TUN_GBP_FLAGS && mask.is_some();
        let unprinted = field == Field::TUN_ERSPAN_IDX || samples::mask_is_lost(field);
        masked_nsh || context || gbp || unprinted
    })
}

#[test]
fn groups_and_meters_come_back_equal_and_print_like_ovs_ofctl() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    prepare(&mut connection);
    let groups = samples::groups();
    assert_same(connection.groups(), groups.clone());
    let printed = switch.ofctl("dump-groups", &[]);
    let lines = printed.lines().skip(1).map(|line| line.trim().to_owned());
    assert_same(lines, groups.iter().map(Group::to_string));

    // Buckets one by one.
    let bucket =
        Group { buckets: vec![Bucket::new(2, vec![Action::output(PortNo(11))])], ..groups[0].clone() };
    let insert = GroupMod { command: GroupCommand::InsertBucket(BucketId::LAST), group: bucket };
    connection.send(&Message::GroupMod(insert));
    let empty = Group { buckets: Vec::new(), ..groups[0].clone() };
    let remove = GroupMod { command: GroupCommand::RemoveBucket(BucketId(0)), group: empty };
    connection.send(&Message::GroupMod(remove));
    assert_eq!(connection.barrier(), []);
    let ids = |group: &Group| group.buckets.iter().map(|bucket| bucket.id).collect::<Vec<_>>();
    let changed = connection.groups().into_iter().find(|group| group.id == 7);
    assert_eq!(changed.as_ref().map(ids), Some(vec![1, 2]));

    let faster = Meter { bands: vec![MeterBand::drop(2000, 200)], ..samples::meter() };
    connection.send(&Message::MeterMod(MeterMod::modify(faster.clone())));
    let meters = connection.multipart(MultipartRequest::all_meters());
    assert_eq!(meters, [MultipartReplyBody::Meters(vec![faster])]);

    connection.send(&Message::GroupMod(GroupMod::delete(GroupMod::ALL_GROUPS)));
    connection.send(&Message::MeterMod(MeterMod::delete(MeterMod::ALL_METERS)));
    assert_eq!(connection.barrier(), []);
    assert_eq!(connection.groups(), []);
}

#[test]
fn the_handshake_tells_who_the_switch_is() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    match connection.ask(&Message::FeaturesRequest) {
        Message::FeaturesReply(features) => {
            assert_eq!((features.datapath_id, features.n_tables), (0xa1, 254));
        }
        other => panic!("{other:?}"),
    }
    match &connection.multipart(MultipartRequest::description())[..] {
        [MultipartReplyBody::Description(description)] => {
            assert_eq!(description.hardware, "Open vSwitch");
            assert_eq!((&*description.serial, &*description.datapath), ("hv1", "weir:hv1"));
        }
        other => panic!("{other:?}"),
    }
    match &connection.multipart(MultipartRequest::all_ports())[..] {
        [MultipartReplyBody::Ports(ports)] => {
            let mut names: Vec<_> = ports.iter().map(|port| (port.number, &*port.name)).collect();
            names.sort();
            assert_eq!(names, [(PortNo(11), "vif1"), (PortNo(12), "vif2"), (PortNo::LOCAL, "br-int")]);
        }
        other => panic!("{other:?}"),
    }
    connection.send(&Message::SetConfig(SwitchConfig::WHOLE_PACKETS));
    let config = connection.ask(&Message::GetConfigRequest);
    assert_eq!(config, Message::GetConfigReply(SwitchConfig::WHOLE_PACKETS));
    let ping = Message::EchoRequest(b"ping".as_slice().into());
    assert_eq!(connection.ask(&ping), Message::EchoReply(b"ping".as_slice().into()));
}

fn one<T>(bodies: Vec<MultipartReplyBody>, wanted: impl Fn(&MultipartReplyBody) -> Option<T>) -> T {
    match &bodies[..] {
        [body] => wanted(body).unwrap_or_else(|| panic!("{body:?}")),
        _ => panic!("{bodies:?}"),
    }
}

#[test]
fn counters_and_abilities_are_read() {
    use {MultipartReplyBody as Reply, MultipartRequestBody as Request};
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    prepare(&mut connection);
    connection.send(&Message::FlowMod(FlowMod::add(numbered(1))));
    connection.send(&Message::FlowMod(FlowMod::add(numbered(2))));
    assert_eq!(connection.barrier(), []);
    let mut ask = |request: Request| connection.multipart(request.into());

    let aggregate = one(ask(Request::Aggregate(FlowFilter::all())), |body| match body {
        Reply::Aggregate(stats) => Some(*stats),
        _ => None,
    });
    assert_eq!(aggregate, AggregateStats { packets: Some(0), bytes: Some(0), flows: Some(2) });
    let tables: Vec<TableStats> = ask(Request::TableStats)
        .into_iter()
        .flat_map(|body| match body {
            Reply::TableStats(tables) => tables,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tables.iter().map(|table| table.active).sum::<u32>(), 2);
    let names = |body: &Reply| match body {
        Reply::PortStats(ports) => Some(ports.iter().map(|port| port.port).collect::<Vec<_>>()),
        _ => None,
    };
    assert_eq!(one(ask(Request::PortStats(Some(PortNo(11)))), names), [PortNo(11)]);
    assert_eq!(one(ask(Request::PortStats(None)), names).len(), 3);
    let groups = one(ask(Request::GroupStats(Some(7))), |body| match body {
        Reply::GroupStats(groups) => Some(groups.clone()),
        _ => None,
    });
    assert_eq!(groups.iter().map(|group| (group.id, group.buckets.len())).collect::<Vec<_>>(), [(7, 2)]);
    let features = one(ask(Request::GroupFeatures), |body| match body {
        Reply::GroupFeatures(features) => Some(*features),
        _ => None,
    });
    assert_eq!(features.types, 0xf);
    let meters = one(ask(Request::MeterStats(None)), |body| match body {
        Reply::MeterStats(meters) => Some(meters.clone()),
        _ => None,
    });
    assert_eq!(meters.iter().map(|meter| (meter.id, meter.bands.len())).collect::<Vec<_>>(), [(3, 1)]);
    let features = one(ask(Request::MeterFeatures), |body| match body {
        Reply::MeterFeatures(features) => Some(*features),
        _ => None,
    });
    assert_eq!(features.band_types & 2, 2);
    let queues = one(ask(Request::Queues(QueueId::ALL)), |body| match body {
        Reply::Queues(queues) => Some(queues.clone()),
        _ => None,
    });
    // Each port has a queue of its own without bounds.
    assert_eq!(queues.iter().map(|queue| queue.queue).collect::<Vec<_>>(), [0, 0, 0]);

    let features: Vec<TableFeatures> = ask(Request::TableFeatures(Vec::new()))
        .into_iter()
        .flat_map(|body| match body {
            Reply::TableFeatures(tables) => tables,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(features.len(), 254);
    let fields: Vec<(Field, bool)> = features[0].match_fields().collect();
    assert!(
        fields.contains(&(Field::IP_DST, true)) && fields.contains(&(Field::ETH_TYPE, false)),
        "{fields:?}"
    );
    assert_eq!(features[250].next_tables(), [251, 252, 253]);
}

#[test]
fn ports_tables_and_reports_are_configured() {
    use {MultipartReplyBody as Reply, MultipartRequestBody as Request};
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    let port = |connection: &mut Connection| {
        one(connection.multipart(Request::Ports(Some(PortNo(11))).into()), |body| match body {
            Reply::Ports(ports) => ports.first().cloned(),
            _ => None,
        })
    };
    let before = port(&mut connection);
    let change = PortMod {
        port: PortNo(11),
        address: before.address,
        config: Port::NO_PACKET_IN,
        mask: Port::NO_PACKET_IN,
        advertise: None,
    };
    connection.send(&Message::PortMod(change));
    assert_eq!(connection.barrier(), []);
    assert_eq!(port(&mut connection).config & !before.config, Port::NO_PACKET_IN);

    let vacancy = Some(Vacancy { down: 10, up: 20, current: 0 });
    let config = TableConfig { flags: TableConfig::VACANCY_EVENTS, vacancy, ..TableConfig::default() };
    connection.send(&Message::TableMod(TableMod { table: 5, config }));
    assert_eq!(connection.barrier(), []);
    let tables: Vec<TableDescription> = connection
        .multipart(Request::Tables.into())
        .into_iter()
        .flat_map(|body| match body {
            Reply::Tables(tables) => tables,
            other => panic!("{other:?}"),
        })
        .collect();
    let bounds = tables[5].config.vacancy.map(|vacancy| (vacancy.down, vacancy.up));
    assert_eq!((tables[5].table, bounds), (5, Some((10, 20))));

    let masks = AsyncMasks { packet_in: Some(0b10), flow_removed: Some(0b100), ..AsyncMasks::default() };
    connection.send(&Message::SetAsync(AsyncConfig { primary: masks, ..AsyncConfig::default() }));
    match connection.ask(&Message::GetAsyncRequest) {
        Message::GetAsyncReply(config) => {
            assert_eq!((config.primary.packet_in, config.primary.flow_removed), (Some(0b10), Some(0b100)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn roles_and_changes_of_groups_are_told_to_others() {
    let switch = Switch::start();
    let mut first = Connection::open(&switch.management_socket());
    let mut second = Connection::open(&switch.management_socket());
    let all = Some(0xff);
    let masks =
        AsyncMasks { role_status: Some(0b111), request_forward: all.map(|_| 0b11), ..AsyncMasks::default() };
    first.send(&Message::SetAsync(AsyncConfig { secondary: masks, primary: masks }));
    let primary = |generation| Message::RoleRequest(RoleState { role: Role::Primary, generation });
    first.ask(&primary(1));
    second.send(&Message::GroupMod(GroupMod::add_or_modify(samples::groups().remove(0))));
    assert_eq!(second.barrier(), []);
    let forwarded = wait(&mut first, |message| match message {
        Message::RequestForward(forward) => Some(forward.request.clone()),
        _ => None,
    });
    let ForwardedRequest::Group(group_mod) = forwarded else { panic!("{forwarded:?}") };
    assert_eq!(group_mod.group.id, 7);
    second.ask(&primary(2));
    let status = wait(&mut first, |message| match message {
        Message::RoleStatus(status) => Some(*status),
        _ => None,
    });
    let reason = RoleStatusReason::PRIMARY_REQUEST;
    assert_eq!(status, RoleStatus { role: Role::Secondary, reason, generation: 2 });
}

#[test]
fn an_old_generation_is_refused() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    let role = |generation| RoleState { role: Role::Primary, generation };
    assert_eq!(connection.ask(&Message::RoleRequest(role(7))), Message::RoleReply(role(7)));
    let xid = connection.send(&Message::RoleRequest(role(6)));
    let faults = connection.barrier();
    assert_eq!(
        faults.iter().map(|(xid, fault)| (*xid, fault.kind)).collect::<Vec<_>>(),
        [(xid, FaultKind::STALE_ROLE)]
    );
    let offender = faults[0].1.offender().unwrap();
    assert_eq!((offender.message_type, offender.xid), (24, xid));
}

#[test]
fn geneve_options_are_mapped_once() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    let mapping = TlvMapping { class: 0x0102, kind: 0x80, length: 4, index: 0 };
    let change = |command, mappings| Message::TlvTableMod(TlvTableMod { command, mappings });
    connection.send(&change(TlvTableCommand::Add, vec![mapping]));
    assert_eq!(connection.barrier(), []);
    let table = TlvTable { max_option_space: 256, max_fields: 64, mappings: vec![mapping] };
    assert_eq!(connection.ask(&Message::TlvTableRequest), Message::TlvTableReply(table));
    connection.send(&change(TlvTableCommand::Add, vec![TlvMapping { index: 1, ..mapping }]));
    let kinds: Vec<_> = connection.barrier().into_iter().map(|(_, fault)| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::TLV_DUPLICATE]);
    connection.send(&change(TlvTableCommand::Delete, vec![mapping]));
    connection.send(&change(TlvTableCommand::Clear, Vec::new()));
    assert_eq!(connection.barrier(), []);
}

fn numbered(n: u64) -> Flow {
    let matching = Match::builder().metadata(n).build().unwrap();
    Flow::new(10, 100, matching, Instructions::apply(vec![Action::output(PortNo(11))]))
}

#[test]
fn a_bundle_takes_effect_at_its_commit() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    let bundle = Bundle::new(5);
    let group = samples::groups().remove(3);
    let mut members: Vec<BundleMember> = vec![GroupMod::add_or_modify(group).into()];
    members.extend((0..100).map(|n| FlowMod::add(numbered(n)).into()));
    members.push(BundleMember::from(FlowMod::add(numbered(100))).to_encoded());
    members.push(BundleMember::Packet(samples::packet_out()));
    for message in bundle.prepare(members) {
        connection.send(&message);
    }
    assert_eq!(connection.barrier(), []);
    assert_eq!(connection.dump().len(), 0);
    let reply = connection.ask(&bundle.commit());
    match reply {
        Message::BundleControl(done) => {
            assert_eq!((done.bundle, done.kind), (5, BundleControlKind::CommitReply));
        }
        other => panic!("{other:?}"),
    }
    assert_same(connection.dump().into_iter().map(|installed| installed.flow), (0..=100).map(numbered));

    // Strict deletes and changes, by the difference.
    let desired = (50..120).map(|n| match n {
        60 => Flow { instructions: Instructions::default(), ..numbered(60) },
        _ => numbered(n),
    });
    let difference = diff((0..=100).map(numbered), desired.clone());
    let bundle = Bundle::new(6);
    for message in bundle.prepare(difference.into_flow_mods()) {
        connection.send(&message);
    }
    assert_eq!(connection.barrier(), []);
    connection.ask(&bundle.commit());
    assert_same(connection.dump().into_iter().map(|installed| installed.flow), desired);
}

#[test]
fn a_message_refused_inside_a_bundle_is_known_before_the_commit() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    let missing = FlowMod::add(Flow {
        instructions: Instructions::apply(vec![Action::output(PortNo(0xffff_ff00))]),
        ..numbered(1)
    });
    let bundle = Bundle::new(5);
    let xids: Vec<u32> =
        bundle.prepare([FlowMod::add(numbered(0)), missing]).map(|m| connection.send(&m)).collect();
    let faults = connection.barrier();
    assert_eq!(faults.iter().map(|(xid, _)| *xid).collect::<Vec<_>>(), [xids[2]]);
    connection.ask(&bundle.discard());
    assert_eq!(connection.dump().len(), 0);
}

/// The next message for which `pick` has a use.
fn wait<T>(connection: &mut Connection, mut pick: impl FnMut(&Message) -> Option<T>) -> T {
    loop {
        let (_, message) = connection.receive();
        if let Some(found) = pick(&message) {
            return found;
        }
    }
}

#[test]
fn a_paused_packet_goes_on_after_resume() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    connection.send(&Message::SetConfig(SwitchConfig::WHOLE_PACKETS));
    connection.send(&Message::SetPacketInFormat(PacketInFormat::Nicira2));
    connection.send(&Message::SetControllerId(9));
    let ask = Controller { id: 9, userdata: b"dhcp".to_vec(), pause: true, ..Controller::default() };
    let tell = Controller { id: 9, userdata: b"told".to_vec(), ..Controller::default() };
    let actions = vec![
        Action::set(Field::REG7, 0x77).unwrap(),
        Action::Controller(Box::new(ask)),
        Action::Controller(Box::new(tell)),
    ];
    let from_port = Match::builder().in_port(PortNo(11)).build().unwrap();
    let flow = Flow::new(0, 10, from_port, Instructions::apply(actions)).with_cookie(0xabc);
    connection.send(&Message::FlowMod(FlowMod::add(flow)));
    assert_eq!(connection.barrier(), []);

    connection.send(&Message::PacketOut(samples::packet_out()));
    let packet_in = |message: &Message| match message {
        Message::PacketIn(packet_in) => Some(packet_in.clone()),
        _ => None,
    };
    let paused = wait(&mut connection, packet_in);
    assert_eq!(paused.packet, samples::packet_out().data);
    assert_eq!((paused.userdata.as_slice(), paused.table), (b"dhcp".as_slice(), 0));
    assert_eq!(paused.in_port(), Some(PortNo(11)));
    assert_eq!(paused.metadata.exact(Field::METADATA), Some(5));
    assert_eq!(paused.metadata.exact(Field::REG7), Some(0x77));
    assert!(paused.continuation.is_some());

    connection.send(&Message::Resume(paused));
    let resumed = wait(&mut connection, packet_in);
    assert_eq!(resumed.userdata, b"told");
    assert_eq!(resumed.continuation, None);
    assert_eq!(connection.barrier(), []);
}

#[test]
fn a_packet_in_names_the_flow_that_sent_it() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    connection.send(&Message::SetConfig(SwitchConfig::WHOLE_PACKETS));
    connection.send(&Message::SetPacketInFormat(PacketInFormat::Nicira2));
    let whole = Output { port: PortNo::CONTROLLER, max_len: u16::MAX };
    let flow = Flow::new(0, 10, Match::any(), Instructions::apply(vec![Action::Output(whole)]));
    connection.send(&Message::FlowMod(FlowMod::add(flow.with_cookie(0xabc))));
    assert_eq!(connection.barrier(), []);
    connection.send(&Message::PacketOut(samples::packet_out()));
    let packet_in = wait(&mut connection, |message| match message {
        Message::PacketIn(packet_in) => Some(packet_in.clone()),
        _ => None,
    });
    assert_eq!((packet_in.cookie, packet_in.reason), (Some(0xabc), PacketInReason::PACKET_OUT));
    assert_eq!((packet_in.packet, packet_in.userdata), (samples::packet_out().data, Vec::new()));
}

#[test]
fn connections_are_flushed() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    connection.send(&Message::CtFlushZone(7));
    connection.send(&Message::CtFlush(samples::ct_flush()));
    let icmp = CtTuple { icmp_id: Some(1), icmp_type: Some(8), icmp_code: Some(0), ..CtTuple::default() };
    connection.send(&Message::CtFlush(CtFlush { ip_proto: 1, zone: None, original: icmp, reply: icmp }));
    assert_eq!(connection.barrier(), []);
}

#[test]
fn changes_by_others_are_reported() {
    let switch = Switch::start();
    let mut watcher = Connection::open(&switch.management_socket());
    let mut other = Connection::open(&switch.management_socket());
    let flags = [
        FlowMonitorFlags::INITIAL,
        FlowMonitorFlags::ADD,
        FlowMonitorFlags::REMOVED,
        FlowMonitorFlags::MODIFY,
    ]
    .into_iter()
    .fold(FlowMonitorFlags::INSTRUCTIONS, FlowMonitorFlags::union);
    other.send(&Message::FlowMod(FlowMod::add(numbered(1))));
    assert_eq!(other.barrier(), []);
    let request = FlowMonitorRequest { table: Some(10), ..FlowMonitorRequest::all(1, flags) };
    let body = MultipartRequestBody::FlowMonitor(vec![request]);
    let initial = watcher.multipart(MultipartRequest { more: false, body });
    let seen = |event, flow| FlowUpdate::Flow { event, flow };
    assert_eq!(initial, [MultipartReplyBody::FlowMonitor(vec![seen(FlowUpdateEvent::Initial, numbered(1))])]);

    let changed = Flow { instructions: Instructions::apply(vec![Action::CtClear]), ..numbered(1) };
    other.send(&Message::FlowMod(FlowMod::add(numbered(2))));
    other.send(&Message::FlowMod(FlowMod::modify_strict(changed.clone())));
    other.send(&Message::FlowMod(FlowMod::delete_strict(changed.key())));
    assert_eq!(other.barrier(), []);
    let mut updates = Vec::new();
    while updates.len() < 3 {
        updates.extend(wait(&mut watcher, |message| match message {
            Message::MultipartReply(MultipartReply {
                body: MultipartReplyBody::FlowMonitor(updates),
                ..
            }) => Some(updates.clone()),
            _ => None,
        }));
    }
    let removed = FlowUpdateEvent::Removed(FlowRemovedReason::DELETE);
    assert_eq!(
        updates,
        [
            seen(FlowUpdateEvent::Added, numbered(2)),
            seen(FlowUpdateEvent::Modified, changed.clone()),
            seen(removed, changed)
        ]
    );
}

#[test]
fn ports_and_flows_that_go_are_reported() {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    connection.send(&Message::SetConfig(SwitchConfig::WHOLE_PACKETS));
    let flow = Flow { flags: FlowFlags::SEND_FLOW_REMOVED, ..numbered(3).with_cookie(33) };
    connection.send(&Message::FlowMod(FlowMod::add(flow.clone())));
    connection.send(&Message::FlowMod(FlowMod::delete_strict(flow.key())));
    let removed = wait(&mut connection, |message| match message {
        Message::FlowRemoved(removed) => Some(removed.clone()),
        _ => None,
    });
    assert_eq!((removed.table, removed.cookie, removed.reason), (10, 33, FlowRemovedReason::DELETE));
    assert_eq!(removed.matching, flow.matching);
    assert_eq!((removed.stats.packets, removed.stats.bytes), (Some(0), Some(0)));

    switch.vsctl(&["del-port", "br-int", "vif2"]);
    let status = wait(&mut connection, |message| match message {
        Message::PortStatus(status) if status.reason == PortStatusReason::Delete => Some(status.clone()),
        _ => None,
    });
    assert_eq!((status.port.number, &*status.port.name), (PortNo(12), "vif2"));
}

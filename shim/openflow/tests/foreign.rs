//! Text means to this crate what it means to ovs-ofctl: the same line, given to a switch by both, comes back
//! from the switch as the same bytes. And what ovs-ofctl prints is read as what it printed.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::connection::Connection;
use common::samples;
use common::switch::Switch;
use openflow::*;

fn prepared() -> (Switch, Connection) {
    let switch = Switch::start();
    let mut connection = Connection::open(&switch.management_socket());
    // Options of a known length, a meter and groups that the flows refer to.
    let mappings = samples::tlv_mappings();
    connection.send(&Message::TlvTableMod(TlvTableMod { command: TlvTableCommand::Add, mappings }));
    connection.send(&Message::MeterMod(MeterMod::add(samples::meter())));
    for group in samples::groups().into_iter().rev() {
        connection.send(&Message::GroupMod(GroupMod::add_or_modify(group)));
    }
    assert_eq!(connection.barrier(), []);
    (switch, connection)
}

/// The entries of a flow dump as the switch sent them, without their counters, by cookie.
fn entries(connection: &mut Connection) -> BTreeMap<u64, Vec<u8>> {
    let xid = connection.send(&Message::MultipartRequest(MultipartRequest::all_flows()));
    let mut entries = BTreeMap::new();
    let u16_at = |bytes: &[u8], at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    let aligned = |length: usize| length.next_multiple_of(8);
    loop {
        let frame = connection.receive_frame(xid);
        let mut rest = &frame[8..];
        while !rest.is_empty() {
            let (entry, next) = rest.split_at(u16_at(rest, 0));
            let cookie = u64::from_be_bytes(entry[16..24].try_into().unwrap());
            let match_end = 24 + aligned(u16_at(entry, 26));
            let stats_end = match_end + aligned(u16_at(entry, match_end + 2));
            entries.insert(cookie, [&entry[..match_end], &entry[stats_end..]].concat());
            rest = next;
        }
        if frame[3] & 1 == 0 {
            return entries;
        }
    }
}

fn lines() -> Vec<&'static str> {
    let all = include_str!("data/flows.txt").lines();
    all.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Each line with a cookie that tells it from the others.
fn numbered() -> Vec<(u64, String)> {
    let with_cookie = |(n, line): (u64, &str)| match line.contains("cookie=0x1234,") {
        true => (0x1234, line.to_owned()),
        false => (n, format!("cookie={n},{line}")),
    };
    (1..).zip(lines()).map(with_cookie).collect()
}

#[test]
fn flows_mean_the_same_to_ovs_ofctl() {
    let (switch, mut connection) = prepared();
    let flows = numbered();
    let file = switch.path("flows");
    let texts: Vec<&str> = flows.iter().map(|(_, text)| text.as_str()).collect();
    std::fs::write(&file, texts.join("\n")).unwrap();
    switch.ofctl("add-flows", &[&file]);
    let theirs = entries(&mut connection);
    assert_eq!(theirs.len(), flows.len());

    connection.send(&Message::FlowMod(FlowMod::delete_all()));
    let mut wrong = Vec::new();
    for (_, text) in &flows {
        let flow_mod: FlowMod = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        connection.send(&Message::FlowMod(flow_mod));
        wrong.extend(connection.barrier().into_iter().map(|(_, fault)| format!("{fault}: {text}")));
    }
    let ours = entries(&mut connection);
    for (cookie, text) in &flows {
        if ours.get(cookie) != theirs.get(cookie) {
            wrong.push(format!("{text}:\n  {:02x?}\n  {:02x?}", ours.get(cookie), theirs.get(cookie)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_ovs_ofctl_prints_of_a_dump_makes_the_same_dump() {
    let (switch, mut connection) = prepared();
    let file = switch.path("flows");
    let texts: Vec<String> = numbered().into_iter().map(|(_, text)| text).collect();
    std::fs::write(&file, texts.join("\n")).unwrap();
    switch.ofctl("add-flows", &[&file]);
    let first = entries(&mut connection);
    let printed = switch.ofctl_with_stats("dump-flows", &[]);
    let lines: Vec<&str> = printed.lines().filter(|line| line.contains("actions=")).collect();
    assert_eq!(lines.len(), first.len());

    connection.send(&Message::FlowMod(FlowMod::delete_all()));
    for line in &lines {
        let InstalledFlow { flow, importance, stats } =
            line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!((stats.packets, stats.bytes), (Some(0), Some(0)), "{line}");
        assert!(stats.duration.is_some(), "{line}");
        connection.send(&Message::FlowMod(FlowMod { importance, ..FlowMod::add(flow) }));
        assert_eq!(connection.barrier(), [], "{line}");
    }
    let second = entries(&mut connection);
    // Neither the mask of a Geneve option is printed, nor how much of a packet goes to a port other than the controller.
    let printed_in_part = |line: &str| line.contains("tun_metadata0=0x12,") || line.contains("pop_queue");
    let differing: Vec<&&str> = lines
        .iter()
        .filter(|line| {
            let cookie = line.parse::<Flow>().unwrap().cookie;
            !printed_in_part(line) && first.get(&cookie) != second.get(&cookie)
        })
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn groups_and_meters_printed_by_ovs_ofctl_are_read() {
    let (switch, mut connection) = prepared();
    let more = [
        "group_id=100,type=select,selection_method=hash,fields(ip_src=255.255.0.0,nw_proto),bucket=bucket_id:5,weight:10,actions=output:11,bucket=bucket_id:6,actions=set_field:0x1->reg0,output:12",
        "group_id=101,type=ff,bucket=watch_port:11,actions=output:11,bucket=watch_group:100,actions=group:100",
        "group_id=102,type=indirect,bucket=actions=clone(ct_clear,output:11)",
        "group_id=103,type=all",
        "group_id=104,type=select,selection_method=dp_hash,selection_method_param=7,bucket=output:11,bucket=weight:0,output:12",
    ];
    for text in more {
        switch.ofctl("add-group", &[text]);
        let theirs = connection.groups();
        let group: Group = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        connection.send(&Message::GroupMod(GroupMod::delete(group.id)));
        connection.send(&Message::GroupMod(GroupMod::add_or_modify(group)));
        assert_eq!(connection.barrier(), [], "{text}");
        let sorted = |mut groups: Vec<Group>| {
            groups.sort();
            groups
        };
        assert_eq!(sorted(connection.groups()), sorted(theirs), "{text}");
    }
    let printed = switch.ofctl("dump-groups", &[]);
    let read: Vec<Group> = printed.lines().skip(1).map(|line| line.trim().parse().unwrap()).collect();
    assert_eq!(read, connection.groups());

    switch.ofctl("add-meter", &["meter=9,pktps,stats,bands=type=drop,rate=500"]);
    switch.ofctl("add-meter", &["meter=controller,kbps,burst,band=type=drop,rate=100,burst_size=20"]);
    let printed = switch.ofctl("dump-meters", &[]);
    let texts = printed.split_once('\n').unwrap().1.split("\n\n").filter(|text| !text.trim().is_empty());
    let mut read: Vec<Meter> = texts.map(|text| text.parse().unwrap()).collect();
    read.sort();
    let [MultipartReplyBody::Meters(meters)] = &connection.multipart(MultipartRequest::all_meters())[..]
    else {
        panic!("not meters");
    };
    // A burst that was not asked for is not printed, though the switch has one.
    let printed_part = |meter: &Meter| match meter.flags.0 & MeterFlags::BURST.0 {
        0 => {
            Meter { bands: meter.bands.iter().map(|band| MeterBand::drop(band.rate, 0)).collect(), ..*meter }
        }
        _ => meter.clone(),
    };
    let mut meters: Vec<Meter> = meters.iter().map(printed_part).collect();
    meters.sort();
    assert_eq!(read, meters);
    for meter in meters {
        assert!(printed.contains(&meter.to_string()), "{meter}\n{printed}");
    }
}

#[test]
fn reports_printed_by_ovs_ofctl_are_read() {
    for update in updates() {
        let message = Message::MultipartReply(MultipartReplyBody::FlowMonitor(vec![update.clone()]).into());
        let printed = common::switch::ofp_print(&message.to_bytes(7).unwrap());
        let line = printed.trim_end().split_once('\n').unwrap().1.trim_start();
        assert_eq!(update.to_string(), line);
        assert_eq!(line.parse::<FlowUpdate>().as_ref(), Ok(&update));
    }
}

fn updates() -> Vec<FlowUpdate> {
    let flow: Flow =
        "cookie=0x5, table=3, tcp,reg0=0x1,nw_dst=10.0.0.1,tp_dst=80 actions=resubmit(,4)".parse().unwrap();
    let plain = Flow::new(0, 0x8000, Match::any(), Instructions::apply(vec![Action::CtClear]));
    let timed =
        Flow { idle_timeout: 5, hard_timeout: 6, instructions: Instructions::default(), ..flow.clone() };
    let report = |event, flow| FlowUpdate::Flow { event, flow };
    vec![
        report(FlowUpdateEvent::Initial, flow.clone()),
        report(FlowUpdateEvent::Added, plain),
        report(FlowUpdateEvent::Modified, timed),
        report(FlowUpdateEvent::Removed(FlowRemovedReason::IDLE_TIMEOUT), flow.clone()),
        report(FlowUpdateEvent::Removed(FlowRemovedReason::EVICTION), flow),
        FlowUpdate::Own { xid: 0x1234 },
        FlowUpdate::Paused,
        FlowUpdate::Resumed,
    ]
}

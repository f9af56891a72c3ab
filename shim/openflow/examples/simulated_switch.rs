//! A switch without packets: it keeps flows, groups and meters, and answers what is asked about them.
//!
//! `cargo run -p openflow --example simulated_switch -- 127.0.0.1:6653` listens; try
//! `ovs-ofctl -O OpenFlow15 dump-flows tcp:127.0.0.1:6653`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use bytes::BytesMut;
use openflow::{
    Fault, FaultKind, Features, Flow, FlowCommand, FlowKey, FlowMod, FlowStats, Framer, Group, GroupCommand,
    GroupMod, Hello, InstalledFlow, Message, Meter, MeterCommand, MeterMod, MultipartReply,
    MultipartReplyBody, MultipartRequestBody, SwitchConfig, SwitchDescription,
};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6653".to_owned());
    let listener = TcpListener::bind(address)?;
    let mut switch = Switch::default();
    for stream in listener.incoming() {
        if let Err(error) = switch.serve(stream?) {
            eprintln!("connection ended: {error}");
        }
    }
    Ok(())
}

#[derive(Default)]
struct Switch {
    flows: BTreeMap<FlowKey, Flow>,
    groups: BTreeMap<u32, Group>,
    meters: BTreeMap<u32, Meter>,
}

impl Switch {
    fn serve(&mut self, mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
        let mut framer = Framer::new();
        let mut out = BytesMut::new();
        Message::Hello(Hello::OPENFLOW_15).encode(0, &mut out)?;
        loop {
            stream.write_all(&out)?;
            out.clear();
            let mut chunk = [0; 1 << 16];
            let n = stream.read(&mut chunk)?;
            if n == 0 {
                return Ok(());
            }
            framer.extend(&chunk[..n]);
            while let Some(frame) = framer.next_frame()? {
                let answers = match frame.message() {
                    Ok(message) => self.answer(message),
                    Err(error) => {
                        eprintln!("not understood: {error}");
                        let kind = FaultKind::Standard { kind: 1, code: 6 };
                        vec![Message::Error(Fault { kind, data: frame.body.to_vec() })]
                    }
                };
                answers.iter().try_for_each(|answer| answer.encode(frame.header.xid, &mut out))?;
            }
        }
    }

    fn answer(&mut self, message: Message) -> Vec<Message> {
        match message {
            Message::EchoRequest(data) => vec![Message::EchoReply(data)],
            Message::BarrierRequest => vec![Message::BarrierReply],
            Message::GetConfigRequest => vec![Message::GetConfigReply(SwitchConfig::WHOLE_PACKETS)],
            Message::FeaturesRequest => vec![Message::FeaturesReply(Features {
                datapath_id: 0xa1,
                n_buffers: 0,
                n_tables: 254,
                auxiliary_id: 0,
                capabilities: 0x4f,
            })],
            Message::FlowMod(flow_mod) => self.change_flow(flow_mod),
            Message::GroupMod(group_mod) => self.change_group(group_mod),
            Message::MeterMod(meter_mod) => self.change_meter(meter_mod),
            Message::MultipartRequest(request) => self.report(request.body),
            _ => Vec::new(),
        }
    }

    fn change_flow(&mut self, FlowMod { command, flow, .. }: FlowMod) -> Vec<Message> {
        match command {
            FlowCommand::Add => {
                self.flows.insert(flow.key(), flow);
            }
            FlowCommand::DeleteStrict => {
                self.flows.remove(&flow.key());
            }
            FlowCommand::ModifyStrict => {
                if let Some(installed) = self.flows.get_mut(&flow.key()) {
                    installed.instructions = flow.instructions;
                }
            }
            // Of the loose commands only the one that empties tables is needed here.
            FlowCommand::Delete if flow.matching.is_any() => {
                self.flows.retain(|key, _| flow.table != u8::MAX && key.table != flow.table);
            }
            FlowCommand::Delete | FlowCommand::Modify => return vec![refusal()],
        }
        Vec::new()
    }

    fn change_group(&mut self, GroupMod { command, group }: GroupMod) -> Vec<Message> {
        match command {
            GroupCommand::Add | GroupCommand::AddOrModify | GroupCommand::Modify => {
                self.groups.insert(group.id, group);
            }
            GroupCommand::Delete if group.id == GroupMod::ALL_GROUPS => self.groups.clear(),
            GroupCommand::Delete => {
                self.groups.remove(&group.id);
            }
            GroupCommand::InsertBucket(_) | GroupCommand::RemoveBucket(_) => return vec![refusal()],
        }
        Vec::new()
    }

    fn change_meter(&mut self, MeterMod { command, flags, id, bands }: MeterMod) -> Vec<Message> {
        match command {
            MeterCommand::Add | MeterCommand::Modify => {
                self.meters.insert(id, Meter { id, flags, bands });
            }
            MeterCommand::Delete if id == MeterMod::ALL_METERS => self.meters.clear(),
            MeterCommand::Delete => {
                self.meters.remove(&id);
            }
        }
        Vec::new()
    }

    fn report(&self, request: MultipartRequestBody) -> Vec<Message> {
        let parts: Vec<MultipartReply> = match request {
            MultipartRequestBody::Description => {
                let description = SwitchDescription {
                    manufacturer: "nobody".to_owned(),
                    hardware: "simulated".to_owned(),
                    ..SwitchDescription::default()
                };
                vec![MultipartReplyBody::Description(description).into()]
            }
            MultipartRequestBody::Flows(filter) => {
                let wanted = |flow: &&Flow| filter.table.is_none_or(|table| table == flow.table);
                let stats = FlowStats { packets: Some(0), bytes: Some(0), ..FlowStats::default() };
                let installed = |flow: &Flow| InstalledFlow { flow: flow.clone(), importance: 0, stats };
                MultipartReply::of_flows(self.flows.values().filter(wanted).map(installed))
            }
            MultipartRequestBody::Groups(id) => {
                let wanted = |group: &&Group| id.is_none_or(|id| id == group.id);
                MultipartReply::of_groups(self.groups.values().filter(wanted).cloned())
            }
            MultipartRequestBody::Meters(id) => {
                let wanted = |meter: &&Meter| id.is_none_or(|id| id == meter.id);
                MultipartReply::of_meters(self.meters.values().filter(wanted).cloned())
            }
            _ => return vec![refusal()],
        };
        parts.into_iter().map(Message::MultipartReply).collect()
    }
}

/// OFPBRC_BAD_STAT, for what this switch does not do.
fn refusal() -> Message {
    Message::Error(Fault { kind: FaultKind::Standard { kind: 1, code: 2 }, data: Vec::new() })
}

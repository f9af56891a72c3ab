//! The services' loop: a packet comes in, answers go out, what was learned goes to the driver.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use openflow::{Action, Field, Match, PacketIn, PacketOut, PortNo};
use tokio::sync::mpsc::Receiver;
use tracing::{debug, warn};
use weir_engine::engine::Update;
use weir_engine::ir::{Program, RelationId, RelationRole};
use weir_engine::value::Value;

use super::abort::abort;
use super::answer;
use super::dhcp;
use super::frame::{Frame, Mac};
use super::log;
use super::neighbor::{question, said_by};
use super::request::Request;
use super::resolve::{Held, Neighbor, Questions};
use crate::chassis::{Hypervisors, PuntedPacket, ToSwitch};

/// The relations in which the services note what they learn. A program that lacks one has no use for it.
#[derive(Debug, Clone, Copy)]
pub struct LearnedRelations {
    /// `service::LearnedNeighbor`
    pub neighbor: Option<RelationId>,
}

impl LearnedRelations {
    /// Finds them by name.
    pub fn of(program: &Program) -> LearnedRelations {
        let input = |name: &str| {
            let found = program
                .relations
                .iter()
                .position(|relation| &*relation.name == name && relation.role == RelationRole::Input);
            found.map(|id| RelationId(id as u32))
        };
        LearnedRelations { neighbor: input("service::LearnedNeighbor") }
    }
}

/// Answers packets until no more can come. What is learned is given to `learn`.
pub async fn serve(
    mut packets: Receiver<PuntedPacket>,
    hypervisors: Arc<Hypervisors>,
    relations: LearnedRelations,
    learn: impl Fn(Vec<Update>),
) {
    let mut services = Services { relations, questions: Questions::default() };
    while let Some(punted) = packets.recv().await {
        for outcome in services.handle(&punted, Instant::now()) {
            match outcome {
                Outcome::Send(chassis, packet) => {
                    if !hypervisors.tell(&chassis, ToSwitch::Packet(packet)) {
                        debug!(%chassis, "an answer is lost: the switch cannot be told");
                    }
                }
                Outcome::Resume(chassis, packet) => {
                    if !hypervisors.tell(&chassis, ToSwitch::Resume(*packet)) {
                        debug!(%chassis, "a packet that waits is lost: the switch cannot be told");
                    }
                }
                Outcome::Learn(update) => learn(vec![update]),
            }
        }
    }
}

/// The services, without sockets or clock.
struct Services {
    relations: LearnedRelations,
    questions: Questions,
}

/// What follows from a packet.
enum Outcome {
    Send(Arc<str>, PacketOut),
    Resume(Arc<str>, Box<PacketIn>),
    Learn(Update),
}

impl Services {
    fn handle(&mut self, punted: &PuntedPacket, now: Instant) -> Vec<Outcome> {
        let PuntedPacket { chassis, packet } = punted;
        let request = match Request::read(&packet.userdata) {
            Ok(request) => request,
            Err(problem) => {
                warn!(%chassis, cookie = packet.cookie, "{problem}");
                return Vec::new();
            }
        };
        let frame = Frame::read(&packet.packet);
        if let Request::Log(entry) = &request {
            log::write(chassis, entry, &packet.metadata, frame.as_ref());
            return Vec::new();
        }
        let Some(frame) = frame else { return Vec::new() };
        let answer = |table, answer: Option<Vec<u8>>| {
            let outcome =
                answer.map(|frame| Outcome::Send(Arc::clone(chassis), enter(table, &packet.metadata, frame)));
            outcome.into_iter().collect()
        };
        match request {
            Request::Error { table, error } => answer(table, answer::error(&frame, error)),
            Request::Reset { table, ttl } => answer(table, answer::reset(&frame, ttl)),
            Request::Ask { table, then } => {
                let Some(hop) = Hop::of(&packet.metadata, &frame) else { return Vec::new() };
                let held = Held {
                    chassis: Arc::clone(chassis),
                    metadata: packet.metadata.clone(),
                    frame: packet.packet.clone(),
                    table: then,
                };
                let wanted = hop.neighbor.ip;
                if self.questions.hold(hop.neighbor, held, now) {
                    answer(table, question(frame.source, hop.own, wanted))
                } else {
                    Vec::new()
                }
            }
            Request::Note => self.note(&packet.metadata, &frame),
            Request::Abort { table, ttl } => answer(table, abort(&frame, ttl)),
            Request::Log(_) => Vec::new(),
            Request::Dhcp(offer) => {
                let mut resumed = packet.clone();
                if let Some(answer) = dhcp::answer(&packet.packet, &offer) {
                    resumed.packet = answer;
                }
                vec![Outcome::Resume(Arc::clone(chassis), Box::new(resumed))]
            }
        }
    }

    fn note(&mut self, metadata: &Match, frame: &Frame<'_>) -> Vec<Outcome> {
        let Some((ip, mac)) = said_by(frame) else { return Vec::new() };
        // Who speaks for a group, or for all, does not say who it is.
        if mac[0] & 1 == 1 || mac == Mac::default() {
            return Vec::new();
        }
        let (Some(router), Some(port)) =
            (register(metadata, Field::METADATA), register(metadata, Field::REG14))
        else {
            return Vec::new();
        };
        let neighbor = Neighbor { router, port, ip };
        let learned = self.relations.neighbor.map(|relation| {
            Outcome::Learn(Update::InsertOrUpdate { relation, record: neighbor_record(&neighbor, mac) })
        });
        let released = self.questions.known(&neighbor, mac);
        let sent = released
            .into_iter()
            .map(|held| Outcome::Send(held.chassis, enter(held.table, &held.metadata, held.frame)));
        learned.into_iter().chain(sent).collect()
    }
}

/// The next hop of a packet, from the registers in which the rules keep it (`rules/pipeline.dl`).
struct Hop {
    neighbor: Neighbor,
    /// The router's own address towards it.
    own: IpAddr,
}

impl Hop {
    fn of(metadata: &Match, frame: &Frame<'_>) -> Option<Hop> {
        let (router, port) = (register(metadata, Field::METADATA)?, register(metadata, Field::REG15)?);
        let (hop, own) = match frame.packet()?.destination {
            IpAddr::V4(_) => (
                IpAddr::from(register_or_zero(metadata, Field::REG0).to_be_bytes()),
                IpAddr::from(register_or_zero(metadata, Field::REG4).to_be_bytes()),
            ),
            IpAddr::V6(_) => {
                let wide = |run: [Field; 4]| {
                    let bits = run.into_iter().fold(0_u128, |bits, register| {
                        (bits << 32) | u128::from(register_or_zero(metadata, register))
                    });
                    IpAddr::from(bits.to_be_bytes())
                };
                (
                    wide([Field::REG0, Field::REG1, Field::REG2, Field::REG3]),
                    wide([Field::REG4, Field::REG5, Field::REG6, Field::REG7]),
                )
            }
        };
        Some(Hop { neighbor: Neighbor { router, port, ip: hop }, own })
    }
}

fn register(metadata: &Match, field: Field) -> Option<u32> {
    metadata.exact(field).and_then(|value| u32::try_from(value).ok())
}

/// Registers that are 0 are left out by switches.
fn register_or_zero(metadata: &Match, field: Field) -> u32 {
    register(metadata, field).unwrap_or(0)
}

/// Sends a frame into a table with the registers of another packet. It comes in by no port: then it may leave by any.
fn enter(table: u8, metadata: &Match, frame: Vec<u8>) -> PacketOut {
    let mut builder = Match::builder().field(Field::IN_PORT, u128::from(PortNo::CONTROLLER.0));
    for entry in metadata.fields() {
        if entry.mask.is_none() && (entry.field == Field::METADATA || is_register(entry.field)) {
            builder = builder.field(entry.field, entry.value());
        }
    }
    let metadata = builder.build().unwrap_or_default();
    PacketOut { metadata, actions: vec![Action::resubmit_table(table)], data: frame }
}

fn is_register(field: Field) -> bool {
    let digits = field.name().strip_prefix("reg").or_else(|| field.name().strip_prefix("xreg"));
    digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// A record of `service::LearnedNeighbor`.
fn neighbor_record(neighbor: &Neighbor, mac: Mac) -> Value {
    let ip = match neighbor.ip {
        IpAddr::V4(ip) => construct("net::V4", vec![("v4", Value::Int(u32::from(ip).into()))]),
        IpAddr::V6(ip) => construct("net::V6", vec![("v6", Value::integer(u128::from(ip)))]),
    };
    let mac = mac.iter().fold(0_i128, |bits, octet| (bits << 8) | i128::from(*octet));
    construct(
        "service::LearnedNeighbor",
        vec![
            ("router_key", Value::Int(neighbor.router.into())),
            ("port_key", Value::Int(neighbor.port.into())),
            ("ip", ip),
            ("mac", Value::Int(mac)),
        ],
    )
}

fn construct(constructor: &str, fields: Vec<(&str, Value)>) -> Value {
    Value::Struct {
        ctor: constructor.into(),
        fields: fields.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    }
}

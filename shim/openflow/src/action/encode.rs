//! Actions to bytes.

use super::{Action, Resubmit};
use crate::consts::{EXPERIMENTER, NICIRA, action as standard, nicira_action as nicira};
use crate::field::{Dialect, MaskFollows, put_header};
use crate::wire::Put;

/// Appends the actions one after the other.
pub(crate) fn encode_actions(actions: &[Action], out: &mut impl Put) {
    actions.iter().for_each(|action| encode(action, out));
}

fn encode(action: &Action, out: &mut impl Put) {
    match action {
        Action::Output(output) => put_standard(out, standard::OUTPUT, |out| {
            out.put32(output.port.0);
            out.put16(output.max_len);
            out.zeros(6);
        }),
        Action::OutputField { source, max_len } => match source.field().spec().nxm {
            // The older form has room for a 32-bit header only, which standard experimenter fields exceed.
            Some(_) => put_nicira(out, nicira::OUTPUT_REG, |out| {
                out.put16(source.packed());
                put_slice_header(out, *source);
                out.put16(*max_len);
                out.zeros(6);
            }),
            None => put_nicira(out, nicira::OUTPUT_REG2, |out| {
                let body = out.position();
                out.put16(source.packed());
                out.put16(*max_len);
                put_slice_header(out, *source);
                out.zeros(14usize.saturating_sub(out.position() - body));
            }),
        },
        Action::OutputTruncated { port, max_len } => put_nicira(out, nicira::OUTPUT_TRUNC, |out| {
            out.put16(*port);
            out.put32(*max_len);
        }),
        Action::Group(group) => put_standard(out, standard::GROUP, |out| out.put32(*group)),
        Action::Meter(meter) => put_standard(out, standard::METER, |out| out.put32(*meter)),
        Action::SetField(set_field) => put_standard(out, standard::SET_FIELD, |out| set_field.encode(out)),
        Action::CopyField { source, destination } => put_standard(out, standard::COPY_FIELD, |out| {
            out.put16(destination.bits());
            out.put16(source.offset());
            out.put16(destination.offset());
            out.zeros(2);
            for slice in [source, destination] {
                put_header(out, slice.field(), Dialect::Standard, MaskFollows::No, slice.field_bytes());
            }
        }),
        Action::PushVlan(eth_type) => put_ethertype(out, standard::PUSH_VLAN, *eth_type),
        Action::PopVlan => put_standard(out, standard::POP_VLAN, |out| out.zeros(4)),
        Action::PushMpls(eth_type) => put_ethertype(out, standard::PUSH_MPLS, *eth_type),
        Action::PopMpls(eth_type) => put_ethertype(out, standard::POP_MPLS, *eth_type),
        Action::DecTtl => put_standard(out, standard::DEC_TTL, |out| out.zeros(4)),
        Action::DecTtlNotify(controllers) => put_nicira(out, nicira::DEC_TTL_CNT_IDS, |out| {
            out.put16(controllers.len() as u16);
            out.zeros(4);
            controllers.iter().for_each(|&id| out.put16(id));
        }),
        Action::SetTtl(ttl) => put_standard(out, standard::SET_TTL, |out| out.put8(*ttl)),
        Action::SetMplsTtl(ttl) => put_standard(out, standard::SET_MPLS_TTL, |out| out.put8(*ttl)),
        Action::DecMplsTtl => put_standard(out, standard::DEC_MPLS_TTL, |out| out.zeros(4)),
        Action::SetQueue(queue) => put_standard(out, standard::SET_QUEUE, |out| out.put32(*queue)),
        Action::PopQueue => put_nicira(out, nicira::POP_QUEUE, |out| out.zeros(6)),
        Action::Resubmit(resubmit) => put_resubmit(out, resubmit),
        Action::Multipath(multipath) => put_nicira(out, nicira::MULTIPATH, |out| multipath.encode(out)),
        Action::PortBundle(bundle) => {
            let load = bundle.destination.is_some();
            let subtype = if load { nicira::BUNDLE_LOAD } else { nicira::BUNDLE };
            put_nicira(out, subtype, |out| bundle.encode(out));
        }
        Action::FinTimeout { idle, hard } => put_nicira(out, nicira::FIN_TIMEOUT, |out| {
            out.put16(*idle);
            out.put16(*hard);
        }),
        Action::Learn(learn) => {
            let subtype = if learn.needs_extended() { nicira::LEARN2 } else { nicira::LEARN };
            put_nicira(out, subtype, |out| learn.encode(out));
        }
        // What the older form can say is said by it, as the switch itself does.
        Action::Controller(controller) if controller.is_plain() => {
            put_nicira(out, nicira::CONTROLLER, |out| {
                out.put16(controller.max_len);
                out.put16(controller.id);
                out.put8(controller.reason.0);
                out.zeros(1);
            })
        }
        Action::Controller(controller) => put_nicira(out, nicira::CONTROLLER2, |out| {
            out.zeros(6);
            controller.encode(out);
        }),
        Action::Push(slice) => put_stack(out, nicira::STACK_PUSH, *slice),
        Action::Pop(slice) => put_stack(out, nicira::STACK_POP, *slice),
        Action::Conjunction(conjunction) => put_nicira(out, nicira::CONJUNCTION, |out| {
            out.put8(conjunction.clause);
            out.put8(conjunction.n_clauses);
            out.put32(conjunction.id);
        }),
        Action::Ct(ct) => put_nicira(out, nicira::CT, |out| ct.encode(out)),
        Action::Nat(nat) => put_nicira(out, nicira::NAT, |out| nat.encode(out)),
        Action::CtClear => put_nicira(out, nicira::CT_CLEAR, |out| out.zeros(6)),
        Action::Clone(actions) => put_nicira(out, nicira::CLONE, |out| {
            out.zeros(6);
            encode_actions(actions, out);
        }),
        Action::Note(bytes) => put_nicira(out, nicira::NOTE, |out| out.put(bytes)),
        Action::CheckPacketLarger(check) => put_nicira(out, nicira::CHECK_PKT_LARGER, |out| {
            let body = out.position();
            out.put16(check.length);
            out.put16(check.destination.offset());
            put_slice_header(out, check.destination);
            out.zeros(14usize.saturating_sub(out.position() - body));
        }),
        Action::DeleteField { field, bytes } => put_nicira(out, nicira::DELETE_FIELD, |out| {
            let body = out.position();
            put_header(out, *field, Dialect::Nicira, MaskFollows::No, *bytes);
            out.zeros(14usize.saturating_sub(out.position() - body));
        }),
        Action::Sample(sample) => put_nicira(out, nicira::SAMPLE3, |out| {
            out.put16(sample.probability);
            out.put32(sample.collector_set);
            out.put32(sample.domain);
            out.put32(sample.point);
            out.put16(sample.port);
            out.put8(sample.direction);
            out.zeros(5);
        }),
        Action::Exit => put_nicira(out, nicira::EXIT, |out| out.zeros(6)),
        Action::Unknown { kind, body } => put_standard(out, *kind, |out| out.put(body)),
        Action::UnknownExperimenter { experimenter, body } => put_standard(out, EXPERIMENTER, |out| {
            out.put32(*experimenter);
            out.put(body);
        }),
    }
}

/// Type, length, body, zeros up to a multiple of eight; the length counts those zeros.
fn put_standard<P: Put>(out: &mut P, kind: u16, body: impl FnOnce(&mut P)) {
    let start = out.position();
    out.put16(kind);
    out.put16(0);
    body(out);
    out.pad_from(start);
    out.patch_u16(start + 2, out.position() - start);
}

fn put_nicira<P: Put>(out: &mut P, subtype: u16, body: impl FnOnce(&mut P)) {
    put_standard(out, EXPERIMENTER, |out| {
        out.put32(NICIRA);
        out.put16(subtype);
        body(out);
    });
}

fn put_ethertype(out: &mut impl Put, kind: u16, eth_type: u16) {
    put_standard(out, kind, |out| out.put16(eth_type));
}

fn put_resubmit(out: &mut impl Put, resubmit: &Resubmit) {
    let subtype = if resubmit.with_ct_tuple { nicira::RESUBMIT_TABLE_CT } else { nicira::RESUBMIT_TABLE };
    put_nicira(out, subtype, |out| {
        out.put16(resubmit.in_port.unwrap_or(KEEP_IN_PORT));
        out.put8(resubmit.table.unwrap_or(SAME_TABLE));
        out.zeros(3);
    });
}

fn put_stack(out: &mut impl Put, subtype: u16, slice: super::FieldSlice) {
    put_nicira(out, subtype, |out| {
        let body = out.position();
        out.put16(slice.offset());
        put_slice_header(out, slice);
        out.put16(slice.bits());
        out.zeros(14usize.saturating_sub(out.position() - body));
    });
}

fn put_slice_header(out: &mut impl Put, slice: super::FieldSlice) {
    put_header(out, slice.field(), Dialect::Nicira, MaskFollows::No, slice.field_bytes());
}

/// The ingress port stays what it is.
pub(super) const KEEP_IN_PORT: u16 = 0xfff8;
/// The table the flow is in.
pub(super) const SAME_TABLE: u8 = 0xff;

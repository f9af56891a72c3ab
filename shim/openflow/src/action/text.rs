//! Actions as ovs-ofctl prints them.

use std::fmt::{self, Write};

use super::encode::KEEP_IN_PORT;
use super::{Action, Resubmit};
use crate::consts::NICIRA;
use crate::port::PortNo;

/// Writes the actions with commas between, or `drop` if there are none.
pub(crate) fn write_actions(out: &mut impl Write, actions: &[Action]) -> fmt::Result {
    if actions.is_empty() {
        return out.write_str("drop");
    }
    for (i, action) in actions.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        write!(out, "{comma}{action}")?;
    }
    Ok(())
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Output(output) => {
                if output.port.0 < FIRST_SPECIAL {
                    f.write_str("output:")?;
                }
                write!(f, "{}", output.port)?;
                if output.port == PortNo::CONTROLLER { write!(f, ":{}", output.max_len) } else { Ok(()) }
            }
            Action::OutputField { source, .. } => write!(f, "output:{source}"),
            Action::OutputTruncated { port, max_len } => {
                write!(f, "output(port={},max_len={max_len})", PortNo::from_u16(*port))
            }
            Action::Group(group) => write!(f, "group:{group}"),
            Action::Meter(meter) => write!(f, "meter:{meter}"),
            Action::SetField(set_field) => write!(f, "{set_field}"),
            Action::CopyField { source, destination } => write!(f, "move:{source}->{destination}"),
            Action::PushVlan(eth_type) => write!(f, "push_vlan:{eth_type:#x}"),
            Action::PopVlan => f.write_str("pop_vlan"),
            Action::PushMpls(eth_type) => write!(f, "push_mpls:0x{eth_type:04x}"),
            Action::PopMpls(eth_type) => write!(f, "pop_mpls:0x{eth_type:04x}"),
            Action::DecTtl => f.write_str("dec_ttl"),
            Action::DecTtlNotify(ids) => {
                let ids: Vec<_> = ids.iter().map(u16::to_string).collect();
                write!(f, "dec_ttl({})", ids.join(","))
            }
            Action::SetTtl(ttl) => write!(f, "mod_nw_ttl:{ttl}"),
            Action::SetMplsTtl(ttl) => write!(f, "set_mpls_ttl({ttl})"),
            Action::DecMplsTtl => f.write_str("dec_mpls_ttl"),
            Action::Multipath(multipath) => write!(f, "{multipath}"),
            Action::PortBundle(bundle) => write!(f, "{bundle}"),
            Action::FinTimeout { idle, hard } => {
                let named = [("idle_timeout", idle), ("hard_timeout", hard)];
                let given = named.into_iter().filter(|(_, seconds)| **seconds != 0);
                let parts: Vec<_> = given.map(|(name, seconds)| format!("{name}={seconds}")).collect();
                write!(f, "fin_timeout({})", parts.join(","))
            }
            Action::SetQueue(queue) => write!(f, "set_queue:{queue}"),
            Action::PopQueue => f.write_str("pop_queue"),
            Action::Resubmit(resubmit) => write!(f, "{resubmit}"),
            Action::Learn(learn) => write!(f, "{learn}"),
            Action::Controller(controller) => write!(f, "{controller}"),
            Action::Push(slice) => write!(f, "push:{slice}"),
            Action::Pop(slice) => write!(f, "pop:{slice}"),
            Action::Conjunction(c) => {
                write!(f, "conjunction({},{}/{})", c.id, u16::from(c.clause) + 1, c.n_clauses)
            }
            Action::Ct(ct) => write!(f, "{ct}"),
            Action::Nat(nat) => write!(f, "{nat}"),
            Action::CtClear => f.write_str("ct_clear"),
            Action::Clone(actions) => {
                f.write_str("clone(")?;
                write_actions(f, actions)?;
                f.write_str(")")
            }
            Action::Note(bytes) => write!(f, "note:{}", DottedHex(bytes)),
            Action::CheckPacketLarger(check) => {
                write!(f, "check_pkt_larger({})->{}", check.length, check.destination)
            }
            Action::DeleteField { field, .. } => write!(f, "delete_field:{field}"),
            Action::Sample(sample) => {
                write!(
                    f,
                    "sample(probability={},collector_set_id={},obs_domain_id={},obs_point_id={}",
                    sample.probability, sample.collector_set, sample.domain, sample.point
                )?;
                if sample.port != u16::MAX {
                    write!(f, ",sampling_port={}", PortNo::from_u16(sample.port))?;
                }
                f.write_str(match sample.direction {
                    1 => ",ingress)",
                    2 => ",egress)",
                    _ => ")",
                })
            }
            Action::Exit => f.write_str("exit"),
            Action::Unknown { kind, body } => write!(f, "unknown({kind},{})", DottedHex(body)),
            Action::UnknownExperimenter { experimenter: NICIRA, body } => {
                write!(f, "unknown(nicira,{})", DottedHex(body))
            }
            Action::UnknownExperimenter { experimenter, body } => {
                write!(f, "unknown({experimenter:#x},{})", DottedHex(body))
            }
        }
    }
}

impl fmt::Display for Resubmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.in_port.filter(|&port| port != KEEP_IN_PORT).map(PortNo::from_u16);
        match (port, self.table) {
            (Some(port), None) => return write!(f, "resubmit:{port}"),
            (Some(port), Some(table)) => write!(f, "resubmit({port},{table}")?,
            (None, Some(table)) => write!(f, "resubmit(,{table}")?,
            (None, None) => f.write_str("resubmit(,")?,
        }
        f.write_str(if self.with_ct_tuple { ",ct)" } else { ")" })
    }
}

/// Bytes as `01.02.ff`.
pub(super) struct DottedHex<'a>(pub(super) &'a [u8]);

impl fmt::Display for DottedHex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            write!(f, "{dot}{byte:02x}")?;
        }
        Ok(())
    }
}

/// Port numbers from here up have names.
const FIRST_SPECIAL: u32 = 0xffff_ff00;

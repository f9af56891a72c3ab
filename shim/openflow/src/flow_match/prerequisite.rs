//! Fields that have meaning only beside others.

use super::normalise::Entry;
use crate::error::MatchError;
use crate::field::{Field, Prerequisite, number};

/// Checks canonical entries; names the first field that lacks its ground.
pub(super) fn check_prerequisites(entries: &[Entry]) -> Result<(), MatchError> {
    let ground = Ground::of(entries.iter().map(|entry| (entry.field, &*entry.value, Some(&*entry.mask))));
    match entries.iter().find(|entry| !ground.supports(entry.field.spec().prerequisite)) {
        None => Ok(()),
        Some(entry) => Err(MatchError::MissingPrerequisite { field: entry.field }),
    }
}

/// The values other fields may depend on.
#[derive(Default)]
pub(super) struct Ground {
    packet_type: u128,
    eth_type: Option<u128>,
    vlan_vid: u128,
    ip_proto: Option<u128>,
    icmpv6_type: Option<u128>,
    icmpv6_code: Option<u128>,
    ct_state: u128,
    ct_state_mask: u128,
}

impl Ground {
    /// From fields with their values and masks.
    pub(super) fn of<'a>(entries: impl Iterator<Item = (Field, &'a [u8], Option<&'a [u8]>)>) -> Ground {
        let mut ground = Ground::default();
        for (field, value, mask) in entries {
            match field {
                Field::PACKET_TYPE => ground.packet_type = number(value),
                Field::ETH_TYPE => ground.eth_type = Some(number(value)),
                Field::VLAN_VID => ground.vlan_vid = number(value),
                Field::IP_PROTO => ground.ip_proto = Some(number(value)),
                Field::ICMPV6_TYPE => ground.icmpv6_type = Some(number(value)),
                Field::ICMPV6_CODE => ground.icmpv6_code = Some(number(value)),
                Field::CT_STATE => {
                    ground.ct_state = number(value);
                    ground.ct_state_mask = mask.map_or(u128::MAX, number);
                }
                _ => {}
            }
        }
        // A packet that starts at a network header names its protocol in the packet type.
        if ground.packet_type >> 16 == 1 {
            ground.eth_type = Some(ground.packet_type & 0xffff);
        }
        ground
    }

    pub(super) fn supports(&self, prerequisite: Prerequisite) -> bool {
        let eth = |types: &[u128]| self.eth_type.is_some_and(|eth_type| types.contains(&eth_type));
        let (ipv4, ipv6) = (eth(&[0x0800]), eth(&[0x86dd]));
        let ip_proto = |protocol| (ipv4 || ipv6) && self.ip_proto == Some(protocol);
        let icmpv6 = ipv6 && self.ip_proto == Some(58);
        let nd = |kind| icmpv6 && self.icmpv6_type == Some(kind) && self.icmpv6_code.unwrap_or(0) == 0;
        match prerequisite {
            Prerequisite::None => true,
            Prerequisite::Ethernet => self.packet_type == 0,
            Prerequisite::Vlan => self.vlan_vid & 0x1000 != 0,
            Prerequisite::Mpls => eth(&[0x8847, 0x8848]),
            Prerequisite::Ipv4 => ipv4,
            Prerequisite::Ipv6 => ipv6,
            Prerequisite::Ip => ipv4 || ipv6,
            Prerequisite::Arp => eth(&[0x0806, 0x8035]),
            Prerequisite::Tcp => ip_proto(6),
            Prerequisite::Udp => ip_proto(17),
            Prerequisite::Sctp => ip_proto(132),
            Prerequisite::Icmpv4 => ipv4 && self.ip_proto == Some(1),
            Prerequisite::Icmpv6 => icmpv6,
            Prerequisite::Nd => nd(135) || nd(136),
            Prerequisite::NdSolicit => nd(135),
            Prerequisite::NdAdvert => nd(136),
            Prerequisite::Ct => self.valid_connection(),
            Prerequisite::Nsh => eth(&[0x894f]),
        }
    }

    /// Some bit that only a valid connection has, or tracked and explicitly not invalid.
    fn valid_connection(&self) -> bool {
        const NEW_EST_REL_RPL_SNAT_DNAT: u128 = 1 | 2 | 4 | 8 | 64 | 128;
        const INVALID: u128 = 16;
        const TRACKED: u128 = 32;
        self.ct_state & NEW_EST_REL_RPL_SNAT_DNAT != 0
            || (self.ct_state & TRACKED != 0
                && self.ct_state_mask & INVALID != 0
                && self.ct_state & INVALID == 0)
    }
}

//! How a switch proves which hypervisor it is.

use std::fmt;

/// What is written into a hypervisor's database, and what its switch must say of itself on OpenFlow.
///
/// The datapath id follows from the system-id and can be guessed. The serial number is a secret that only someone who
/// can read the hypervisor's database knows.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) datapath_id: u64,
    pub(super) serial: String,
}

/// The serial number is a secret and stays out of logs.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:016x})", self.datapath_id)
    }
}

/// What the serial numbers made here start with.
const SERIAL_PREFIX: &str = "weir-";

/// OVS passes on at most 31 bytes of a serial number (ovs-vswitchd.conf.db(5), `other_config:dp-sn`).
const SERIAL_LENGTH: usize = 31;

impl Identity {
    /// The identity of a chassis. The serial number its bridge has already is kept if it was made here.
    pub(super) fn of(system_id: &str, present_serial: Option<&str>) -> Self {
        let serial = match present_serial {
            Some(serial) if is_ours(serial) => serial.to_owned(),
            _ => new_serial(),
        };
        Identity { datapath_id: datapath_id(system_id), serial }
    }

    /// `other_config:datapath-id`: 16 hexadecimal digits.
    pub(super) fn datapath_id_text(&self) -> String {
        format!("{:016x}", self.datapath_id)
    }
}

/// FNV-1a of the system-id: it has to be the same in every release, on every machine. 0 is not a datapath id for OVS.
pub(super) fn datapath_id(system_id: &str) -> u64 {
    let hash = system_id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.max(1)
}

fn is_ours(serial: &str) -> bool {
    serial.len() == SERIAL_LENGTH
        && serial
            .strip_prefix(SERIAL_PREFIX)
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn new_serial() -> String {
    let mut serial = format!("{SERIAL_PREFIX}{:032x}", rand::random::<u128>());
    serial.truncate(SERIAL_LENGTH);
    serial
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_datapath_id_is_that_of_the_published_hash() {
        assert_eq!(datapath_id(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(datapath_id("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(datapath_id("foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(Identity::of("a", None).datapath_id_text(), "af63dc4c8601ec8c");
    }

    #[test]
    fn a_serial_made_here_is_kept_and_any_other_replaced() {
        let made = Identity::of("hv1", None);
        assert_eq!(made.serial.len(), SERIAL_LENGTH);
        assert_eq!(Identity::of("hv1", Some(&made.serial)), made);
        for other in ["", "hv1", "weir-", "weir-zzzzzzzzzzzzzzzzzzzzzzzzzz"] {
            assert_ne!(Identity::of("hv1", Some(other)).serial, other);
        }
        assert_ne!(Identity::of("hv1", None).serial, made.serial);
    }
}

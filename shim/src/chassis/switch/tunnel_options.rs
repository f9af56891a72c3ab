//! The Geneve option in which hypervisors tell each other the logical ports of a packet.

use std::time::Duration;

use openflow::{
    Fault, FaultKind, FlowMod, GroupMod, Message, TlvMapping, TlvTable, TlvTableCommand, TlvTableMod,
};

use super::exchange;
use super::{Error, inbox::Inbox, link::Link};

/// OVN's option, in `tun_metadata0`: class 0x0102, type 0x80, four bytes of ingress and egress port.
pub(super) const WANTED: TlvMapping = TlvMapping { class: 0x0102, kind: 0x80, length: 4, index: 0 };

/// The switch frees deleted flows a little after it has confirmed the deletion: within 21 ms where it was measured.
const CLEAR_ATTEMPTS: u32 = 100;
const CLEAR_PAUSE: Duration = Duration::from_millis(20);

/// What has to be done to a switch's map of options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    Nothing,
    Add,
    /// Another option has the field, or the option is in another field.
    ClearAndAdd,
}

fn remedy(table: &TlvTable) -> Remedy {
    let rival = |mapping: &&TlvMapping| {
        mapping.index == WANTED.index || (mapping.class, mapping.kind) == (WANTED.class, WANTED.kind)
    };
    match table.mappings.iter().find(rival) {
        Some(mapping) if *mapping == WANTED => Remedy::Nothing,
        Some(_) => Remedy::ClearAndAdd,
        None => Remedy::Add,
    }
}

/// Makes sure that the switch knows the option.
pub(super) async fn ensure(link: &mut Link, inbox: &mut Inbox) -> Result<(), Error> {
    let asked = link.send(&Message::TlvTableRequest)?;
    let reply = exchange::reply(link, inbox, asked, "map of tunnel options").await?;
    let Message::TlvTableReply(table) = reply else {
        return Err(Error::unexpected(&reply, "map of tunnel options"));
    };
    match remedy(&table) {
        Remedy::Nothing => Ok(()),
        Remedy::Add => add(link, inbox).await,
        Remedy::ClearAndAdd => {
            tracing::warn!(
                chassis = inbox.chassis_name(),
                mappings = ?table.mappings,
                "switch maps other tunnel options where ours belongs; deleting its flows and groups to clear the map"
            );
            clear(link, inbox).await?;
            add(link, inbox).await
        }
    }
}

async fn add(link: &mut Link, inbox: &mut Inbox) -> Result<(), Error> {
    let message = Message::TlvTableMod(TlvTableMod { command: TlvTableCommand::Add, mappings: vec![WANTED] });
    exchange::command(link, inbox, &message).await?.map_err(|fault| refused("add a tunnel option", &fault))
}

/// Flows and groups that use an option keep it from going: they have to go first.
async fn clear(link: &mut Link, inbox: &mut Inbox) -> Result<(), Error> {
    let groups = GroupMod::delete(GroupMod::ALL_GROUPS);
    for delete in [Message::FlowMod(FlowMod::delete_all()), Message::GroupMod(groups)] {
        exchange::command(link, inbox, &delete)
            .await?
            .map_err(|fault| refused("delete all flows and groups", &fault))?;
    }
    let clear = Message::TlvTableMod(TlvTableMod { command: TlvTableCommand::Clear, mappings: Vec::new() });
    for attempt in 1..=CLEAR_ATTEMPTS {
        match exchange::command(link, inbox, &clear).await? {
            Ok(()) => return Ok(()),
            Err(fault) if fault.kind == FaultKind::TLV_IN_USE && attempt < CLEAR_ATTEMPTS => {
                let pause = tokio::time::sleep(CLEAR_PAUSE);
                exchange::meanwhile(link, inbox, pause).await?;
            }
            Err(fault) => return Err(refused("clear the tunnel options", &fault)),
        }
    }
    Ok(())
}

fn refused(what: &'static str, fault: &Fault) -> Error {
    Error::Refused { what, reason: fault.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_is_touched_only_where_it_has_to_be() {
        let table = |mappings: &[(u16, u8, u8, u16)]| TlvTable {
            max_option_space: 256,
            max_fields: 64,
            mappings: mappings
                .iter()
                .map(|&(class, kind, length, index)| TlvMapping { class, kind, length, index })
                .collect(),
        };
        for (mappings, expected) in [
            (&[][..], Remedy::Add),
            (&[(0x0102, 0x80, 4, 0)], Remedy::Nothing),
            (&[(0xffff, 1, 8, 5)], Remedy::Add),
            (&[(0xffff, 1, 8, 5), (0x0102, 0x80, 4, 0)], Remedy::Nothing),
            (&[(0x0102, 0x80, 4, 3)], Remedy::ClearAndAdd),
            (&[(0x0102, 0x80, 8, 0)], Remedy::ClearAndAdd),
            (&[(0xffff, 1, 4, 0)], Remedy::ClearAndAdd),
        ] {
            assert_eq!(remedy(&table(mappings)), expected, "{mappings:?}");
        }
    }
}

//! Groups and meters.

use openflow::{Bucket, Group, GroupType, Meter, MeterBand, MeterFlags, PortNo, SelectionMethod};
use weir_engine::value::Value;

use super::FlowError;
use super::actions::actions;
use super::fields::Slots;
use super::parts::{constructor, list, number, option, part};

/// `Group`
pub(super) fn group(record: &Value, slots: &Slots) -> Result<Group, FlowError> {
    let method = part(record, "method")?;
    let (kind, selection) = match constructor(method, "a method")? {
        "AllBuckets" => (GroupType::All, None),
        "SelectBySwitch" => (GroupType::Select, None),
        "SelectByHash" => {
            let fields = list(part(method, "fields")?)?.iter().map(|slot| slots.slot(slot));
            (GroupType::Select, Some(SelectionMethod::hash(fields.collect::<Result<Vec<_>, _>>()?)))
        }
        "FirstLive" => (GroupType::FastFailover, None),
        "OnlyBucket" => (GroupType::Indirect, None),
        _ => return Err(FlowError::shape("a method this program knows", method)),
    };
    let buckets = list(part(record, "buckets")?)?.iter().map(|value| bucket(value, kind, slots));
    Ok(Group {
        id: number(part(record, "id")?)?,
        kind,
        selection,
        buckets: buckets.collect::<Result<_, _>>()?,
    })
}

fn bucket(value: &Value, kind: GroupType, slots: &Slots) -> Result<Bucket, FlowError> {
    let weight = number(part(value, "weight")?)?;
    let watched = option(part(value, "watch_port")?)?.map(number).transpose()?;
    Ok(Bucket {
        id: number(part(value, "id")?)?,
        // Elsewhere a switch keeps none, and would seem to differ.
        weight: if kind == GroupType::Select { weight } else { 0 },
        watch_port: watched.map(PortNo),
        watch_group: None,
        actions: actions(part(value, "actions")?, slots)?,
    })
}

/// `Meter`
pub(super) fn meter(record: &Value) -> Result<Meter, FlowError> {
    let unit = part(record, "unit")?;
    let unit = match constructor(unit, "a unit")? {
        "Kilobits" => MeterFlags::KBPS,
        "Packets" => MeterFlags::PKTPS,
        _ => return Err(FlowError::shape("Kilobits or Packets", unit)),
    };
    let bands = list(part(record, "bands")?)?
        .iter()
        .map(|band| Ok(MeterBand::drop(number(part(band, "rate")?)?, number(part(band, "burst")?)?)));
    let bands = bands.collect::<Result<Vec<_>, FlowError>>()?;
    let bursts = bands.iter().any(|band: &MeterBand| band.burst != 0);
    let flags = if bursts { unit.union(MeterFlags::BURST) } else { unit };
    Ok(Meter { id: number(part(record, "id")?)?, flags: flags.union(MeterFlags::STATS), bands })
}

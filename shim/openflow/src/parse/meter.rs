//! Meters.

use std::str::FromStr;

use super::error::{Located, ParseError, Parsed};
use super::scan::split_words;
use super::value::integer;
use crate::meter::{Meter, MeterBand, MeterBandKind, MeterFlags};

impl FromStr for Meter {
    type Err = ParseError;

    /// Reads what `ovs-ofctl dump-meters` prints for one meter, or what `ovs-ofctl add-meter` takes.
    fn from_str(text: &str) -> Result<Meter, ParseError> {
        parse_meter(text).map_err(|error| error.within(text))
    }
}

fn parse_meter(text: &str) -> Parsed<'_, Meter> {
    let mut id = None;
    let mut flags = MeterFlags(0);
    let mut bands: Vec<MeterBand> = Vec::new();
    for word in split_words(text) {
        // The first attribute of a band follows the word at once.
        let word = word.strip_prefix("bands=").or_else(|| word.strip_prefix("band=")).unwrap_or(word);
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        if let ("rate" | "burst_size" | "prec_level", None) = (name, bands.last()) {
            return Err(Located::expected(word, "type of the band"));
        }
        match (name, bands.last_mut()) {
            ("", _) => {}
            ("meter", _) => id = Some(meter_id(value)?),
            ("kbps", _) => flags = flags.union(MeterFlags::KBPS),
            ("pktps", _) => flags = flags.union(MeterFlags::PKTPS),
            ("burst", _) => flags = flags.union(MeterFlags::BURST),
            ("stats", _) => flags = flags.union(MeterFlags::STATS),
            ("type", _) => {
                let kind = match value {
                    "drop" => MeterBandKind::Drop,
                    "dscp_remark" => MeterBandKind::DscpRemark { levels: 0 },
                    _ => return Err(Located::unknown(value, "type of band")),
                };
                bands.push(MeterBand { rate: 0, burst: 0, kind });
            }
            ("rate", Some(band)) => band.rate = integer(value)?,
            ("burst_size", Some(band)) => {
                flags = flags.union(MeterFlags::BURST);
                band.burst = integer(value)?;
            }
            ("prec_level", Some(MeterBand { kind: MeterBandKind::DscpRemark { levels }, .. })) => {
                *levels = integer(value)?;
            }
            _ => return Err(Located::unknown(word, "attribute of a meter")),
        }
    }
    // ovs-ofctl takes kbit/s where no unit is said.
    if flags.0 & (MeterFlags::KBPS.0 | MeterFlags::PKTPS.0) == 0 {
        flags = flags.union(MeterFlags::KBPS);
    }
    let id = id.ok_or_else(|| Located::expected(text, "meter=number"))?;
    Ok(Meter { id, flags, bands })
}

fn meter_id(text: &str) -> Parsed<'_, u32> {
    match Meter::NAMED.iter().find(|(name, _)| *name == text) {
        Some(&(_, id)) => Ok(id),
        None => integer(text),
    }
}

//! What a switch says it is.

use crate::error::DecodeError;
use crate::wire::{Put, Reader, text};

/// What the switch says it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SwitchDescription {
    /// Manufacturer.
    pub manufacturer: String,
    /// Hardware; `Open vSwitch`.
    pub hardware: String,
    /// Software version.
    pub software: String,
    /// Serial number: `other_config:dp-sn` of the bridge.
    pub serial: String,
    /// Description: `other_config:dp-desc` of the bridge.
    pub datapath: String,
}

impl SwitchDescription {
    pub(super) fn encode(&self, out: &mut impl Put) {
        out.put_text(&self.manufacturer, 256);
        out.put_text(&self.hardware, 256);
        out.put_text(&self.software, 256);
        out.put_text(&self.serial, 32);
        out.put_text(&self.datapath, 256);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<SwitchDescription, DecodeError> {
        Ok(SwitchDescription {
            manufacturer: text(reader.bytes(256)?),
            hardware: text(reader.bytes(256)?),
            software: text(reader.bytes(256)?),
            serial: text(reader.bytes(32)?),
            datapath: text(reader.bytes(256)?),
        })
    }
}

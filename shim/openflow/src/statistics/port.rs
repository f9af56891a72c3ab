//! Counters of a port.

use crate::error::DecodeError;
use crate::port::PortNo;
use crate::wire::{Put, RawProperty, Reader, properties};

/// Counters of one port. What the switch does not count is all ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortStats {
    /// The port.
    pub port: PortNo,
    /// How long it has been there, in seconds and nanoseconds.
    pub duration: (u32, u32),
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets dropped on the way in.
    pub rx_dropped: u64,
    /// Packets dropped on the way out.
    pub tx_dropped: u64,
    /// Errors on the way in, of all kinds.
    pub rx_errors: u64,
    /// Errors on the way out, of all kinds.
    pub tx_errors: u64,
    /// The errors by kind, if it is an Ethernet port.
    pub ethernet: Option<EthernetErrors>,
    /// Properties this crate does not know.
    pub other: Vec<RawProperty>,
}

/// Errors of an Ethernet port by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EthernetErrors {
    /// Frames badly aligned.
    pub rx_frame: u64,
    /// Frames lost because they came too fast.
    pub rx_overrun: u64,
    /// Frames with a wrong checksum.
    pub rx_crc: u64,
    /// Collisions.
    pub collisions: u64,
}

const ETHERNET: u16 = 0;

impl PortStats {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put16(0);
        out.zeros(2);
        out.put32(self.port.0);
        out.put32(self.duration.0);
        out.put32(self.duration.1);
        for counter in [
            self.rx_packets,
            self.tx_packets,
            self.rx_bytes,
            self.tx_bytes,
            self.rx_dropped,
            self.tx_dropped,
            self.rx_errors,
            self.tx_errors,
        ] {
            out.put64(counter);
        }
        if let Some(EthernetErrors { rx_frame, rx_overrun, rx_crc, collisions }) = self.ethernet {
            let property = out.position();
            out.put16(ETHERNET);
            out.put16(0);
            out.zeros(4);
            [rx_frame, rx_overrun, rx_crc, collisions].into_iter().for_each(|counter| out.put64(counter));
            out.patch_u16(property + 2, out.position() - property);
        }
        self.other.iter().for_each(|property| property.encode(out));
        out.patch_u16(start, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<PortStats, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("port statistics", length, start)?;
        body.skip(2)?;
        let mut stats = PortStats {
            port: PortNo(body.u32()?),
            duration: (body.u32()?, body.u32()?),
            rx_packets: body.u64()?,
            tx_packets: body.u64()?,
            rx_bytes: body.u64()?,
            tx_bytes: body.u64()?,
            rx_dropped: body.u64()?,
            tx_dropped: body.u64()?,
            rx_errors: body.u64()?,
            tx_errors: body.u64()?,
            ethernet: None,
            other: Vec::new(),
        };
        properties(&mut body, |kind, mut property| {
            if kind == ETHERNET && stats.ethernet.is_none() {
                property.skip(4)?;
                stats.ethernet = Some(EthernetErrors {
                    rx_frame: property.u64()?,
                    rx_overrun: property.u64()?,
                    rx_crc: property.u64()?,
                    collisions: property.u64()?,
                });
                property.finish("ethernet errors")
            } else {
                stats.other.push(RawProperty { kind, body: property.rest().to_vec() });
                Ok(())
            }
        })?;
        Ok(stats)
    }
}

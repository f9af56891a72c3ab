//! Queues of a port: what they are and what they have sent.

use crate::error::DecodeError;
use crate::port::PortNo;
use crate::wire::{Put, RawProperty, Reader, properties};

/// Names queues in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueId {
    /// The port; [`PortNo::ANY`] for all.
    pub port: PortNo,
    /// The queue; [`QueueId::ALL_QUEUES`] for all.
    pub queue: u32,
}

impl QueueId {
    /// Every queue of a port.
    pub const ALL_QUEUES: u32 = u32::MAX;
    /// Every queue of every port.
    pub const ALL: QueueId = QueueId { port: PortNo::ANY, queue: QueueId::ALL_QUEUES };

    pub(crate) fn encode(self, out: &mut impl Put) {
        out.put32(self.port.0);
        out.put32(self.queue);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<QueueId, DecodeError> {
        Ok(QueueId { port: PortNo(reader.u32()?), queue: reader.u32()? })
    }
}

/// Counters of one queue. What the switch does not count is all ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueStats {
    /// Its port.
    pub port: PortNo,
    /// Its number.
    pub queue: u32,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Packets dropped because it was full.
    pub tx_errors: u64,
    /// How long it has been there, in seconds and nanoseconds.
    pub duration: (u32, u32),
}

impl QueueStats {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        out.put16(QUEUE_STATS_LEN);
        out.zeros(6);
        out.put32(self.port.0);
        out.put32(self.queue);
        out.put64(self.tx_bytes);
        out.put64(self.tx_packets);
        out.put64(self.tx_errors);
        out.put32(self.duration.0);
        out.put32(self.duration.1);
    }

    /// Properties behind the counters are skipped: none but experimenters' are defined.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<QueueStats, DecodeError> {
        let start = reader.offset();
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("queue statistics", length, start)?;
        body.skip(6)?;
        Ok(QueueStats {
            port: PortNo(body.u32()?),
            queue: body.u32()?,
            tx_bytes: body.u64()?,
            tx_packets: body.u64()?,
            tx_errors: body.u64()?,
            duration: (body.u32()?, body.u32()?),
        })
    }
}

const QUEUE_STATS_LEN: u16 = 48;

/// What a queue guarantees and allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDescription {
    /// Its port.
    pub port: PortNo,
    /// Its number.
    pub queue: u32,
    /// Rate guaranteed, in tenths of a percent of the port's; above 1000 it is not enforced.
    pub min_rate: Option<u16>,
    /// Rate allowed, in tenths of a percent of the port's; above 1000 it is not enforced.
    pub max_rate: Option<u16>,
    /// Properties this crate does not know.
    pub other: Vec<RawProperty>,
}

const MIN_RATE: u16 = 1;
const MAX_RATE: u16 = 2;

impl QueueDescription {
    pub(crate) fn encode(&self, out: &mut impl Put) {
        let start = out.position();
        out.put32(self.port.0);
        out.put32(self.queue);
        out.put16(0);
        out.zeros(6);
        for (kind, rate) in [(MIN_RATE, self.min_rate), (MAX_RATE, self.max_rate)] {
            if let Some(rate) = rate {
                out.property(kind, &rate.to_be_bytes());
            }
        }
        self.other.iter().for_each(|property| property.encode(out));
        out.patch_u16(start + 8, out.position() - start);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<QueueDescription, DecodeError> {
        let start = reader.offset();
        let (port, queue) = (PortNo(reader.u32()?), reader.u32()?);
        let length = usize::from(reader.u16()?);
        let mut body = reader.element("queue description", length, start)?;
        body.skip(6)?;
        let mut description =
            QueueDescription { port, queue, min_rate: None, max_rate: None, other: Vec::new() };
        properties(&mut body, |kind, mut property| {
            match kind {
                MIN_RATE => description.min_rate = Some(property.u16()?),
                MAX_RATE => description.max_rate = Some(property.u16()?),
                _ => description.other.push(RawProperty { kind, body: property.rest().to_vec() }),
            }
            Ok(())
        })?;
        Ok(description)
    }
}

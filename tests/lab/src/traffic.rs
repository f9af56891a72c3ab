//! A virtual machine's network card: frames go in and come out.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::{Error, Frame, Mac, PATIENCE, Result, pcap, unixctl, wait_for};

/// A dummy interface on a hypervisor's br-int, standing for one virtual machine's card.
#[derive(Debug)]
pub struct Port {
    pub(crate) hypervisor: String,
    pub(crate) interface: String,
    pub(crate) iface_id: String,
    pub(crate) mac: Mac,
    pub(crate) control: PathBuf,
    pub(crate) received: PathBuf,
    /// Frames before this offset of the capture have been forgotten.
    pub(crate) mark: AtomicU64,
}

impl Port {
    /// Name of the OVS interface.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// The logical port it says it is.
    pub fn iface_id(&self) -> &str {
        &self.iface_id
    }

    /// The card's address.
    pub fn mac(&self) -> Mac {
        self.mac
    }

    /// The virtual machine sends `frame`.
    pub fn inject(&self, frame: &Frame) -> Result {
        unixctl::call(&self.control, &["netdev-dummy/receive", &self.interface, &frame.hex()]).map(drop)
    }

    /// What the virtual machine has received since it was plugged, or since [`Port::forget`].
    pub fn frames(&self) -> Result<Vec<Frame>> {
        Ok(pcap::read_from(&self.received, self.mark.load(Ordering::Relaxed))?.0)
    }

    /// Drops what has been received so far, so that a later check sees only what is new.
    pub fn forget(&self) -> Result {
        let (_, end) = pcap::read_from(&self.received, self.mark.load(Ordering::Relaxed))?;
        self.mark.store(end, Ordering::Relaxed);
        Ok(())
    }

    /// Waits for a received frame that `wanted` accepts.
    pub fn wait_frame(&self, what: &str, wanted: impl Fn(&Frame) -> bool) -> Result<Frame> {
        self.wait_frame_within(PATIENCE, what, wanted)
    }

    /// Like [`Port::wait_frame`], for at most `timeout`.
    pub fn wait_frame_within(
        &self,
        timeout: Duration,
        what: &str,
        wanted: impl Fn(&Frame) -> bool,
    ) -> Result<Frame> {
        wait_for(timeout, &format!("{what} at {self}"), || {
            let frames = self.frames()?;
            Ok(frames.iter().find(|frame| wanted(frame)).cloned().ok_or_else(|| listing(&frames)))
        })
    }

    /// Waits until `sent` has arrived.
    pub fn wait_same(&self, sent: &Frame) -> Result<Frame> {
        self.wait_frame(&format!("[{sent}]"), |frame| frame.is_same(sent))
    }

    /// Fails if a frame that `unwanted` accepts has arrived or arrives within `settle`. Sound where a frame
    /// sent later on the same way is awaited first; `settle` covers ways that have none.
    pub fn expect_no_frame(&self, settle: Duration, unwanted: impl Fn(&Frame) -> bool) -> Result {
        let start = Instant::now();
        loop {
            if let Some(frame) = self.frames()?.iter().find(|frame| unwanted(frame)) {
                return Err(Error::Unexpected { place: self.to_string(), frame: frame.to_string() });
            }
            if start.elapsed() >= settle {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} on {})", self.iface_id, self.interface, self.hypervisor)
    }
}

fn listing(frames: &[Frame]) -> String {
    if frames.is_empty() {
        return "no frame arrived".to_owned();
    }
    let lines: Vec<String> = frames.iter().rev().take(10).map(|frame| format!("  {frame}")).collect();
    format!("{} frames arrived, the last ones first:\n{}", frames.len(), lines.join("\n"))
}

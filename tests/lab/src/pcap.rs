//! Reads the capture files that Open vSwitch's dummy interfaces write.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::{Error, Frame, Result};

const FILE_HEADER: u64 = 24;
const RECORD_HEADER: usize = 16;

/// The frames of `path` from byte `offset` on (0 = from the start), and the offset after the last whole one.
/// A file that does not exist yet, or ends within a record, has just not been written so far.
pub(crate) fn read_from(path: &Path, offset: u64) -> Result<(Vec<Frame>, u64)> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), offset)),
        Err(error) => return Err(Error::io(path)(error)),
    };
    let mut offset = offset.max(FILE_HEADER);
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset)).map_err(Error::io(path))?;
    file.read_to_end(&mut bytes).map_err(Error::io(path))?;

    let mut frames = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((header, body)) = rest.split_at_checked(RECORD_HEADER) {
        // seconds, microseconds, captured length, length on the wire: in the byte order of this machine.
        let captured = u32::from_ne_bytes([header[8], header[9], header[10], header[11]]) as usize;
        let Some((frame, tail)) = body.split_at_checked(captured) else { break };
        frames.push(Frame::from_bytes(frame));
        offset += (RECORD_HEADER + captured) as u64;
        rest = tail;
    }
    Ok((frames, offset))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn capture(frames: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![0; FILE_HEADER as usize];
        for frame in frames {
            let length = (frame.len() as u32).to_ne_bytes();
            bytes.extend([0; 8]);
            bytes.extend(length);
            bytes.extend(length);
            bytes.extend(*frame);
        }
        bytes
    }

    #[test]
    fn a_record_cut_short_is_left_for_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.pcap");
        let whole = capture(&[b"first", b"second"]);

        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        let (frames, offset) = read_from(&path, 0).unwrap();
        assert_eq!(frames, [Frame::from_bytes(b"first")]);

        std::fs::write(&path, &whole).unwrap();
        let (frames, end) = read_from(&path, offset).unwrap();
        assert_eq!(frames, [Frame::from_bytes(b"second")]);
        assert_eq!(end, whole.len() as u64);
    }

    #[test]
    fn a_file_not_written_yet_has_no_frames() {
        let (frames, offset) = read_from(Path::new("/nonexistent/x.pcap"), 7).unwrap();
        assert_eq!((frames, offset), (vec![], 7));
    }
}

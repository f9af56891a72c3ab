//! The connection to another process, under timely's own: when it breaks, this is noted, and timely is told that the other
//! side has ended in order, because it knows no other way than to panic.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use timely::communication::allocator::zero_copy::stream::Stream;

use super::lost::Lost;

/// Bytes of the header of each of timely's messages.
const HEADER: usize = 48;

/// A connection to another process.
pub(crate) struct Link {
    stream: TcpStream,
    /// Who is at the other end.
    name: Arc<str>,
    lost: Lost,
    frames: Frames,
    /// Bytes that timely still waits for and nobody will send.
    missing: usize,
}

/// Where in the sequence of timely's messages the bytes are that arrive.
#[derive(Default)]
struct Frames {
    header: Vec<u8>,
    /// Bytes of the message that are still to come.
    left: usize,
    /// The message without contents has arrived that says that no other follows.
    ended: bool,
}

impl Link {
    pub(crate) fn new(stream: TcpStream, name: Arc<str>, lost: Lost) -> Self {
        Link { stream, name, lost, frames: Frames::default(), missing: 0 }
    }

    /// Another handle to the connection.
    ///
    /// # Errors
    /// The system has no more handles.
    pub(crate) fn handle(&self) -> io::Result<TcpStream> {
        self.stream.try_clone()
    }

    fn broken(&self) {
        self.lost.tell(format!("{} is gone", self.name));
    }

    /// What timely is given in the place of what does not come any more.
    fn make_up(&mut self, buffer: &mut [u8]) -> usize {
        let given = self.missing.min(buffer.len());
        buffer[..given].fill(0);
        self.missing -= given;
        given
    }
}

impl Read for Link {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.frames.ended {
            return Ok(self.make_up(buffer));
        }
        loop {
            match self.stream.read(buffer) {
                Ok(0) => break,
                Ok(len) => {
                    self.frames.feed(&buffer[..len]);
                    return Ok(len);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.broken();
        self.missing = self.frames.rest();
        self.frames.ended = true;
        Ok(self.make_up(buffer))
    }
}

impl Write for Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Once somebody is gone nothing goes out, least of all that this process ended in order.
        if self.lost.what().is_some() {
            return Ok(bytes.len());
        }
        match self.stream.write(bytes) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                self.broken();
                Ok(bytes.len())
            }
            done => done,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Link {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(Link::new(self.stream.try_clone()?, self.name.clone(), self.lost.clone()))
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.stream.set_nonblocking(nonblocking)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        // Not before the others have had the time to see for themselves who is gone; and what is gone need not be told.
        if self.lost.what().is_none() {
            let _ = self.stream.shutdown(how);
        }
        Ok(())
    }
}

impl Frames {
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.ended {
            if self.left > 0 {
                let step = self.left.min(bytes.len());
                self.left -= step;
                bytes = &bytes[step..];
                continue;
            }
            let step = (HEADER - self.header.len()).min(bytes.len());
            self.header.extend_from_slice(&bytes[..step]);
            bytes = &bytes[step..];
            if self.header.len() == HEADER {
                self.left = length(&self.header);
                self.ended = self.left == 0;
                self.header.clear();
            }
        }
    }

    /// Bytes, all of them zero, up to the end of a message without contents: the one under way, if that has none.
    fn rest(&self) -> usize {
        if self.header.is_empty() {
            return self.left + HEADER;
        }
        let mut header = self.header.clone();
        header.resize(HEADER, 0);
        let missing = HEADER - self.header.len();
        match length(&header) {
            0 => missing,
            contents => missing + contents + HEADER,
        }
    }
}

/// How long the message is that a whole header announces.
fn length(header: &[u8]) -> usize {
    /// Where the length is among the numbers of eight bytes each.
    const LENGTH: usize = 4;
    let bytes = header.as_chunks::<8>().0.get(LENGTH).copied().unwrap_or_default();
    usize::try_from(u64::from_be_bytes(bytes)).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::TcpListener;

    use timely::communication::networking::MessageHeader;

    use super::*;

    fn message(length: usize) -> Vec<u8> {
        let header =
            MessageHeader { channel: 1, source: 2, target_lower: 0, target_upper: 1, length, seqno: 9 };
        let mut bytes = Vec::new();
        header.write_to(&mut bytes).unwrap();
        bytes.extend(std::iter::repeat_n(7, length));
        bytes
    }

    /// What timely reads of a connection on which these bytes come before it breaks, and what is told.
    fn read(sent: &[u8]) -> (Vec<u8>, Lost) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut there = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        there.write_all(sent).unwrap();
        drop(there);
        let lost = Lost::default();
        let mut link = Link::new(listener.accept().unwrap().0, "process 1".into(), lost.clone());
        let mut bytes = Vec::new();
        link.read_to_end(&mut bytes).unwrap();
        (bytes, lost)
    }

    #[test]
    fn a_connection_that_breaks_anywhere_ends_in_order_for_timely() {
        let whole = [message(300), message(5)].concat();
        for cut in 0..=whole.len() {
            let (bytes, lost) = read(&whole[..cut]);
            assert_eq!(bytes[..cut], whole[..cut]);
            assert_eq!(lost.what().map(|what| &**what), Some("process 1 is gone"), "after {cut} bytes");
            let mut rest = bytes.as_slice();
            loop {
                let header = MessageHeader::try_read(rest).unwrap();
                rest = &rest[header.required_bytes()..];
                if header.length == 0 {
                    break;
                }
            }
            assert!(rest.is_empty(), "after {cut} bytes");
        }
    }

    #[test]
    fn a_connection_that_ends_in_order_is_not_lost() {
        let whole = [message(5), message(0)].concat();
        let (bytes, lost) = read(&whole);
        assert_eq!(bytes, whole);
        assert_eq!(lost.what(), None);
    }
}

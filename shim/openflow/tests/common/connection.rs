//! A blocking OpenFlow connection to a switch.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use bytes::BytesMut;
use openflow::*;

pub struct Connection {
    stream: UnixStream,
    framer: Framer,
    next_xid: u32,
    /// Errors by xid, as they came.
    pub faults: Vec<(u32, Fault)>,
}

impl Connection {
    pub fn open(path: &Path) -> Connection {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut connection = Connection { stream, framer: Framer::new(), next_xid: 100, faults: Vec::new() };
        connection.send(&Message::Hello(Hello::OPENFLOW_15));
        match connection.receive() {
            (_, Message::Hello(hello)) => assert!(hello.supports_15(6)),
            other => panic!("no HELLO but {other:?}"),
        }
        connection
    }

    pub fn send(&mut self, message: &Message) -> u32 {
        self.next_xid += 1;
        let mut out = BytesMut::new();
        message.encode(self.next_xid, &mut out).unwrap();
        self.stream.write_all(&out).unwrap();
        self.next_xid
    }

    /// The next message; echo requests are answered, errors collected.
    pub fn receive(&mut self) -> (u32, Message) {
        loop {
            if let Some(frame) = self.framer.next_frame().unwrap() {
                let message = frame.message().unwrap_or_else(|error| {
                    let near = error.offset.saturating_sub(60)..frame.body.len().min(error.offset + 20);
                    panic!("{error}, near {:02x?}", frame.body.get(near))
                });
                return (frame.header.xid, message);
            }
            let mut chunk = [0; 1 << 16];
            let n = self.stream.read(&mut chunk).unwrap();
            assert_ne!(n, 0, "the switch closed the connection");
            self.framer.extend(&chunk[..n]);
        }
    }

    /// The body of the next message of this number, not decoded.
    pub fn receive_frame(&mut self, xid: u32) -> bytes::Bytes {
        loop {
            while let Some(frame) = self.framer.next_frame().unwrap() {
                if frame.header.xid == xid {
                    return frame.body;
                }
            }
            let mut chunk = [0; 1 << 16];
            let n = self.stream.read(&mut chunk).unwrap();
            assert_ne!(n, 0, "the switch closed the connection");
            self.framer.extend(&chunk[..n]);
        }
    }

    /// Sends a request and waits for its answer.
    pub fn ask(&mut self, message: &Message) -> Message {
        let xid = self.send(message);
        self.answer(xid)
    }

    pub fn answer(&mut self, xid: u32) -> Message {
        loop {
            match self.receive() {
                (_, Message::EchoRequest(data)) => {
                    self.send(&Message::EchoReply(data));
                }
                (got, Message::Error(fault)) => {
                    self.faults.push((got, fault));
                    assert_ne!(got, xid, "refused: {:?}", self.faults.last());
                }
                (got, message) if got == xid => return message,
                _ => {}
            }
        }
    }

    /// Waits until all before is done, and gives the errors that came.
    pub fn barrier(&mut self) -> Vec<(u32, Fault)> {
        let answer = self.ask(&Message::BarrierRequest);
        assert_eq!(answer, Message::BarrierReply);
        std::mem::take(&mut self.faults)
    }

    pub fn multipart(&mut self, request: MultipartRequest) -> Vec<MultipartReplyBody> {
        let xid = self.send(&Message::MultipartRequest(request));
        let mut bodies = Vec::new();
        loop {
            match self.answer(xid) {
                Message::MultipartReply(MultipartReply { more, body }) => {
                    bodies.push(body);
                    if !more {
                        return bodies;
                    }
                }
                other => panic!("not a multipart reply: {other:?}"),
            }
        }
    }

    pub fn dump(&mut self) -> Vec<InstalledFlow> {
        let bodies = self.multipart(MultipartRequest::all_flows());
        let flows = bodies.into_iter().flat_map(|body| match body {
            MultipartReplyBody::Flows(flows) => flows,
            other => panic!("not flows: {other:?}"),
        });
        flows.collect()
    }

    pub fn groups(&mut self) -> Vec<Group> {
        let bodies = self.multipart(MultipartRequest::all_groups());
        let groups = bodies.into_iter().flat_map(|body| match body {
            MultipartReplyBody::Groups(groups) => groups,
            other => panic!("not groups: {other:?}"),
        });
        groups.collect()
    }
}

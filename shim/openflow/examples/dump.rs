//! Asks a switch who it is, adds a flow in an atomic bundle, and prints the flow tables.
//!
//! `cargo run -p openflow --example dump -- /run/openvswitch/br-int.mgmt`

use std::error::Error;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use bytes::BytesMut;
use openflow::{
    Bundle, FlowMod, Framer, Hello, Message, MultipartReply, MultipartReplyBody, MultipartRequest,
};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("the path of a bridge's .mgmt socket is needed")?;
    let mut switch = Switch { stream: UnixStream::connect(path)?, framer: Framer::new(), xid: 0 };
    switch.send(&Message::Hello(Hello::OPENFLOW_15))?;
    match switch.receive()? {
        (version, _, Message::Hello(hello)) if hello.supports_15(version) => {}
        _ => return Err("the switch does not speak OpenFlow 1.5".into()),
    }
    let xid = switch.send(&Message::FeaturesRequest)?;
    if let Message::FeaturesReply(features) = switch.answer(xid)? {
        println!("datapath {:016x}, {} tables", features.datapath_id, features.n_tables);
    }

    let flow: FlowMod = "table=200,priority=10,ip,nw_dst=192.0.2.0/24 actions=dec_ttl,NORMAL".parse()?;
    let bundle = Bundle::new(1);
    for message in bundle.prepare([flow]) {
        let xid = switch.send(&message)?;
        if message == Message::BarrierRequest {
            // An error for one of the messages before would end the program here, and nothing would be committed.
            switch.answer(xid)?;
        }
    }
    let xid = switch.send(&bundle.commit())?;
    switch.answer(xid)?;

    let xid = switch.send(&Message::MultipartRequest(MultipartRequest::all_flows()))?;
    while let Message::MultipartReply(MultipartReply { more, body: MultipartReplyBody::Flows(flows) }) =
        switch.answer(xid)?
    {
        flows.iter().for_each(|flow| println!("{flow}"));
        if !more {
            break;
        }
    }
    Ok(())
}

struct Switch {
    stream: UnixStream,
    framer: Framer,
    xid: u32,
}

impl Switch {
    fn send(&mut self, message: &Message) -> Result<u32, Box<dyn Error>> {
        self.xid += 1;
        let mut out = BytesMut::new();
        message.encode(self.xid, &mut out)?;
        self.stream.write_all(&out)?;
        Ok(self.xid)
    }

    /// The next message, with the version and xid of its header.
    fn receive(&mut self) -> Result<(u8, u32, Message), Box<dyn Error>> {
        loop {
            if let Some(frame) = self.framer.next_frame()? {
                return Ok((frame.header.version, frame.header.xid, frame.message()?));
            }
            let mut chunk = [0; 1 << 16];
            let n = self.stream.read(&mut chunk)?;
            if n == 0 {
                return Err("the switch closed the connection".into());
            }
            self.framer.extend(&chunk[..n]);
        }
    }

    /// The next message of this xid (or of the bundle's answer to it); an error of the switch is an error.
    fn answer(&mut self, xid: u32) -> Result<Message, Box<dyn Error>> {
        loop {
            match self.receive()? {
                (_, _, Message::EchoRequest(data)) => {
                    self.send(&Message::EchoReply(data))?;
                }
                (_, _, Message::Error(fault)) => return Err(fault.to_string().into()),
                (_, got, message) if got == xid => return Ok(message),
                _ => {}
            }
        }
    }
}

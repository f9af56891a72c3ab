//! The control socket every Open vSwitch daemon has: what `ovs-appctl` speaks, without starting a process.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Deserializer, Value, json};

use crate::{Error, PATIENCE, Result};

/// Runs one command at the daemon behind `socket` and gives its answer. The protocol is JSON-RPC 1.0,
/// one request and one reply per connection here.
pub(crate) fn call(socket: &Path, args: &[&str]) -> Result<String> {
    call_within(socket, args, PATIENCE)
}

pub(crate) fn call_within(socket: &Path, args: &[&str], timeout: Duration) -> Result<String> {
    let failed = || Error::io(socket);
    let [method, params @ ..] = args else {
        return Err(Error::Usage("appctl needs a command".to_owned()));
    };
    let mut stream = UnixStream::connect(socket).map_err(failed())?;
    stream.set_read_timeout(Some(timeout)).map_err(failed())?;
    let request = json!({ "id": 0, "method": method, "params": params });
    stream.write_all(request.to_string().as_bytes()).map_err(failed())?;
    let reply = read_value(&mut stream).map_err(failed())?;
    match (reply.get("result").and_then(Value::as_str), reply.get("error").and_then(Value::as_str)) {
        (Some(result), None) => Ok(result.to_owned()),
        (_, error) => Err(Error::Control {
            command: args.join(" "),
            target: socket.to_owned(),
            reply: error.map_or_else(|| reply.to_string(), |error| error.trim().to_owned()),
        }),
    }
}

fn read_value(stream: &mut impl Read) -> std::io::Result<Value> {
    match Deserializer::from_reader(stream).into_iter::<Value>().next() {
        Some(value) => value.map_err(std::io::Error::from),
        None => Err(std::io::ErrorKind::UnexpectedEof.into()),
    }
}

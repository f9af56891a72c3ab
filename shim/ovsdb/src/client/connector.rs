use std::fmt;
use std::str::FromStr;

use tokio::io::{AsyncRead, AsyncWrite};

use super::{ConnectError, Remote, RemoteError, Stream};

/// Opens streams to a database: to one server, or to one of several that serve it. Implement it for what [`Remote`] cannot
/// open by itself, such as TLS.
pub trait Connector: Send + 'static {
    /// What it opens.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Opens a stream to the server that is next: the same until [`Connector::advance`].
    fn connect(&mut self) -> impl Future<Output = Result<Self::Stream, ConnectError>> + Send;

    /// Goes on to another server, if there is one, since the connection failed or ended.
    fn advance(&mut self) {}

    /// The server that is next, for errors.
    fn remote(&self) -> Remote;
}

impl Connector for Remote {
    type Stream = Stream;

    async fn connect(&mut self) -> Result<Stream, ConnectError> {
        Remote::connect(self).await
    }

    fn remote(&self) -> Remote {
        self.clone()
    }
}

/// The servers of one database, which are tried in turn: remotes with commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remotes {
    first: Remote,
    others: Vec<Remote>,
    next: usize,
}

impl Remotes {
    /// These servers, beginning with `first`.
    pub fn new(first: Remote, others: Vec<Remote>) -> Self {
        Remotes { first, others, next: 0 }
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Remote> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Connector for Remotes {
    type Stream = Stream;

    async fn connect(&mut self) -> Result<Stream, ConnectError> {
        self.remote().connect().await
    }

    fn advance(&mut self) {
        self.next = (self.next + 1) % (1 + self.others.len());
    }

    fn remote(&self) -> Remote {
        self.iter().nth(self.next).unwrap_or(&self.first).clone()
    }
}

impl From<Remote> for Remotes {
    fn from(remote: Remote) -> Self {
        Remotes::new(remote, Vec::new())
    }
}

impl FromStr for Remotes {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, RemoteError> {
        let mut remotes = text.split(',').map(|remote| remote.trim().parse());
        let first = remotes.next().unwrap_or_else(|| "".parse())?;
        Ok(Remotes::new(first, remotes.collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Remotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remotes: Vec<String> = self.iter().map(Remote::to_string).collect();
        f.write_str(&remotes.join(","))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn servers_take_turns() {
        let mut remotes: Remotes = "tcp:a:1, tcp:b:2,unix:/c".parse().unwrap();
        assert_eq!(remotes.to_string(), "tcp:a:1,tcp:b:2,unix:/c");
        let turns = (0..4).map(|_| {
            let turn = remotes.remote().to_string();
            remotes.advance();
            turn
        });
        assert_eq!(turns.collect::<Vec<_>>(), ["tcp:a:1", "tcp:b:2", "unix:/c", "tcp:a:1"]);
        assert_eq!("tcp:a:1,".parse::<Remotes>().unwrap_err().remote, "");
    }
}

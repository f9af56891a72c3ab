//! Authorities and identities in a directory of their own.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use weir_tls::pki::{Authority, Purpose};
use weir_tls::{HandshakeError, Secured, Tls, TlsFiles};

pub const DAYS: u32 = 30;

/// A directory with an authority in it.
pub struct Site {
    pub dir: TempDir,
    pub authority: Authority,
}

impl Site {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::init(&dir.path().join("ca"), DAYS).unwrap();
        Site { dir, authority }
    }

    /// Of one that may be connected to, if its name begins with `weir`.
    pub fn files(&self, name: &str) -> TlsFiles {
        let purpose = if name.starts_with("weir") { Purpose::Server } else { Purpose::Client };
        self.authority.issue(name, purpose, self.dir.path(), DAYS).unwrap().files
    }

    pub fn tls(&self, name: &str) -> Arc<Tls> {
        Tls::open(self.files(name)).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// What both ends make of each other, after some bytes have gone both ways.
pub async fn meet(
    server: &Tls,
    client: &Tls,
) -> (Result<String, HandshakeError>, Result<String, HandshakeError>) {
    let (here, there) = tokio::io::duplex(64 << 10);
    let greet = |secured: Result<Secured<_>, HandshakeError>| async {
        let Secured { mut stream, peer } = secured?;
        let mut heard = [0; 5];
        let talked = async {
            stream.write_all(b"hello").await?;
            stream.flush().await?;
            stream.read_exact(&mut heard).await.map(drop)
        };
        talked.await.map_err(HandshakeError::Tls)?;
        assert_eq!(&heard, b"hello");
        Ok(peer.to_string())
    };
    tokio::join!(async { greet(server.accept(here).await).await }, async {
        greet(client.connect(there, "localhost").await).await
    })
}

/// Runs a program in a directory; its standard output.
pub fn run(directory: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).current_dir(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

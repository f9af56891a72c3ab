use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::CommonState;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use crate::credentials::Credentials;
use crate::files::Stamp;
use crate::{HandshakeError, PeerNames, TlsError, TlsFiles};

/// How long a peer may take for its handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// An identity and the authorities it trusts: opens TLS sessions, 1.2 or 1.3, in which both sides show certificates.
///
/// The files are looked at before every handshake and read again when they have changed. If they cannot be read then,
/// those from before stay in use and the log says so, once for every change.
pub struct Tls {
    files: TlsFiles,
    current: Mutex<Current>,
}

struct Current {
    credentials: Credentials,
    /// Of the files last read, with or without success.
    stamp: Stamp,
}

/// A TLS session, with what the peer's certificate says it is.
#[derive(Debug)]
pub struct Secured<S> {
    /// Both directions.
    pub stream: TlsStream<S>,
    /// The peer's names.
    pub peer: PeerNames,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When one of them cannot be used; names it and says why.
    pub fn open(files: TlsFiles) -> Result<Arc<Self>, TlsError> {
        // Before reading: what changes meanwhile is read again.
        let stamp = files.stamp();
        let credentials = Credentials::read(&files)?;
        Ok(Arc::new(Tls { files, current: Mutex::new(Current { credentials, stamp }) }))
    }

    /// Waits for a peer that connected to shake hands. It must show a certificate of a trusted authority.
    ///
    /// # Errors
    /// When it does not, or not within 10 seconds.
    pub async fn accept<S>(&self, stream: S) -> Result<Secured<S>, HandshakeError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = TlsAcceptor::from(self.credentials().server);
        let stream = in_time(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await?;
        let peer = names(stream.get_ref().1)?;
        Ok(Secured { stream: stream.into(), peer })
    }

    /// Shakes hands with the server that `stream` is connected to. It must show a certificate of a trusted authority; that
    /// it names `host` is not demanded, for OVS does not either: `host` is only told to it.
    ///
    /// # Errors
    /// When it does not, or not within 10 seconds. That it does not trust us may only show with the first reading.
    pub async fn connect<S>(&self, stream: S, host: &str) -> Result<Secured<S>, HandshakeError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let connector = TlsConnector::from(self.credentials().client);
        let stream = in_time(HANDSHAKE_TIMEOUT, connector.connect(server_name(host), stream)).await?;
        let peer = names(stream.get_ref().1)?;
        Ok(Secured { stream: stream.into(), peer })
    }

    /// The files.
    pub fn files(&self) -> &TlsFiles {
        &self.files
    }

    /// What to speak with now.
    fn credentials(&self) -> Credentials {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.files.stamp();
        if current.stamp != stamp {
            current.stamp = stamp;
            match Credentials::read(&self.files) {
                Ok(credentials) => {
                    tracing::info!(cert = %self.files.cert.display(), "TLS files have changed and were read again");
                    current.credentials = credentials;
                }
                Err(error) => {
                    tracing::error!(%error, "TLS files have changed and cannot be used; those before stay in use");
                }
            }
        }
        current.credentials.clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

async fn in_time<T>(
    patience: Duration,
    handshake: impl Future<Output = std::io::Result<T>>,
) -> Result<T, HandshakeError> {
    match tokio::time::timeout(patience, handshake).await {
        Ok(shaken) => shaken.map_err(HandshakeError::Tls),
        Err(_) => Err(HandshakeError::Timeout(patience)),
    }
}

fn names(session: &CommonState) -> Result<PeerNames, HandshakeError> {
    let certificate = session.peer_certificates().and_then(|chain| chain.first());
    PeerNames::of(certificate.ok_or_else(|| HandshakeError::Certificate("there is none".to_owned()))?)
}

/// The name that a server is told it was called by. Only an address or a DNS name can be told.
fn server_name(host: &str) -> ServerName<'static> {
    let nobody = ServerName::IpAddress(std::net::Ipv4Addr::UNSPECIFIED.into());
    ServerName::try_from(host.to_owned()).unwrap_or(nobody)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_that_says_nothing_is_given_up() {
        let shaken = in_time::<()>(Duration::from_millis(1), std::future::pending()).await;
        assert!(matches!(shaken, Err(HandshakeError::Timeout(_))), "{shaken:?}");
    }
}

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Files that TLS cannot be spoken with. No variant holds anything of a key.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not PEM, or has a broken section.
    #[error("{path}: {problem}", path = .path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file has no section `BEGIN CERTIFICATE`.
    #[error("{path}: no certificate in it", path = .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file has no private key that can be used.
    #[error("{path}: no private key in it (PKCS#8, PKCS#1 or SEC1, not encrypted)", path = .path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// A certificate of the authority cannot be used to verify others.
    #[error("{path}: certificate {index}: {problem}", path = .path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Which one, counted from 1.
        index: usize,
        /// What is wrong.
        problem: String,
    },
    /// Certificate and key do not fit each other, or are of a kind that TLS does not know.
    #[error("{cert} with {key}: {problem}", cert = .cert.display(), key = .key.display())]
    Pair {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// A connection that did not become a TLS session.
#[derive(Debug, Error)]
pub enum HandshakeError {
    /// The peer and we could not agree, or one does not trust the other's certificate.
    #[error("TLS: {0}")]
    Tls(#[source] io::Error),
    /// The peer showed no certificate, or one that cannot be read.
    #[error("TLS: the peer's certificate cannot be read: {0}")]
    Certificate(String),
    /// It took too long.
    #[error("TLS: no handshake within {0:?}")]
    Timeout(Duration),
}

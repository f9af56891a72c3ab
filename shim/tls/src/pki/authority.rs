use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use time::{Duration, OffsetDateTime};
use webpki::{EndEntityCert, KeyUsage};

use super::PkiError;
use super::place::{self, Readers};
use crate::TlsFiles;
use crate::credentials::{certificates, read};
use crate::peer::PeerNames;

/// A certificate authority in a directory: `cacert.pem`, which everybody who verifies needs, and `private/cakey.pem`, which
/// nobody else may have.
///
/// Keys are ECDSA on P-256, which OVS and everything else since OpenSSL 1.0 understands.
#[derive(Debug, Clone)]
pub struct Authority {
    directory: PathBuf,
}

/// The files of an issued certificate, named as `ovs-pki` names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// `cacert.pem`, `NAME-cert.pem` and `NAME-privkey.pem`.
    pub files: TlsFiles,
}

/// What a certificate is good for. Both sides of a connection hold the other to it (RFC 5280 section 4.2.1.12): with a client's
/// certificate, a hypervisor cannot pretend to be Weir towards another hypervisor, or a database towards Weir.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To connect only: a hypervisor's.
    Client,
    /// To be connected to, and to connect: Weir's own, a database server's.
    Server,
}

/// How long before now certificates begin, for machines whose clocks are behind.
const CLOCK_SKEW: Duration = Duration::hours(1);

impl Authority {
    /// Makes a new authority, whose certificate holds for so many days.
    ///
    /// # Errors
    /// When there is one already, or the files cannot be written.
    pub fn init(directory: &Path, days: u32) -> Result<Self, PkiError> {
        let authority = Authority { directory: directory.to_owned() };
        let key = KeyPair::generate()?;
        // A name of its own, since peers may trust several authorities at once and look them up by name.
        let mark: String =
            key.public_key_raw().iter().skip(1).take(8).map(|byte| format!("{byte:02x}")).collect();
        let params = authority_params(&format!("Weir authority {mark}"), days)?;
        let certificate = params.self_signed(&key)?;
        place::directory(directory, Readers::Everybody)?;
        place::directory(&directory.join("private"), Readers::Owner)?;
        place::file(&authority.key(), &key.serialize_pem(), Readers::Owner)?;
        place::file(&authority.certificate(), &certificate.pem(), Readers::Everybody)?;
        Ok(authority)
    }

    /// An authority made before.
    pub fn open(directory: &Path) -> Self {
        Authority { directory: directory.to_owned() }
    }

    /// The certificate that peers verify others with.
    pub fn certificate(&self) -> PathBuf {
        self.directory.join("cacert.pem")
    }

    /// Makes a key and a certificate for it, in files of `into`. `name` becomes the common
    /// name, and a DNS name if it can be one: a hypervisor's is its system-id.
    ///
    /// # Errors
    /// When there are such files already, they cannot be written, the name cannot be a file's, or the authority was not
    /// made by [`Authority::init`].
    pub fn issue(&self, name: &str, purpose: Purpose, into: &Path, days: u32) -> Result<Issued, PkiError> {
        check_name(name)?;
        let issuer = self.issuer()?;
        let key = KeyPair::generate()?;
        let certificate = certificate_params(name, purpose, days)?.signed_by(&key, &issuer)?;
        self.verify(&certificate)?;
        let cert_file = into.join(format!("{name}-cert.pem"));
        let key_file = into.join(format!("{name}-privkey.pem"));
        place::directory(into, Readers::Everybody)?;
        place::file(&key_file, &key.serialize_pem(), Readers::Owner)?;
        place::file(&cert_file, &certificate.pem(), Readers::Everybody)?;
        Ok(Issued { files: TlsFiles { ca: self.certificate(), cert: cert_file, key: key_file } })
    }

    fn key(&self) -> PathBuf {
        self.directory.join("private").join("cakey.pem")
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, PkiError> {
        let not_ours = |path: PathBuf, problem: &str| PkiError::NotOurs { path, problem: problem.to_owned() };
        let certificate = certificates(&self.certificate())?.remove(0);
        let names =
            PeerNames::of(&certificate).map_err(|error| not_ours(self.certificate(), &error.to_string()))?;
        let name = names.iter().next().ok_or_else(|| not_ours(self.certificate(), "has no common name"))?;
        let key_text = String::from_utf8(read(&self.key())?);
        let key_text = key_text.map_err(|_| not_ours(self.key(), "is not PEM"))?;
        // What the library says of a key stays out of the message, for it could quote it.
        let key =
            KeyPair::from_pem(&key_text).map_err(|_| not_ours(self.key(), "has no key of an authority"))?;
        Ok(Issuer::new(authority_params(name, 1)?, key))
    }

    /// Whether the certificate comes from this authority as its file has it: an authority made elsewhere may have a name of
    /// more parts than are read here.
    fn verify(&self, certificate: &Certificate) -> Result<(), PkiError> {
        let problem = |error: webpki::Error| PkiError::NotOurs {
            path: self.certificate(),
            problem: format!("does not fit its key, or was not made by `weir pki init` ({error})"),
        };
        let authority: CertificateDer<'static> = certificates(&self.certificate())?.remove(0);
        let anchors = [webpki::anchor_from_trusted_cert(&authority).map_err(problem)?];
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
        let certificate = EndEntityCert::try_from(certificate.der()).map_err(problem)?;
        let (now, usage) = (UnixTime::now(), KeyUsage::client_auth());
        let verified = certificate.verify_for_usage(algorithms, &anchors, &[], now, usage, None, None);
        verified.map(drop).map_err(problem)
    }
}

fn authority_params(name: &str, days: u32) -> Result<CertificateParams, PkiError> {
    let mut params = params(name, days)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn certificate_params(name: &str, purpose: Purpose, days: u32) -> Result<CertificateParams, PkiError> {
    let mut params = params(name, days)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = match purpose {
        Purpose::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
        Purpose::Server => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
    };
    // Names with other characters are common names only.
    let is_dns = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if name.bytes().all(is_dns) {
        params.subject_alt_names = vec![SanType::DnsName(name.try_into()?)];
    }
    Ok(params)
}

fn params(name: &str, days: u32) -> Result<CertificateParams, PkiError> {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.not_before = now - CLOCK_SKEW;
    // Years above 9999 cannot be written (RFC 5280 section 4.1.2.5.2).
    params.not_after = now.checked_add(Duration::days(days.into())).ok_or(PkiError::Days(days))?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

/// A name is also the beginning of two files' names.
fn check_name(name: &str) -> Result<(), PkiError> {
    let refused = |problem| Err(PkiError::Name { name: name.to_owned(), problem });
    match name {
        "" => refused("no name"),
        _ if name.len() > 64 => refused("longer than 64 bytes, the most a common name may have"),
        _ if name.starts_with(['.', '-']) => refused("begins with a dot or a hyphen"),
        _ if name.chars().any(|c| c == '/' || c.is_control()) => {
            refused("has a slash or a control character in it")
        }
        _ if name.contains(" id:") => refused("` id:` separates a name from what makes it unique"),
        _ => Ok(()),
    }
}

use std::fmt;

use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use crate::HandshakeError;
use crate::subject::common_name;

/// The names that a peer's certificate, verified, gives it: the common name of its subject, and the DNS names among its
/// alternative names.
///
/// `ovs-pki` writes `NAME id:UUID` as common name unless told otherwise (`-u`): then `NAME` is one of the names also.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerNames {
    names: Vec<String>,
}

/// What `ovs-pki` puts between a name and the UUID that makes it unique.
const UNIQUE_MARK: &str = " id:";

impl PeerNames {
    /// Reads the names of a certificate. That it comes from a trusted authority is not looked at here.
    ///
    /// # Errors
    /// When it is no X.509 certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, HandshakeError> {
        let certificate = EndEntityCert::try_from(certificate)
            .map_err(|error| HandshakeError::Certificate(error.to_string()))?;
        let common = common_name(certificate.subject());
        Ok(PeerNames::new(common, certificate.valid_dns_names().map(str::to_owned)))
    }

    fn new(common: Option<String>, alternative: impl Iterator<Item = String>) -> Self {
        let short = common.as_ref().and_then(|name| name.split_once(UNIQUE_MARK));
        let short = short.map(|(name, _)| name.to_owned());
        let mut names = Vec::new();
        for name in short.into_iter().chain(common).chain(alternative) {
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        PeerNames { names }
    }

    /// Whether the certificate gives exactly this name. Wildcards stand for themselves.
    pub fn include(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    /// All names, the common name first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

impl fmt::Display for PeerNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.names.is_empty() { f.write_str("(no name)") } else { f.write_str(&self.names.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_of_those_given_and_nothing_like_it() {
        for (common, alternative, names) in [
            (Some("hv1"), vec![], vec!["hv1"]),
            (Some("hv1 id:9d455c71"), vec![], vec!["hv1", "hv1 id:9d455c71"]),
            (Some("hv1"), vec!["hv1", "hv1.example"], vec!["hv1", "hv1.example"]),
            (None, vec!["*.example"], vec!["*.example"]),
            (Some(" id:x"), vec![], vec![" id:x"]),
            (None, vec![], vec![]),
        ] {
            let peer = PeerNames::new(common.map(str::to_owned), alternative.into_iter().map(str::to_owned));
            assert_eq!(peer.iter().collect::<Vec<_>>(), names);
            for other in ["", "hv", "HV1", "hv10", "a.example"] {
                assert!(!peer.include(other), "{peer} / {other}");
            }
            assert!(names.iter().all(|name| peer.include(name)));
        }
    }
}

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where the three parts of an identity stand, all PEM: what `ovs-vsctl set-ssl` calls the CA certificate, the certificate
/// and the private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates of the authorities that peers' certificates must come from.
    pub ca: PathBuf,
    /// Our certificate, and after it those that lead from it to its authority, if any.
    pub cert: PathBuf,
    /// Our certificate's private key.
    pub key: PathBuf,
}

/// What tells that one of the files is not the one it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp([Option<FileStamp>; 3]);

#[derive(Debug, Clone, PartialEq, Eq)]
struct FileStamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl TlsFiles {
    /// What tells whether the files are still the same. Follows links, since that is how certificates are often swapped.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp([&self.ca, &self.cert, &self.key].map(|path| FileStamp::of(path)))
    }
}

impl FileStamp {
    fn of(path: &Path) -> Option<Self> {
        let of = |data: Metadata| FileStamp {
            device: data.dev(),
            inode: data.ino(),
            length: data.len(),
            modified: (data.mtime(), data.mtime_nsec()),
        };
        std::fs::metadata(path).ok().map(of)
    }
}

//! Files that are made once and not written over.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::PkiError;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    Everybody,
    Owner,
}

impl Readers {
    fn file_mode(self) -> u32 {
        match self {
            Readers::Everybody => 0o644,
            Readers::Owner => 0o600,
        }
    }

    fn directory_mode(self) -> u32 {
        match self {
            Readers::Everybody => 0o755,
            Readers::Owner => 0o700,
        }
    }
}

pub(super) fn directory(path: &Path, readers: Readers) -> Result<(), PkiError> {
    let made = DirBuilder::new().recursive(true).mode(readers.directory_mode()).create(path);
    made.map_err(|source| PkiError::Write { path: path.to_owned(), source })
}

/// Writes a file that is not there yet, never readable for more than `readers`.
pub(super) fn file(path: &Path, text: &str, readers: Readers) -> Result<(), PkiError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => PkiError::Exists { path: path.to_owned() },
        _ => PkiError::Write { path: path.to_owned(), source },
    };
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create_new(true).mode(readers.file_mode()).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

//! File names and the URIs editors write them as.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use lsp_types::Uri;

/// The path of a `file:` URI; other URIs (a text never saved) are names of their own.
pub(crate) fn to_path(uri: &Uri) -> PathBuf {
    let text = uri.as_str();
    let Some(rest) = text.strip_prefix("file://") else { return PathBuf::from(text) };
    // What stands before the path is a host: none, or this one.
    let path = rest.find('/').map_or("", |slash| &rest[slash..]);
    let path = decoded(path.split(['?', '#']).next().unwrap_or(path));
    match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => PathBuf::from(&path[1..]),
        _ => PathBuf::from(path),
    }
}

/// The URI of a path; `None` if it cannot be written as one.
pub(crate) fn from_path(path: &Path) -> Option<Uri> {
    let text = path.to_str()?;
    if !path.is_absolute() {
        return text.parse().ok();
    }
    let mut uri = String::from("file://");
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(byte as char)
            }
            // Writing to a string does not fail.
            _ => _ = write!(uri, "%{byte:02X}"),
        }
    }
    uri.parse().ok()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn paths_survive_the_way_there_and_back() {
        for path in ["/a/b.dl", "/a b/\u{e4}%41.dl", "/x/[y]#z?.dl"] {
            let uri = from_path(Path::new(path)).unwrap();
            assert_eq!(to_path(&uri), Path::new(path), "{}", uri.as_str());
        }
    }

    #[test]
    fn editors_write_uris_in_several_ways() {
        for (uri, path) in [
            ("file:///a/b%20c.dl", "/a/b c.dl"),
            ("file://localhost/a.dl", "/a.dl"),
            ("file:///c%3A/x.dl", "c:/x.dl"),
            ("untitled:Untitled-1", "untitled:Untitled-1"),
            ("file:///a/%zz.dl", "/a/%zz.dl"),
        ] {
            let Ok(uri) = uri.parse() else { continue };
            assert_eq!(to_path(&uri), Path::new(path));
        }
    }
}

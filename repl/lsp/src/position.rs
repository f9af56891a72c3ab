//! Offsets in a text and the lines and columns editors count.

use lsp_types::{Position, PositionEncodingKind, Range};

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: what every editor knows.
    Utf16,
}

/// Where the lines of a text start.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    starts: Vec<u32>,
}

impl Encoding {
    /// Bytes if the editor offers them: nothing needs to be counted then.
    pub(crate) fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Encoding {
        match offered {
            Some(offered) if offered.contains(&PositionEncodingKind::UTF8) => Encoding::Utf8,
            _ => Encoding::Utf16,
        }
    }

    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    /// How long a text is in columns.
    pub(crate) fn width(self, text: &str) -> u32 {
        match self {
            Encoding::Utf8 => text.len() as u32,
            Encoding::Utf16 => text.chars().map(|c| c.len_utf16() as u32).sum(),
        }
    }
}

impl Lines {
    pub(crate) fn new(text: &str) -> Lines {
        let starts = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1);
        Lines { starts: std::iter::once(0).chain(starts).collect() }
    }

    /// The line and column of an offset; an offset past the end, or inside a character, is moved back.
    pub(crate) fn position(&self, text: &str, offset: u32, encoding: Encoding) -> Position {
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start as usize <= offset).saturating_sub(1);
        let start = self.starts.get(line).map_or(0, |s| *s as usize);
        let before = text.get(start..offset).unwrap_or("");
        Position { line: line as u32, character: encoding.width(before) }
    }

    pub(crate) fn range(&self, text: &str, start: u32, end: u32, encoding: Encoding) -> Range {
        Range { start: self.position(text, start, encoding), end: self.position(text, end, encoding) }
    }

    /// The offset of a position; columns past the end of a line mean its end, lines past the last the end of the text.
    pub(crate) fn offset(&self, text: &str, position: Position, encoding: Encoding) -> u32 {
        let Some(start) = self.starts.get(position.line as usize).map(|s| *s as usize) else {
            return text.len() as u32;
        };
        let line = text.get(start..).unwrap_or("");
        let line = line.split('\n').next().unwrap_or("");
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut column = 0;
        for (at, c) in line.char_indices() {
            if column >= position.character {
                return (start + at) as u32;
            }
            column += match encoding {
                Encoding::Utf8 => c.len_utf8() as u32,
                Encoding::Utf16 => c.len_utf16() as u32,
            };
        }
        (start + line.len()) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\u{e9}b\n\u{1f600}x\r\n\nend";

    #[test]
    fn positions_and_offsets_agree() {
        let lines = Lines::new(TEXT);
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (offset, c) in TEXT.char_indices().filter(|(_, c)| *c != '\n') {
                let position = lines.position(TEXT, offset as u32, encoding);
                assert_eq!(lines.offset(TEXT, position, encoding), offset as u32, "{c:?} {encoding:?}");
            }
        }
    }

    #[test]
    fn columns_count_what_was_agreed_on() {
        let lines = Lines::new(TEXT);
        let x = TEXT.find('x').map_or(0, |x| x as u32);
        assert_eq!(lines.position(TEXT, x, Encoding::Utf16), Position::new(1, 2));
        assert_eq!(lines.position(TEXT, x, Encoding::Utf8), Position::new(1, 4));
    }

    #[test]
    fn what_lies_outside_is_moved_inside() {
        let lines = Lines::new(TEXT);
        assert_eq!(lines.offset(TEXT, Position::new(0, 99), Encoding::Utf16), 4);
        assert_eq!(lines.offset(TEXT, Position::new(1, 99), Encoding::Utf16), 10);
        assert_eq!(lines.offset(TEXT, Position::new(99, 0), Encoding::Utf16), TEXT.len() as u32);
        assert_eq!(lines.position(TEXT, 999, Encoding::Utf16), Position::new(3, 3));
        assert_eq!(lines.position(TEXT, 2, Encoding::Utf16), Position::new(0, 1));
    }
}

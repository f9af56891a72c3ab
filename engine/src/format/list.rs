//! Things between delimiters, on one line or each on its own.

use super::doc::Doc;
use super::source::{Laid, Lost, Source};
use crate::syntax::token::TokenKind;

/// How a list is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) close: Close,
    /// Blanks inside the delimiters when on one line.
    pub(super) padded: bool,
    /// Whether the last thing may open its own delimiters on the line that opens these.
    pub(super) hug: bool,
    /// Whether a group is put around it elsewhere: what follows the list is to stay on one line rather than the list.
    pub(super) open: bool,
}

/// What ends a list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Close {
    Token(TokenKind),
    /// One character of an operator run.
    Character(char),
}

impl Style {
    /// Closed by a token.
    pub(super) fn closed_by(kind: TokenKind) -> Self {
        Style { close: Close::Token(kind), padded: false, hug: false, open: false }
    }

    /// In angle brackets.
    pub(super) fn angles() -> Self {
        Style { close: Close::Character('>'), ..Style::closed_by(TokenKind::Eof) }
    }

    /// Parentheses, without a group around them.
    pub(super) fn open_parens() -> Self {
        Style { open: true, ..Style::closed_by(TokenKind::RParen) }
    }

    /// With this said about the last thing.
    pub(super) fn hugging(self, hug: bool) -> Self {
        Style { hug, ..self }
    }
}

impl<'t> Source<'t> {
    /// Things separated by commas from the opening delimiter, which is the next character, to the closing one. An author
    /// who breaks the line after the opening delimiter wants each thing on a line of its own. A comma after the last thing
    /// stays where the list is on several lines.
    pub(super) fn list<T>(
        &mut self,
        style: Style,
        items: &[T],
        mut item: impl FnMut(&mut Self, &T) -> Laid<'t>,
    ) -> Laid<'t> {
        let open = match style.close {
            Close::Token(_) => self.take(),
            Close::Character('|') => self.character('|')?,
            Close::Character(_) => self.character('<')?,
        };
        let edge = if style.padded { Doc::line() } else { Doc::soft_line() };
        if items.is_empty() && !self.has_leading() {
            // `<>` would be read as one operator.
            let angles = matches!(style.close, Close::Character('>'));
            let between = if angles { Doc::text(" ") } else { Doc::nil() };
            return Ok(Doc::concat([open, between, self.close(style.close)?]));
        }
        let broken = self.starts_line() && !items.is_empty();
        // `[|` would start a raw string.
        let apart = matches!(style.close, Close::Token(TokenKind::RBracket)) && self.at_character('|');
        let mut plain = vec![if apart { Doc::line() } else { edge.clone() }];
        let mut hugged = if apart { vec![Doc::text(" ")] } else { Vec::new() };
        let mut can_hug = style.hug && !broken;
        for (at, thing) in items.iter().enumerate() {
            let leading = self.leading(1);
            let last = at + 1 == items.len();
            let doc = item(self, thing)?;
            can_hug &= leading.is_blank() && (last || !doc.breaks);
            plain.extend([leading, doc.clone()]);
            hugged.push(if last { doc.last_broken() } else { doc });
            let commented = self.has_comments();
            if let Some(comma) = self.take_if(TokenKind::Comma) {
                can_hug &= !commented;
                plain.push(match last && !commented {
                    true => Doc::if_broken(comma.clone()),
                    false => comma.clone(),
                });
                if !last {
                    hugged.extend([comma, Doc::text(" ")]);
                }
            } else if !last {
                return Err(Lost(self.peek().span));
            }
            if !last {
                plain.push(Doc::line());
            }
        }
        if self.has_leading() {
            can_hug = false;
            if !items.is_empty() {
                plain.push(Doc::line());
            }
            plain.push(self.leading(1));
        }
        let close = self.close(style.close)?;
        let plain =
            Doc::concat([open.clone(), Doc::nest(Doc::concat(plain)), edge, close.clone()]).broken_if(broken);
        match can_hug {
            true => Ok(Doc::hug(Doc::concat([open, Doc::concat(hugged), close]), plain)),
            false if style.open => Ok(plain),
            false => Ok(Doc::group(plain)),
        }
    }

    fn close(&mut self, close: Close) -> Laid<'t> {
        match close {
            Close::Token(kind) => self.expect(kind),
            Close::Character(character) => self.character(character),
        }
    }
}

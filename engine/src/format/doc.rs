//! Documents: text with places where lines may be broken, after Wadler's "A prettier printer".

use std::rc::Rc;

use super::comment::{Comment, Place};

/// A text that can be laid out in several ways. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Doc<'t> {
    pub(super) node: Rc<Node<'t>>,
    /// Holds a line break whatever the width.
    pub(super) breaks: bool,
    /// Something after its last possible line break must be followed by one: a line comment.
    open_comment: bool,
    /// A line may be broken before anything else stands.
    starts_line: bool,
}

/// What a document consists of.
#[derive(Debug)]
pub(super) enum Node<'t> {
    /// As it is; may hold line breaks of its own.
    Text(&'t str),
    Concat(Vec<Doc<'t>>),
    /// All of its own line breaks are taken, or none.
    Group(Doc<'t>),
    /// One level deeper after line breaks.
    Nest(Doc<'t>),
    /// A line break; where not taken, this text.
    Line(&'static str),
    /// A line break that is always taken.
    HardLine,
    /// An empty line (or several), if a line has just begun and is not the first of a block.
    Blank(usize),
    /// Where the enclosing group is broken this, else nothing.
    IfBroken(Doc<'t>),
    /// The second on one line if it fits; else the first if what stands up to its first line break fits; else the
    /// second on several lines.
    Hug(Doc<'t>, Doc<'t>),
    Comment(Comment<'t>),
}

impl<'t> Doc<'t> {
    fn plain(node: Node<'t>) -> Self {
        Doc { node: Rc::new(node), breaks: false, open_comment: false, starts_line: false }
    }

    /// Nothing.
    pub(super) fn nil() -> Self {
        Doc::plain(Node::Text(""))
    }

    /// Characters as they are. Text of several lines wants what is around it on several lines, too.
    pub(super) fn text(text: &'t str) -> Self {
        Doc { breaks: text.contains('\n'), ..Doc::plain(Node::Text(text)) }
    }

    /// A blank or a line break.
    pub(super) fn line() -> Self {
        Doc { starts_line: true, ..Doc::plain(Node::Line(" ")) }
    }

    /// Nothing or a line break.
    pub(super) fn soft_line() -> Self {
        Doc { starts_line: true, ..Doc::plain(Node::Line("")) }
    }

    /// A line break.
    pub(super) fn hard_line() -> Self {
        Doc { starts_line: true, breaks: true, ..Doc::plain(Node::HardLine) }
    }

    /// Up to so many empty lines, where a line has begun.
    pub(super) fn blank(n: usize) -> Self {
        if n == 0 { Doc::nil() } else { Doc::plain(Node::Blank(n)) }
    }

    /// A comment.
    pub(super) fn comment(comment: Comment<'t>) -> Self {
        let starts = comment.place == Place::OwnLine;
        Doc {
            breaks: starts,
            starts_line: starts,
            open_comment: comment.runs_to_line_end() && !starts,
            ..Doc::plain(Node::Comment(comment))
        }
    }

    /// One after the other.
    pub(super) fn concat(parts: impl IntoIterator<Item = Doc<'t>>) -> Self {
        let parts: Vec<Doc> = parts.into_iter().filter(|part| !part.is_nil()).collect();
        let mut open = false;
        let mut breaks = false;
        for part in &parts {
            breaks |= part.breaks || (open && part.starts_line);
            open = part.open_comment || (open && !part.starts_line);
        }
        let starts_line = parts.first().is_some_and(|part| part.starts_line);
        Doc { breaks, open_comment: open, starts_line, ..Doc::plain(Node::Concat(parts)) }
    }

    /// On one line if it fits.
    pub(super) fn group(doc: Doc<'t>) -> Self {
        Doc { node: Rc::new(Node::Group(doc.clone())), ..doc }
    }

    /// One level deeper.
    pub(super) fn nest(doc: Doc<'t>) -> Self {
        Doc { node: Rc::new(Node::Nest(doc.clone())), ..doc }
    }

    /// Only where the enclosing group is broken.
    pub(super) fn if_broken(doc: Doc<'t>) -> Self {
        Doc::plain(Node::IfBroken(doc))
    }

    /// `plain` on one line if it fits; else `hugged` if its first line does; else `plain` on several lines.
    pub(super) fn hug(hugged: Doc<'t>, plain: Doc<'t>) -> Self {
        Doc { node: Rc::new(Node::Hug(hugged, plain.clone())), ..plain }
    }

    /// The same on several lines.
    pub(super) fn broken(self) -> Self {
        Doc { breaks: true, ..self }
    }

    /// The same, on several lines if so.
    pub(super) fn broken_if(self, condition: bool) -> Self {
        Doc { breaks: self.breaks || condition, ..self }
    }

    /// The same with its last group on several lines: `f(Some{` rather than `f(`.
    pub(super) fn last_broken(self) -> Self {
        match &*self.node {
            Node::Group(_) | Node::Hug(..) => self.broken(),
            Node::Concat(parts) => {
                let mut parts = parts.clone();
                if let Some(last) = parts.pop() {
                    parts.push(last.last_broken());
                }
                Doc::concat(parts)
            }
            _ => self,
        }
    }

    /// Whether there is nothing to print.
    pub(super) fn is_nil(&self) -> bool {
        match &*self.node {
            Node::Text(text) => text.is_empty(),
            Node::Concat(parts) => parts.is_empty(),
            _ => false,
        }
    }

    /// Whether there is nothing but empty lines.
    pub(super) fn is_blank(&self) -> bool {
        match &*self.node {
            Node::Blank(_) => true,
            Node::Text(text) => text.is_empty(),
            Node::Concat(parts) => parts.iter().all(Doc::is_blank),
            _ => false,
        }
    }
}

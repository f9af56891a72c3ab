//! Documents to text.

use super::comment::{Comment, Place};
use super::doc::{Doc, Node};

/// Columns of a line, comments at its end aside.
pub(super) const WIDTH: usize = 100;

const INDENT: usize = 4;

/// The document as text, ending with a line break unless empty.
pub(super) fn print(doc: &Doc) -> String {
    let mut printer = Printer {
        text: String::new(),
        indent: 0,
        column: 0,
        at_start: true,
        opened: true,
        waiting: Vec::new(),
    };
    printer.run(doc);
    printer.newline();
    let length = printer.text.trim_end().len();
    printer.text.truncate(length);
    if length > 0 {
        printer.text.push('\n');
    }
    printer.text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// What is still to be printed: levels of indentation, whether line breaks are taken, the document.
type Job<'d, 't> = (usize, Mode, &'d Doc<'t>);

struct Printer<'t> {
    text: String,
    /// Of the line at hand, in levels.
    indent: usize,
    column: usize,
    /// Whether nothing stands on the line at hand.
    at_start: bool,
    /// Whether the last text opened a block or list.
    opened: bool,
    /// Comments that go to the end of the line.
    waiting: Vec<&'t str>,
}

impl<'t> Printer<'t> {
    fn run(&mut self, doc: &Doc<'t>) {
        let mut jobs: Vec<Job> = vec![(0, Mode::Broken, doc)];
        while let Some((indent, mode, doc)) = jobs.pop() {
            match &*doc.node {
                Node::Text(text) => self.push(text),
                Node::Concat(parts) => jobs.extend(parts.iter().rev().map(|part| (indent, mode, part))),
                Node::Nest(inner) => jobs.push((indent + 1, mode, inner)),
                Node::Group(inner) => {
                    let flat = !doc.breaks
                        && (mode == Mode::Flat || fits(self.room(), (indent, Mode::Flat, inner), &jobs));
                    jobs.push((indent, if flat { Mode::Flat } else { Mode::Broken }, inner));
                }
                Node::Hug(hugged, plain) => {
                    let flat = !doc.breaks
                        && (mode == Mode::Flat || fits(self.room(), (indent, Mode::Flat, plain), &jobs));
                    jobs.push(match flat {
                        true => (indent, Mode::Flat, plain),
                        false if fits(self.room(), (indent, Mode::Broken, hugged), &jobs) => {
                            (indent, Mode::Broken, hugged)
                        }
                        false => (indent, Mode::Broken, plain),
                    });
                }
                Node::Line(flat) if mode == Mode::Flat => self.push(flat),
                Node::Line(_) | Node::HardLine => {
                    self.newline();
                    self.indent = indent;
                }
                Node::Blank(n) => self.blank(*n),
                Node::IfBroken(inner) if mode == Mode::Broken => jobs.push((indent, mode, inner)),
                Node::IfBroken(_) => {}
                Node::Comment(comment) => self.comment(comment),
            }
        }
    }

    /// Columns left on the line.
    fn room(&self) -> usize {
        let column = if self.at_start { self.indent * INDENT } else { self.column };
        WIDTH.saturating_sub(column)
    }

    fn push(&mut self, text: &str) {
        if text.is_empty() || (self.at_start && text == " ") {
            return;
        }
        if self.at_start {
            self.column = self.indent * INDENT;
            self.text.extend(std::iter::repeat_n(' ', self.column));
            self.at_start = false;
        }
        self.text.push_str(text);
        self.opened = text.ends_with(['(', '[', '{']);
        match text.rfind('\n') {
            Some(at) => self.column = width(&text[at + 1..]),
            None => self.column += width(text),
        }
    }

    fn newline(&mut self) {
        // A comment that waits goes here; each further one needs a line of its own.
        for (at, comment) in std::mem::take(&mut self.waiting).into_iter().enumerate() {
            if at > 0 {
                self.end_line();
            } else if !self.at_start {
                self.push(" ");
            }
            self.push(comment);
        }
        if !self.at_start {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        while self.text.ends_with(' ') {
            self.text.pop();
        }
        self.text.push('\n');
        self.at_start = true;
    }

    fn blank(&mut self, n: usize) {
        if self.at_start && !self.opened {
            let present = self.text.len() - self.text.trim_end_matches('\n').len();
            self.text.extend(std::iter::repeat_n('\n', (n + 1).saturating_sub(present)));
        }
    }

    fn comment(&mut self, comment: &Comment<'t>) {
        if comment.place == Place::OwnLine && self.at_start {
            self.push(comment.text);
            self.end_line();
        } else if comment.place == Place::OwnLine || comment.runs_to_line_end() || !self.waiting.is_empty() {
            self.waiting.push(comment.text);
        } else {
            if !self.at_start && !self.text.ends_with([' ', '(', '[']) {
                self.push(" ");
            }
            self.push(comment.text);
            if comment.place == Place::Before {
                self.push(" ");
            }
        }
        self.opened = false;
    }
}

/// Whether what stands up to the next line break has room. `jobs` are what follows the job in question.
fn fits<'d, 't>(room: usize, first: Job<'d, 't>, jobs: &[Job<'d, 't>]) -> bool {
    let mut room = room;
    let mut following = jobs.iter().rev();
    let mut stack = vec![first];
    // What comes later is laid out later: its groups may still break.
    let mut later = false;
    loop {
        let (indent, mode, doc) = match stack.pop() {
            Some(job) => job,
            None => match following.next() {
                Some(job) => {
                    later = true;
                    *job
                }
                None => return true,
            },
        };
        match &*doc.node {
            Node::Text(text) => {
                let line = text.split('\n').next().unwrap_or("");
                match room.checked_sub(width(line)) {
                    Some(left) => room = left,
                    None => return false,
                }
                if line.len() < text.len() {
                    return true;
                }
            }
            Node::Concat(parts) => stack.extend(parts.iter().rev().map(|part| (indent, mode, part))),
            Node::Nest(inner) => stack.push((indent + 1, mode, inner)),
            Node::Group(inner) => {
                let mode =
                    if doc.breaks || (later && mode == Mode::Broken) { Mode::Broken } else { Mode::Flat };
                stack.push((indent, mode, inner));
            }
            Node::Hug(hugged, _) if doc.breaks && !later => stack.push((indent, Mode::Broken, hugged)),
            Node::Hug(_, plain) if later => stack.push((indent, mode, plain)),
            Node::Hug(_, plain) => stack.push((indent, Mode::Flat, plain)),
            Node::Line(flat) if mode == Mode::Flat => match room.checked_sub(flat.len()) {
                Some(left) => room = left,
                None => return false,
            },
            Node::Line(_) | Node::HardLine => return true,
            Node::IfBroken(inner) if mode == Mode::Broken => stack.push((indent, mode, inner)),
            Node::IfBroken(_) | Node::Blank(_) => {}
            Node::Comment(comment) if comment.place == Place::OwnLine => return true,
            Node::Comment(comment) if comment.runs_to_line_end() => {}
            Node::Comment(comment) => match room.checked_sub(width(comment.text) + 1) {
                Some(left) => room = left,
                None => return false,
            },
        }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

//! The syntax tree as text: what is printed reads back as the same tree. Comments are not kept.

mod expr;
mod item;
mod rule;
mod statement;
mod types;

use std::fmt;

use super::ast::{Expr, Module, Path, TypeExpr};

impl fmt::Display for Module {
    /// The whole file: imports first, then the items in order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer::default();
        printer.module(self);
        f.write_str(&printer.text)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer::default();
        printer.expr(self);
        f.write_str(&printer.text)
    }
}

impl fmt::Display for TypeExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer::default();
        printer.type_expr(self);
        f.write_str(&printer.text)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.segments.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "::" })?;
            f.write_str(&segment.name)?;
        }
        Ok(())
    }
}

/// Text under construction.
#[derive(Default)]
struct Printer {
    text: String,
    indent: usize,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("    ", self.indent));
    }

    /// Things with commas between.
    fn commas<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            print(self, item);
        }
    }

    /// Things on lines of their own between braces, each followed by `end`.
    fn lines<T>(&mut self, items: &[T], end: &str, mut print: impl FnMut(&mut Self, &T)) {
        self.push("{");
        self.indent += 1;
        for item in items {
            self.line();
            print(self, item);
            self.push(end);
        }
        self.indent -= 1;
        if !items.is_empty() {
            self.line();
        }
        self.push("}");
    }
}

//! The syntax tree as text.

use std::fmt;

use super::ast::Path;

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.segments.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "::" })?;
            f.write_str(&segment.name)?;
        }
        Ok(())
    }
}

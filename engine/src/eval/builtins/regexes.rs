//! Regular expressions. Their values are their text; compiled forms are kept per thread.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex::{Error, Regex, RegexSet};

use super::{Builtin, Call};
use crate::eval::env::Eval;
use crate::eval::repr::text;
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        // One that is not valid matches nothing.
        "regex" => |call| Ok(Val::str(compiled(call.text(0)).map_or(NOTHING, |_| call.text(0)))),
        "try_regex" => |call| {
            let text = call.text(0);
            Ok(Val::result(
                compiled(text).map(|_| Val::str(text)).map_err(|error| Val::str(error.to_string())),
            ))
        },
        "regex_match" => |call| Ok(Val::bool(of(call)?.is_match(call.text(1)))),
        "regex_first_match" => |call| {
            let regex = of(call)?;
            Ok(Val::option(regex.find(call.text(1)).map(|found| Val::str(found.as_str()))))
        },
        "regex_all_matches" => |call| {
            let regex = of(call)?;
            Ok(Val::items(regex.find_iter(call.text(1)).map(|found| Val::str(found.as_str())).collect()))
        },
        "regex_set" => |call| {
            let patterns = patterns(call);
            Ok(Val::str(RegexSet::new(&patterns).map_or(String::new(), |_| joined(&patterns))))
        },
        "try_regex_set" => |call| {
            let patterns = patterns(call);
            let set = RegexSet::new(&patterns).map(|_| Val::str(joined(&patterns)));
            Ok(Val::result(set.map_err(|error| Val::str(error.to_string()))))
        },
        "regex_set_match" => |call| {
            let text = call.text(1);
            Ok(Val::bool(
                split(call.text(0)).any(|pattern| compiled(pattern).is_ok_and(|regex| regex.is_match(text))),
            ))
        },
        _ => return None,
    })
}

/// Matches no text: the end of the text is never before a character.
const NOTHING: &str = r"\z.";

/// What patterns of a set are joined with: no valid pattern needs it unescaped.
const SEPARATOR: char = '\u{0}';

/// Compiled expressions beyond which those kept are dropped: programs have a few, data may have any number.
const MAX_KEPT: usize = 1024;

fn compiled(pattern: &str) -> Result<Rc<Regex>, Error> {
    thread_local! {
        static KEPT: RefCell<HashMap<String, Rc<Regex>>> = RefCell::default();
    }
    KEPT.with_borrow_mut(|kept| {
        if let Some(regex) = kept.get(pattern) {
            return Ok(regex.clone());
        }
        let regex = Rc::new(Regex::new(pattern)?);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    })
}

/// The expression in the first argument. One that came from outside need not be valid.
fn of(call: &mut Call<'_, '_>) -> Eval<Rc<Regex>> {
    compiled(call.text(0)).map_err(|error| call.trap(error.to_string()))
}

fn patterns(call: &Call<'_, '_>) -> Vec<String> {
    let interner = call.env.interner;
    call.seq(0).iter(interner).map(|pattern| text(interner, &pattern).to_owned()).collect()
}

fn joined(patterns: &[String]) -> String {
    patterns.join(&SEPARATOR.to_string())
}

fn split(set: &str) -> impl Iterator<Item = &str> {
    set.split(SEPARATOR).filter(move |_| !set.is_empty())
}

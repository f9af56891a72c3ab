//! As much of a TextMate grammar's meaning as ours uses: line by line, with a stack of open rules.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use fancy_regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// A range of the text and the names it is in, outermost first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scoped {
    pub(crate) range: Range<usize>,
    pub(crate) scopes: Vec<Rc<str>>,
}

/// A grammar file that was read.
pub(crate) struct Grammar {
    scope: Rc<str>,
    root: Vec<Rule>,
    repository: HashMap<String, Rule>,
    /// Compiled on first use.
    regexes: RefCell<HashMap<String, Rc<Regex>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "fileTypes")]
    _file_types: Vec<String>,
    scope_name: String,
    patterns: Vec<Rule>,
    repository: HashMap<String, Rule>,
}

/// Keys that are not here are a mistake: editors would pass over them in silence.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    name: Option<Rc<str>>,
    content_name: Option<Rc<str>>,
    r#match: Option<String>,
    begin: Option<String>,
    end: Option<String>,
    include: Option<String>,
    #[serde(default)]
    captures: HashMap<usize, Capture>,
    #[serde(default)]
    begin_captures: HashMap<usize, Capture>,
    #[serde(default)]
    end_captures: HashMap<usize, Capture>,
    #[serde(default)]
    patterns: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Capture {
    name: Rc<str>,
}

/// What may match next.
#[derive(Clone, Copy)]
enum Candidate<'g> {
    End(&'g Rule),
    Rule(&'g Rule),
}

/// Ranges of the groups of a match, the whole first.
type Groups = Vec<Option<Range<usize>>>;

impl Grammar {
    pub(crate) fn read(json: &str) -> Grammar {
        let file: File = serde_json::from_str(json).unwrap();
        let grammar = Grammar {
            scope: file.scope_name.into(),
            root: file.patterns,
            repository: file.repository,
            regexes: RefCell::default(),
        };
        grammar.check(&grammar.root);
        grammar.repository.values().for_each(|rule| grammar.check(std::slice::from_ref(rule)));
        grammar
    }

    /// All of a text, in pieces.
    pub(crate) fn tokenize(&self, text: &str) -> Vec<Scoped> {
        let mut pieces = Vec::new();
        let mut open: Vec<&Rule> = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            // Editors end every line, the last one too.
            let ended = format!("{}\n", line.trim_end_matches('\n'));
            Line { grammar: self, text: &ended, start, pieces: &mut pieces, seen: HashMap::new() }
                .tokenize(&mut open);
            start += line.len();
        }
        pieces
    }

    /// That every rule is one of the three kinds, every name it includes exists, every expression compiles.
    fn check(&self, rules: &[Rule]) {
        for rule in rules {
            match (&rule.r#match, &rule.begin, &rule.end, &rule.include) {
                (Some(text), None, None, None) => drop(self.regex(text)),
                (None, Some(begin), Some(end), None) => {
                    self.regex(begin);
                    self.regex(end);
                }
                (None, None, None, Some(include)) => drop(self.included(include)),
                (None, None, None, None) => assert!(!rule.patterns.is_empty()),
                _ => panic!("a rule of no kind: {:?} {:?}", rule.name, rule.r#match),
            }
            self.check(&rule.patterns);
        }
    }

    fn included(&self, name: &str) -> &[Rule] {
        if name == "$self" {
            return &self.root;
        }
        let rule = name.strip_prefix('#').and_then(|name| self.repository.get(name));
        std::slice::from_ref(rule.unwrap_or_else(|| panic!("nothing to include: {name}")))
    }

    fn regex(&self, text: &str) -> Rc<Regex> {
        let mut regexes = self.regexes.borrow_mut();
        let compile = || {
            // `^` and `$` are those of lines in the expressions of editors.
            let regex = RegexBuilder::new(text).multi_line(true).build();
            Rc::new(regex.unwrap_or_else(|error| panic!("{text}: {error}")))
        };
        regexes.entry(text.to_owned()).or_insert_with(compile).clone()
    }

    /// Rules that match by themselves, with includes and groups taken apart, in order.
    fn flatten<'g>(&'g self, rules: &'g [Rule], into: &mut Vec<Candidate<'g>>) {
        for rule in rules {
            match &rule.include {
                Some(include) => self.flatten(self.included(include), into),
                None if rule.r#match.is_none() && rule.begin.is_none() => self.flatten(&rule.patterns, into),
                None => into.push(Candidate::Rule(rule)),
            }
        }
    }
}

impl Candidate<'_> {
    fn expression(&self) -> &str {
        match self {
            Candidate::End(rule) => rule.end.as_deref().unwrap(),
            Candidate::Rule(rule) => rule.r#match.as_deref().or(rule.begin.as_deref()).unwrap(),
        }
    }
}

struct Line<'g, 't> {
    grammar: &'g Grammar,
    text: &'t str,
    /// Where the line starts in the whole text.
    start: usize,
    pieces: &'t mut Vec<Scoped>,
    /// The last match of each expression: good until the scan is past its start.
    seen: HashMap<&'g str, Option<Groups>>,
}

impl<'g> Line<'g, '_> {
    fn tokenize(&mut self, open: &mut Vec<&'g Rule>) {
        let mut at = 0;
        let mut opened_at = None;
        loop {
            let mut candidates = Vec::new();
            if let Some(rule) = open.last() {
                candidates.push(Candidate::End(rule));
            }
            let rules = open.last().map_or(&self.grammar.root, |rule| &rule.patterns);
            self.grammar.flatten(rules, &mut candidates);
            let Some((candidate, groups)) = self.first(&candidates, at) else { break };
            let whole = groups[0].clone().unwrap();
            self.piece(at..whole.start, open, None, None);
            match candidate {
                Candidate::End(rule) => {
                    assert!(
                        opened_at != Some(whole.end),
                        "opens and closes at once: {}",
                        candidate.expression()
                    );
                    open.pop();
                    let captures =
                        if rule.end_captures.is_empty() { &rule.captures } else { &rule.end_captures };
                    self.captured(&groups, captures, open, rule);
                }
                Candidate::Rule(rule) => {
                    assert!(!whole.is_empty(), "matches nothing: {}", candidate.expression());
                    let begin =
                        if rule.begin_captures.is_empty() { &rule.captures } else { &rule.begin_captures };
                    let captures = if rule.begin.is_some() { begin } else { &rule.captures };
                    self.captured(&groups, captures, open, rule);
                    if rule.begin.is_some() {
                        open.push(rule);
                        opened_at = Some(whole.start);
                    }
                }
            }
            at = whole.end;
        }
        self.piece(at..self.text.len(), open, None, None);
    }

    /// The leftmost match; of those at the same place the first in order.
    fn first(&mut self, candidates: &[Candidate<'g>], at: usize) -> Option<(Candidate<'g>, Groups)> {
        let mut best: Option<(Candidate<'g>, Groups)> = None;
        let start = |groups: &Groups| groups[0].as_ref().map(|whole| whole.start);
        for &candidate in candidates {
            let expression: &'g str = match candidate {
                Candidate::End(rule) => rule.end.as_deref().unwrap(),
                Candidate::Rule(rule) => rule.r#match.as_deref().or(rule.begin.as_deref()).unwrap(),
            };
            let stale = self
                .seen
                .get(expression)
                .is_none_or(|seen| seen.as_ref().is_some_and(|g| start(g) < Some(at)));
            if stale {
                let captures = self.grammar.regex(expression).captures_from_pos(self.text, at).unwrap();
                let groups = captures
                    .map(|found| found.iter().map(|group| group.map(|group| group.range())).collect());
                self.seen.insert(expression, groups);
            }
            let Some(groups) = &self.seen[expression] else { continue };
            if best.as_ref().is_none_or(|(_, best)| start(groups) < start(best)) {
                best = Some((candidate, groups.clone()));
            }
        }
        best
    }

    /// The pieces of a match, by its groups.
    fn captured(&mut self, groups: &Groups, captures: &HashMap<usize, Capture>, open: &[&Rule], rule: &Rule) {
        let whole = groups[0].clone().unwrap();
        let of_whole = captures.get(&0);
        let mut at = whole.start;
        for (index, group) in groups.iter().enumerate().skip(1) {
            if let (Some(group), Some(capture)) = (group, captures.get(&index)) {
                assert!(at <= group.start, "captures inside each other: {:?}", rule.name);
                self.piece(at..group.start, open, Some(rule), of_whole);
                self.piece(group.clone(), open, Some(rule), Some(capture));
                at = group.end;
            }
        }
        self.piece(at..whole.end, open, Some(rule), of_whole);
    }

    fn piece(&mut self, range: Range<usize>, open: &[&Rule], rule: Option<&Rule>, capture: Option<&Capture>) {
        if range.is_empty() {
            return;
        }
        let mut scopes = vec![self.grammar.scope.clone()];
        for open in open {
            scopes.extend(open.name.iter().chain(&open.content_name).cloned());
        }
        scopes.extend(rule.and_then(|rule| rule.name.clone()));
        scopes.extend(capture.map(|capture| capture.name.clone()));
        self.pieces.push(Scoped { range: self.start + range.start..self.start + range.end, scopes });
    }
}

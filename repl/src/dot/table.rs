//! The commands by name: what completion offers and help lists.

/// A command for those who look for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// The word after the dot.
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    /// How it is written.
    pub(crate) usage: &'static str,
    /// What it does, in a line.
    pub(crate) does: &'static str,
}

/// What follows the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    /// One of these.
    Word(&'static [&'static str]),
    /// Any relation.
    Relation,
    /// A file.
    File,
    /// Anything.
    Text,
}

/// All commands, in the order they are listed.
pub(crate) const ENTRIES: &[Entry] = &[
    entry(
        "help",
        Takes::Word(super::super::help::TOPICS),
        ".help [TOPIC]",
        "this list; more on a topic or command",
    ),
    entry(
        "mode",
        Takes::Word(&["table", "json", "csv", "line", "ddlog"]),
        ".mode [FORMAT]",
        "how results print: table, json, csv, line, ddlog",
    ),
    entry("timer", Takes::Word(&["on", "off"]), ".timer [on|off]", "tell how long each thing took"),
    entry(
        "watch",
        Takes::Relation,
        ".watch [R, ..]",
        "print changes of these relations too, after each commit",
    ),
    entry("unwatch", Takes::Relation, ".unwatch [R, ..]", "no longer; of any, without a name"),
    entry("schema", Takes::Relation, ".schema [NAME]", "declarations; of one relation with its types"),
    entry("rules", Takes::Relation, ".rules [R]", "the rules, numbered, with their places"),
    entry("try", Takes::Text, ".try RULE", "what a rule would change; also `.try .drop N`"),
    entry("drop", Takes::Relation, ".drop N|NAME", "take out a rule, or a relation with its rules"),
    entry("explain", Takes::Relation, ".explain [R|N]", "how the rules for a relation, or one rule, are run"),
    entry("load", Takes::File, ".load FILE", "commands of a .dat file, rules of a .dl file"),
    entry("save", Takes::File, ".save FILE", "inputs as commands (.dat), or what was typed (.dl)"),
    entry("reload", Takes::Nothing, ".reload", "read the rule files again"),
    entry("profile", Takes::Nothing, ".profile", "time by rule, memory by relation"),
    entry("memory", Takes::Nothing, ".memory", "bytes by relation and index, and of values"),
    entry("stats", Takes::Nothing, ".stats", "transactions, records and memory"),
    entry("history", Takes::Text, ".history [TEXT]", "what was typed; lines with that text"),
    entry("quit", Takes::Nothing, ".quit", "leave; also Ctrl-D"),
];

const fn entry(name: &'static str, takes: Takes, usage: &'static str, does: &'static str) -> Entry {
    Entry { name, takes, usage, does }
}

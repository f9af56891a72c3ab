//! What `help;` and `.help` tell.

use std::fmt::Write;

use crate::dot::ENTRIES;

/// What there is more to read about.
pub(crate) const TOPICS: &[&str] = &["commands", "keys", "records"];

/// What can be said, on a screen.
pub(crate) fn overview() -> String {
    let mut text = COMMANDS.to_owned();
    text.push('\n');
    for entry in ENTRIES {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {:<19} {}", entry.usage, entry.does);
    }
    text.push_str("\n.help records: how values are written; .help keys: the line editor\n");
    text
}

/// More on a topic or on a command that begins with a dot.
pub(crate) fn topic(name: &str) -> Option<String> {
    let name = name.trim_start_matches('.');
    match name {
        "commands" => Some(COMMANDS.to_owned()),
        "records" => Some(RECORDS.to_owned()),
        "keys" => Some(KEYS.to_owned()),
        _ => {
            let entry = ENTRIES.iter().find(|entry| entry.name == name)?;
            Some(format!("{}  {}\n", entry.usage, entry.does))
        }
    }
}

/// All that [`topic`] knows.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().copied().chain(ENTRIES.iter().map(|entry| entry.name))
}

const COMMANDS: &str = r#"  ?- Edge(a, b), not Edge(b, a).
                               a question: a column for each variable
  Path(a, b) :- Edge(a, b).    a rule, or anything else of a rule file, is added
  insert Edge("a", "b");       also by name: insert Edge(.to = "b");
  delete Edge("a", "b");       `,` instead of `;` chains further updates
  clear Edge;                  delete all records
  insert_or_update R(..);  delete_key R 7;  modify R 7 <- R{.name = "x"};
                               for relations with a primary key
  start;                       begin a transaction: updates wait until
  commit dump_changes;         they are applied and what changed is printed;
  commit;  rollback;           applied in silence; dropped
                               (without `start` each update is a transaction)
  dump;  dump Path;            contents of the output relations; of any one
  query_index ByName("a");  dump_index ByName;
  why Path("a", "c");  why Path("a", _);
                               how a record came about: rules, down to inputs
  why not Path("x", _);        what each rule lacks for such a record
  profile;                     time by rule, memory by relation and index;
  profile slow;  profile json;  profile html "FILE";
                               the slowest transactions; as JSON; as a page
  profile mark;  profile all;  count from here on; from the start again
  relations;  memory;  echo text;  timestamp;  mssleep 100;  exit;
"#;

const RECORDS: &str = r#"  Edge("a", 1)  Edge(.from = "a")    by position, or by name: the rest is default
  Fiber{3.5}  Copper                 constructors; ddlog_std::Some{1}
  R[5]                               a record of a relation R[T]
  5  -5  0xff  1_000  1.5  2e3  "line\n"  true
  [1, 2]  [("key", 1)]  (1, "a")     vectors and sets; maps; tuples
  %"notes.txt"                       the text of a file
  @json"[1, 2]"  @json%"file.json"   any value as JSON
"#;

const KEYS: &str = "  Tab            complete relations, fields, constructors, files
  Up, Down       earlier lines that begin like this one
  Ctrl-R         search them
  Right, End     take the grey rest of an earlier line
  Ctrl-C         drop what was typed; stop what runs
  Ctrl-D         leave
";

/// Commands over a running daemon.
pub(crate) const REMOTE: &str = r#"  relations;               what there is: inputs, outputs, internal ones
  dump R;                  contents of any relation
  watch R, S;  watch;      print changes of these output relations, of all,
                           as they are committed
  why R(..);  why not R(..);
                           how a record came about; what is missing for one
  profile;  profile slow;  profile json;  profile html "FILE";
                           where time and memory have gone
  profile mark;  profile all;
                           count from here on; from the start again
  status;                  counters, and which hypervisors a request waits for
  echo text;  help;  exit;
  A command ends with `;`. Tab completes names, Ctrl-D leaves.
"#;

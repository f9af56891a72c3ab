//! What `help;` tells.

/// Commands over an engine of one's own.
pub(crate) const LOCAL: &str = r#"  insert Edge("a", "b");       also by name: insert Edge(.to = "b");
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
  relations;                   what the program declares
  profile;                     time and memory by relation
  echo text;  timestamp;  mssleep 100;  help;  exit;
  A command ends with `;` and may span lines. Tab completes names, Ctrl-C drops
  what was typed, Ctrl-D leaves.
"#;

/// Commands over a running daemon.
pub(crate) const REMOTE: &str = "  relations;               what there is: inputs, outputs, internal ones
  dump R;                  contents of any relation
  watch R, S;  watch;      print changes of these output relations, of all,
                           as they are committed
  status;                  counters
  echo text;  help;  exit;
  A command ends with `;`. Tab completes names, Ctrl-D leaves.
";

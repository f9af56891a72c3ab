//! What `help;` tells.

/// Commands over an engine of one's own.
pub(crate) const LOCAL: &str = r#"  start;                              begin a transaction; `rollback;` drops it
  insert Edge("a", 1);                by position, or by name: insert Edge(.to = 1) (others take their type's default)
  delete Edge("a", 1);                `,` instead of `;` chains further updates
  insert_or_update R(..);  delete_key R 7;  modify R 7 <- R{.name = "x"};     with a primary key
  clear Edge;                         delete all records
  commit dump_changes;                apply and print what changed; `commit;` does not print
                                      outside a transaction an update is committed and its changes printed at once
  dump;  dump Path;                   contents of all output relations; of any relation
  query_index ByName("a");  dump_index ByName;
  relations;                          what the program declares
  profile;                            time and memory by relation
  echo text;  timestamp;  mssleep 100;  help;  exit;
  A command ends with `;` and may span lines. Tab completes, Ctrl-C drops what was typed, Ctrl-D leaves.
"#;

/// Commands over a running daemon.
pub(crate) const REMOTE: &str =
    "  relations;              what there is, and whether it is input, output or internal
  dump R;                 contents of any relation
  watch R, S;  watch;     print changes of these output relations (of all) as they are committed
  status;                 counters
  help;  exit;
  A command ends with `;`. Tab completes.
";

//! The rule language and its incremental runtime.

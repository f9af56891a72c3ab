//! The `weir` binary: a line or two per subcommand.

fn main() {}

//! The text of a program of many rules.

use std::fmt::Write as _;

/// Rules in a group.
pub(super) const PER_GROUP: usize = 10;

/// Whether a group's last two rules are recursive.
pub(super) fn is_recursive(group: usize) -> bool {
    group.is_multiple_of(5)
}

/// The program with that many groups.
pub(super) fn text(groups: usize) -> String {
    let mut text = String::from(SHARED);
    for group in 0..groups {
        let links = if is_recursive(group) { RECURSIVE } else { FLAT };
        let rules = [GROUP, links].concat().replace('#', &group.to_string());
        // Writing to a string cannot fail.
        let _ = text.write_str(&rules);
    }
    text
}

const SHARED: &str = "\
input relation Port(port: bit<32>, switch: bit<32>, kind: bit<32>)
input relation Bound(port: bit<32>, chassis: bit<32>)
input relation Acl(switch: bit<32>, priority: bit<32>, matching: bit<32>)
";

/// Eight rules.
const GROUP: &str = "
input relation Rule#(kind: bit<32>, action: bit<32>)
input relation Address#(port: bit<32>, first: bit<32>, count: bit<32>)
input relation Link#(from: bit<32>, to: bit<32>)
input relation Hide#(port: bit<32>)
relation Stage#(port: bit<32>, switch: bit<32>, action: bit<32>)
relation Own#(port: bit<32>, address: bit<32>)
output relation Flow#(chassis: bit<32>, switch: bit<32>, action: bit<32>)
output relation Drop#(port: bit<32>, switch: bit<32>)
output relation Filter#(port: bit<32>, priority: bit<32>, matching: bit<32>)
output relation Count#(switch: bit<32>, ports: bit<64>)
output relation Owner#(address: bit<32>, chassis: bit<32>)
output relation Conflict#(address: bit<32>)
Stage#(port, switch, action) :- Port(port, switch, kind), Rule#(kind, action).
Flow#(chassis, switch, action) :- Stage#(port, switch, action), Bound(port, chassis), not Hide#(port).
Drop#(port, switch) :- Port(port, switch, kind), Rule#(kind, _), not Bound(port, _).
Filter#(port, priority, matching) :- Stage#(port, switch, _), Acl(switch, priority, matching).
Count#(switch, g.count_distinct()) :- Stage#(port, switch, _), var g = port.group_by(switch).
Own#(port, address) :- Address#(port, first, count), var address = FlatMap(range_vec(first, first + count, 1)).
Owner#(address, chassis) :- Own#(port, address), Bound(port, chassis).
Conflict#(address) :- Own#(port, address), port.group_by(address).count_distinct() > 1.
";

const RECURSIVE: &str = "\
output relation Reach#(from: bit<32>, to: bit<32>)
Reach#(x, y) :- Link#(x, y).
Reach#(x, z) :- Reach#(x, y), Link#(y, z).
";

const FLAT: &str = "\
output relation Reach#(from: bit<32>, to: bit<32>)
Reach#(x, z) :- Link#(x, y), Link#(y, z).
Reach#(x, y) :- Link#(x, y), not Link#(y, _).
";

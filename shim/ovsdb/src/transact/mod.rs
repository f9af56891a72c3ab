//! Transactions: what `transact` carries and what comes back (RFC 7047 sections 4.1.3 and 5.2).

mod condition;
mod operation;
mod outcome;

pub use condition::{Condition, Function};
pub use operation::{Insert, Mutation, Mutator, Operation, Until, Wait};
pub use outcome::{DbError, ErrorKind, OpResult, TransactError, read_outcome};

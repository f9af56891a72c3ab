//! Hashes that programs can see: the numbers are part of the language.
//!
//! A value is turned into bytes ([`hash_bytes`]) and these are hashed with XxHash.

use std::hash::Hasher;

use twox_hash::{XxHash32, XxHash64};

use super::{Builtin, Call};
use crate::eval::env::Eval;
use crate::eval::repr::store;
use crate::eval::val::Val;
use crate::value::{HASH_SEED, hash_bytes};

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "hash32" => |call| {
            let bytes = bytes(call)?;
            let mut hasher = XxHash32::with_seed(HASH_SEED as u32);
            hasher.write(&bytes);
            Ok(Val::Int(hasher.finish()))
        },
        "hash64" => |call| Ok(Val::Int(xx_hash_64(HASH_SEED, &bytes(call)?))),
        "hash128" => |call| {
            let bytes = bytes(call)?;
            let hash =
                u128::from(xx_hash_64(HASH_SEED, &bytes)) << 64 | u128::from(xx_hash_64(SEED_2, &bytes));
            Ok(Val::Wide(std::rc::Rc::new(hash)))
        },
        _ => return None,
    })
}

const SEED_2: u64 = 0x20b0_9801_dce5_ff84;

fn xx_hash_64(seed: u64, bytes: &[u8]) -> u64 {
    XxHash64::oneshot(seed, bytes)
}

/// The hash bytes of the first argument.
fn bytes(call: &mut Call<'_, '_>) -> Eval<Vec<u8>> {
    let ty = call.param(0);
    let value = call.take(0);
    let word = store(call.env.interner, call.env.types, ty, &value);
    let word = word.map_err(|error| call.trap(error.to_string()))?;
    let mut out = Vec::new();
    hash_bytes(&mut out, call.env.interner, call.env.types, ty, word);
    Ok(out)
}

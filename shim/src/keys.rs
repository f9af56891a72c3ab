//! Keys for things named by UUID: tunnel keys of datapaths and ports.
//!
//! A key is the hash of its owner, folded into the wanted range; if another owner has that number, the next free
//! one. So nearly every key can be computed anew and needs no memory; only a *displaced* one, which depends on who
//! came first, is remembered ([`Allocation::displaced`]) and given back with [`KeyAllocator::remember`] after a restart.

use std::collections::HashMap;

use thiserror::Error;

/// Numbers within named spaces. Within a space every owner has one number and no two have the same.
#[derive(Debug, Default)]
pub struct KeyAllocator {
    spaces: HashMap<String, Space>,
    remembered: HashMap<(String, u128), u32>,
}

/// What an owner got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The number.
    pub key: u32,
    /// It is not the owner's hash: it must be remembered over a restart.
    pub displaced: bool,
}

/// No number is free.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no free key for {owner:032x}: all numbers from {low} to {high} of space {space} are taken")]
pub struct Exhausted {
    /// The space.
    pub space: String,
    /// Who asked.
    pub owner: u128,
    /// First number of the range.
    pub low: u32,
    /// Last number of the range.
    pub high: u32,
}

#[derive(Debug, Default)]
struct Space {
    by_owner: HashMap<u128, Allocation>,
    by_key: HashMap<u32, u128>,
}

impl KeyAllocator {
    /// Makes a displaced key of an earlier run wait for its owner: nobody else gets it.
    pub fn remember(&mut self, space: &str, owner: u128, key: u32) {
        self.spaces.entry(space.to_owned()).or_default().by_key.insert(key, owner);
        self.remembered.insert((space.to_owned(), owner), key);
    }

    /// Gives `owner` a number from `low..=high`; the same one for as long as it is not released.
    ///
    /// # Errors
    /// When the whole range is taken.
    pub fn allocate(
        &mut self,
        space: &str,
        owner: u128,
        low: u32,
        high: u32,
    ) -> Result<Allocation, Exhausted> {
        let natural = natural_key(owner, low, high);
        let remembered = self.remembered.remove(&(space.to_owned(), owner));
        let numbers = self.spaces.entry(space.to_owned()).or_default();
        if let Some(allocation) = numbers.by_owner.get(&owner) {
            return Ok(*allocation);
        }
        let key = remembered
            .filter(|key| (low..=high).contains(key))
            .or_else(|| (natural..=high).chain(low..natural).find(|key| !numbers.by_key.contains_key(key)))
            .ok_or_else(|| Exhausted { space: space.to_owned(), owner, low, high })?;
        let allocation = Allocation { key, displaced: key != natural };
        numbers.by_owner.insert(owner, allocation);
        numbers.by_key.insert(key, owner);
        Ok(allocation)
    }

    /// Gives up the remembered keys whose owners did not come back, and says which they were: `(space, owner)`.
    pub fn forget_unclaimed(&mut self) -> Vec<(String, u128)> {
        let unclaimed: Vec<_> = self.remembered.drain().collect();
        for ((space, _), key) in &unclaimed {
            if let Some(numbers) = self.spaces.get_mut(space) {
                numbers.by_key.remove(key);
            }
        }
        unclaimed.into_iter().map(|(owner, _)| owner).collect()
    }

    /// Frees the owner's number, if it has one, and says which it was.
    pub fn release(&mut self, space: &str, owner: u128) -> Option<Allocation> {
        let numbers = self.spaces.get_mut(space)?;
        let allocation = numbers.by_owner.remove(&owner)?;
        numbers.by_key.remove(&allocation.key);
        if numbers.by_owner.is_empty() && numbers.by_key.is_empty() {
            self.spaces.remove(space);
        }
        Some(allocation)
    }
}

/// The number an owner gets if nobody is in its way. Must never change: switches of a running network hold it,
/// so the mixing (splitmix64's finaliser) is written out here and not left to a library's next version.
fn natural_key(owner: u128, low: u32, high: u32) -> u32 {
    let mut bits = (owner as u64) ^ ((owner >> 64) as u64).rotate_left(32);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    let size = u64::from(high.saturating_sub(low)) + 1;
    low + (bits % size) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_stable_while_it_is_held_and_within_its_range() {
        let mut keys = KeyAllocator::default();
        let first = keys.allocate("d", 7, 1, 100).unwrap();
        assert!((1..=100).contains(&first.key));
        assert_eq!(keys.allocate("d", 7, 1, 100).unwrap(), first);
    }

    #[test]
    fn owners_in_one_space_never_share_a_key_and_a_full_space_says_so() {
        let mut keys = KeyAllocator::default();
        let mut seen: Vec<u32> = (0..50).map(|o| keys.allocate("d", o, 1, 50).unwrap().key).collect();
        seen.sort_unstable();
        assert_eq!(seen, (1..=50).collect::<Vec<_>>());
        let error = keys.allocate("d", 50, 1, 50).unwrap_err();
        assert_eq!(error, Exhausted { space: "d".into(), owner: 50, low: 1, high: 50 });
        assert!(keys.allocate("e", 50, 1, 50).is_ok(), "another space has its own numbers");
    }

    #[test]
    fn a_release_disturbs_nobody_else() {
        let mut keys = KeyAllocator::default();
        let before: Vec<u32> = (0..40).map(|o| keys.allocate("d", o, 1, 50).unwrap().key).collect();
        keys.release("d", 3);
        keys.allocate("d", 100, 1, 50).unwrap();
        let after: Vec<u32> =
            (0..40).filter(|o| *o != 3).map(|o| keys.allocate("d", o, 1, 50).unwrap().key).collect();
        let before: Vec<u32> =
            before.into_iter().enumerate().filter(|(o, _)| *o != 3).map(|(_, k)| k).collect();
        assert_eq!(before, after);
    }

    #[test]
    fn a_remembered_key_is_kept_for_its_owner_until_it_is_given_up() {
        let mut keys = KeyAllocator::default();
        keys.remember("d", 1, 1);
        assert!(keys.allocate("d", 2, 1, 1).is_err());
        assert_eq!(keys.forget_unclaimed(), [("d".to_owned(), 1)]);
        assert_eq!(keys.allocate("d", 2, 1, 1).unwrap().key, 1);
    }

    #[test]
    fn a_restart_in_any_order_gives_the_same_keys_if_the_displaced_are_remembered() {
        let mut first = KeyAllocator::default();
        let given: Vec<Allocation> = (0..40).map(|o| first.allocate("d", o, 1, 50).unwrap()).collect();
        assert!(given.iter().any(|a| a.displaced), "40 of 50 numbers must collide somewhere");
        let mut second = KeyAllocator::default();
        for (owner, allocation) in given.iter().enumerate().filter(|(_, a)| a.displaced) {
            second.remember("d", owner as u128, allocation.key);
        }
        for (owner, allocation) in given.iter().enumerate().rev() {
            assert_eq!(second.allocate("d", owner as u128, 1, 50).unwrap(), *allocation);
        }
    }
}

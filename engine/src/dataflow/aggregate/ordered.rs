//! Values in order, any number of them: a tree that counts what is below each node.

use smallvec::SmallVec;

/// Entries of a leaf.
const LEAF: usize = 128;

/// Children of a node.
const CHILDREN: usize = 32;

/// A sorted list in which inserting, removing and finding by order or number take logarithmic time. One entry or two take
/// no memory of their own.
///
/// It does not know the order itself: whoever calls says which entries come before the one that is meant. Always by the
/// same order.
#[derive(Debug)]
pub(super) struct Ordered<E: Copy + PartialEq>(Node<E>);

#[derive(Debug)]
enum Node<E: Copy + PartialEq> {
    Leaf(SmallVec<[E; 2]>),
    Inner(Box<Inner<E>>),
}

#[derive(Debug)]
struct Inner<E: Copy + PartialEq> {
    /// Entries below.
    len: usize,
    /// None is empty.
    children: Vec<Node<E>>,
}

impl<E: Copy + PartialEq> Default for Ordered<E> {
    fn default() -> Self {
        Ordered(Node::Leaf(SmallVec::new()))
    }
}

impl<E: Copy + PartialEq> Ordered<E> {
    /// Bytes that some of them take together.
    pub(super) fn all_bytes(all: &Vec<Self>) -> usize {
        all.capacity() * size_of::<Self>() + all.iter().map(|one| one.0.heap_bytes()).sum::<usize>()
    }

    /// Adds an entry that is not there.
    pub(super) fn insert(&mut self, entry: E, before: impl Fn(E) -> bool) {
        if let Some(right) = self.0.insert(entry, &before) {
            let left = std::mem::replace(&mut self.0, Node::Leaf(SmallVec::new()));
            let len = left.len() + right.len();
            self.0 = Node::Inner(Box::new(Inner { len, children: vec![left, right] }));
        }
    }

    /// Removes an entry; whether it was there.
    pub(super) fn remove(&mut self, entry: E, before: impl Fn(E) -> bool) -> bool {
        let removed = self.0.remove(entry, &before);
        while let Node::Inner(inner) = &mut self.0
            && inner.children.len() <= 1
        {
            self.0 = inner.children.pop().unwrap_or_else(|| Node::Leaf(SmallVec::new()));
        }
        removed
    }

    /// How many entries come before what is meant.
    pub(super) fn rank(&self, before: impl Fn(E) -> bool) -> usize {
        let (mut node, mut rank) = (&self.0, 0);
        loop {
            match node {
                Node::Leaf(entries) => return rank + entries.partition_point(|entry| before(*entry)),
                Node::Inner(inner) => {
                    let at = inner.child(&before);
                    rank += inner.children[..at].iter().map(Node::len).sum::<usize>();
                    node = &inner.children[at];
                }
            }
        }
    }

    /// The entry of a number, from 0.
    pub(super) fn nth(&self, mut n: usize) -> Option<E> {
        let mut node = &self.0;
        loop {
            match node {
                Node::Leaf(entries) => return entries.get(n).copied(),
                Node::Inner(inner) => {
                    node = inner.children.iter().find(|child| {
                        let below = child.len();
                        let found = n < below;
                        if !found {
                            n -= below;
                        }
                        found
                    })?;
                }
            }
        }
    }

    pub(super) fn first(&self) -> Option<E> {
        self.nth(0)
    }

    pub(super) fn last(&self) -> Option<E> {
        self.0.last()
    }

    /// Every entry, in order.
    pub(super) fn for_each(&self, mut each: impl FnMut(E)) {
        self.0.for_each(&mut each);
    }
}

impl<E: Copy + PartialEq> Node<E> {
    fn heap_bytes(&self) -> usize {
        match self {
            Node::Leaf(entries) if !entries.spilled() => 0,
            Node::Leaf(entries) => entries.capacity() * size_of::<E>(),
            Node::Inner(inner) => {
                let below: usize = inner.children.iter().map(Node::heap_bytes).sum();
                size_of::<Inner<E>>() + inner.children.capacity() * size_of::<Self>() + below
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Node::Leaf(entries) => entries.len(),
            Node::Inner(inner) => inner.len,
        }
    }

    fn last(&self) -> Option<E> {
        match self {
            Node::Leaf(entries) => entries.last().copied(),
            Node::Inner(inner) => inner.children.last().and_then(Node::last),
        }
    }

    /// Gives the right half if it became too large.
    fn insert(&mut self, entry: E, before: &impl Fn(E) -> bool) -> Option<Self> {
        match self {
            Node::Leaf(entries) => {
                let at = entries.partition_point(|entry| before(*entry));
                entries.insert(at, entry);
                (entries.len() > LEAF).then(|| Node::Leaf(entries.drain(LEAF / 2..).collect()))
            }
            Node::Inner(inner) => {
                let at = inner.child(before);
                inner.len += 1;
                let right = inner.children[at].insert(entry, before)?;
                inner.children.insert(at + 1, right);
                if inner.children.len() <= CHILDREN {
                    return None;
                }
                let children = inner.children.split_off(CHILDREN / 2);
                let len = children.iter().map(Node::len).sum();
                inner.len -= len;
                Some(Node::Inner(Box::new(Inner { len, children })))
            }
        }
    }

    fn remove(&mut self, entry: E, before: &impl Fn(E) -> bool) -> bool {
        match self {
            Node::Leaf(entries) => {
                let at = entries.partition_point(|entry| before(*entry));
                let found = entries.get(at) == Some(&entry);
                if found {
                    entries.remove(at);
                    if entries.len() <= 2 || entries.len() * 4 < entries.capacity() {
                        entries.shrink_to_fit();
                    }
                }
                found
            }
            Node::Inner(inner) => {
                let at = inner.child(before);
                let found = inner.children[at].remove(entry, before);
                if found {
                    inner.len -= 1;
                    inner.tidy(at);
                }
                found
            }
        }
    }

    /// Whether it deserves to be merged with a neighbour.
    fn is_small(&self) -> bool {
        match self {
            Node::Leaf(entries) => entries.len() < LEAF / 4,
            Node::Inner(inner) => inner.children.len() < CHILDREN / 4,
        }
    }

    /// Takes what is in its right neighbour, if there is room for it and for more to come.
    fn absorb(&mut self, right: Self) -> Option<Self> {
        match (self, right) {
            (Node::Leaf(left), Node::Leaf(right)) if left.len() + right.len() <= LEAF * 3 / 4 => {
                left.extend(right);
                None
            }
            (Node::Inner(left), Node::Inner(right))
                if left.children.len() + right.children.len() <= CHILDREN * 3 / 4 =>
            {
                left.len += right.len;
                left.children.extend(right.children);
                None
            }
            (_, right) => Some(right),
        }
    }

    fn for_each(&self, each: &mut impl FnMut(E)) {
        match self {
            Node::Leaf(entries) => entries.iter().for_each(|entry| each(*entry)),
            Node::Inner(inner) => inner.children.iter().for_each(|child| child.for_each(each)),
        }
    }
}

impl<E: Copy + PartialEq> Inner<E> {
    /// The child in which what is meant is, or belongs.
    fn child(&self, before: &impl Fn(E) -> bool) -> usize {
        let at = self.children.partition_point(|child| child.last().is_some_and(before));
        at.min(self.children.len() - 1)
    }

    /// After something was removed from a child.
    fn tidy(&mut self, at: usize) {
        if self.children[at].len() == 0 {
            self.children.remove(at);
        } else if self.children[at].is_small() && self.children.len() > 1 {
            let left = at.saturating_sub(1);
            let right = self.children.remove(left + 1);
            if let Some(right) = self.children[left].absorb(right) {
                self.children.insert(left + 1, right);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern, the same each time.
    fn numbers(count: usize, below: u32) -> Vec<u32> {
        let mut state = 1u64;
        let next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u32 % below
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    fn check(tree: &Ordered<u32>, expected: &[u32]) {
        let mut found = Vec::new();
        tree.for_each(|entry| found.push(entry));
        assert_eq!(found, expected);
        assert_eq!((tree.first(), tree.last()), (expected.first().copied(), expected.last().copied()));
        for n in (0..expected.len() + 1).step_by(expected.len() / 50 + 1) {
            assert_eq!(tree.nth(n), expected.get(n).copied());
        }
    }

    #[test]
    fn is_a_sorted_list() {
        for (count, below) in [(3, 5), (200, 90), (4_000, 3_000), (60_000, 20_000)] {
            let (mut tree, mut list) = (Ordered::default(), Vec::new());
            for (i, number) in numbers(count, below).into_iter().enumerate() {
                match list.binary_search(&number) {
                    Ok(at) => {
                        assert_eq!(tree.rank(|entry| entry < number), at);
                        assert!(tree.remove(number, |entry| entry < number));
                        list.remove(at);
                    }
                    Err(at) => {
                        assert_eq!(tree.rank(|entry| entry < number), at);
                        assert!(!tree.remove(number, |entry| entry < number));
                        tree.insert(number, |entry| entry < number);
                        list.insert(at, number);
                    }
                }
                if i % (count / 20 + 1) == 0 {
                    check(&tree, &list);
                }
            }
            check(&tree, &list);
            // The first one again and again, until none is left.
            for number in list {
                assert_eq!(tree.first(), Some(number));
                assert!(tree.remove(number, |entry| entry < number));
            }
            check(&tree, &[]);
        }
    }

    #[test]
    fn what_is_left_of_a_large_one_is_small() {
        let mut tree = Ordered::default();
        (0..100_000u32).for_each(|number| tree.insert(number, |entry| entry < number));
        (0..100_000u32).filter(|number| number % 1000 != 0).for_each(|number| {
            assert!(tree.remove(number, |entry| entry < number));
        });
        let Node::Inner(root) = &tree.0 else { return };
        assert!(root.children.len() <= 8, "{} children for 100 entries", root.children.len());
    }
}

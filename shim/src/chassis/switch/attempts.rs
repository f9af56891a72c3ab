//! Getting changes into a switch that may refuse some of them: all others must go in.

use std::collections::VecDeque;

/// Changes in a bundle at most. It bounds how long one switch takes to answer, and how much is queued for it.
const MAX_BUNDLE: usize = 10_000;

/// The bundles that it takes to push changes, one after the other. Their order stays what it is, across bundles too.
#[derive(Debug)]
pub(super) struct Attempts<'changes, T> {
    waiting: VecDeque<Vec<&'changes T>>,
    accepted: Vec<&'changes T>,
    rejected: Vec<(&'changes T, String)>,
    n_bundles: usize,
}

/// What became of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of it is in the switch.
    Committed,
    /// None of it is, because of these changes, by their place in the bundle.
    Faulty(Vec<(usize, String)>),
    /// None of it is, and the switch does not say because of what.
    Failed(String),
}

impl<'changes, T> Attempts<'changes, T> {
    /// The changes in order, in bundles of bounded size.
    pub(super) fn new(changes: &'changes [T]) -> Self {
        let waiting = changes.chunks(MAX_BUNDLE).map(|chunk| chunk.iter().collect()).collect();
        Attempts { waiting, accepted: Vec::new(), rejected: Vec::new(), n_bundles: 0 }
    }

    /// The changes in order, in one bundle whatever its size.
    pub(super) fn in_one(changes: &'changes [T]) -> Self {
        Attempts { waiting: VecDeque::from([changes.iter().collect()]), ..Attempts::new(&[]) }
    }

    /// The next bundle.
    pub(super) fn next(&mut self) -> Option<Vec<&'changes T>> {
        self.waiting.pop_front()
    }

    /// Takes what became of a bundle.
    pub(super) fn judge(&mut self, bundle: Vec<&'changes T>, verdict: Verdict) {
        match verdict {
            Verdict::Committed => {
                self.n_bundles += 1;
                self.accepted.extend(bundle);
            }
            Verdict::Faulty(faults) if faults.iter().any(|(at, _)| *at < bundle.len()) => {
                let mut reasons: Vec<Option<String>> = vec![None; bundle.len()];
                for (at, reason) in faults {
                    if let Some(slot) = reasons.get_mut(at) {
                        slot.get_or_insert(reason);
                    }
                }
                let mut rest = Vec::with_capacity(bundle.len());
                for (change, reason) in bundle.into_iter().zip(reasons) {
                    match reason {
                        Some(reason) => self.rejected.push((change, reason)),
                        None => rest.push(change),
                    }
                }
                self.again(rest);
            }
            Verdict::Faulty(_) => self.split(bundle, "refused without a reason".to_owned()),
            Verdict::Failed(reason) => self.split(bundle, reason),
        }
    }

    /// Everything accepted, everything rejected, and the number of bundles committed.
    pub(super) fn finish(self) -> (Vec<&'changes T>, Vec<(&'changes T, String)>, usize) {
        (self.accepted, self.rejected, self.n_bundles)
    }

    /// Finds the culprit by halves.
    fn split(&mut self, mut bundle: Vec<&'changes T>, reason: String) {
        if let [change] = bundle.as_slice() {
            self.rejected.push((change, reason));
            return;
        }
        let second = bundle.split_off(bundle.len() / 2);
        self.again(second);
        self.again(bundle);
    }

    fn again(&mut self, bundle: Vec<&'changes T>) {
        if !bundle.is_empty() {
            self.waiting.push_front(bundle);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Runs all attempts at a switch that judges each bundle, and returns what went in and what did not.
    fn run(
        mut attempts: Attempts<'_, u16>,
        mut switch: impl FnMut(&[u16]) -> Verdict,
    ) -> (Vec<u16>, Vec<u16>) {
        while let Some(bundle) = attempts.next() {
            let verdict = switch(&bundle.iter().map(|change| **change).collect::<Vec<_>>());
            attempts.judge(bundle, verdict);
        }
        let (accepted, rejected, _) = attempts.finish();
        (accepted.into_iter().copied().collect(), rejected.into_iter().map(|(change, _)| *change).collect())
    }

    #[test]
    fn named_culprits_are_left_out_and_the_rest_goes_in_at_once() {
        let changes: Vec<u16> = (0..6).collect();
        let mut bundles = Vec::new();
        let (accepted, rejected) = run(Attempts::new(&changes), |bundle| {
            bundles.push(bundle.to_vec());
            let bad = |change: &u16| *change == 1 || *change == 4;
            let faults: Vec<_> = bundle
                .iter()
                .enumerate()
                .filter(|(_, p)| bad(p))
                .map(|(at, _)| (at, "bad".to_owned()))
                .collect();
            if faults.is_empty() { Verdict::Committed } else { Verdict::Faulty(faults) }
        });
        assert_eq!((accepted, rejected), (vec![0, 2, 3, 5], vec![1, 4]));
        assert_eq!(bundles.len(), 2);
    }

    #[test]
    fn a_culprit_that_is_not_named_is_found_by_halves_and_order_is_kept() {
        let changes: Vec<u16> = (0..100).collect();
        let mut attempts = 0;
        let (accepted, rejected) = run(Attempts::new(&changes), |bundle| {
            attempts += 1;
            if bundle.contains(&37) { Verdict::Failed("no".to_owned()) } else { Verdict::Committed }
        });
        assert_eq!(rejected, [37]);
        assert_eq!(accepted, (0..100).filter(|n| *n != 37).collect::<Vec<_>>());
        assert!(attempts <= 16, "{attempts}");
    }

    #[test]
    fn a_switch_that_refuses_everything_ends_the_attempts() {
        let changes: Vec<u16> = (0..9).collect();
        let (accepted, rejected) = run(Attempts::in_one(&changes), |_| Verdict::Faulty(Vec::new()));
        assert_eq!((accepted.len(), rejected.len()), (0, 9));
        let (accepted, rejected) =
            run(Attempts::new(&changes), |_| Verdict::Faulty(vec![(99, "far".to_owned())]));
        assert_eq!((accepted.len(), rejected.len()), (0, 9), "a place outside the bundle names nobody");
    }

    #[test]
    fn large_changes_go_in_several_bundles() {
        let changes: Vec<u16> = (0..25_000).collect();
        let mut sizes = Vec::new();
        let (accepted, _) = run(Attempts::new(&changes), |bundle| {
            sizes.push(bundle.len());
            Verdict::Committed
        });
        assert_eq!(sizes, [10_000, 10_000, 5_000]);
        assert_eq!(accepted.len(), 25_000);
    }
}

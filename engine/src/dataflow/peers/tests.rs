#![allow(clippy::unwrap_used)]

use timely::Config;

use super::*;
use crate::dataflow::changes::Changes;
use crate::eval::Trap;
use crate::ir::RuleId;
use crate::source::{FileId, Span};

fn on_workers<T: Send + 'static>(
    count: usize,
    run: impl Fn(&mut Peers) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let config = if count == 1 { Config::thread() } else { Config::process(count) };
    let guards =
        timely::execute(config, move |worker| run(&mut Peers::new(worker, count, &Lost::default()))).unwrap();
    guards.join().into_iter().map(Result::unwrap).collect()
}

fn numbers(rows: impl IntoIterator<Item = [u32; 2]>) -> Changes {
    let mut changes = Changes::new();
    rows.into_iter().for_each(|row| changes.push(&row, 1));
    changes
}

#[test]
fn rows_of_one_key_meet_and_none_is_lost() {
    for count in [1, 2, 3, 4] {
        let parts = on_workers(count, |peers| {
            let own = numbers((0..500).map(|i| [i % 100, i + 1000 * peers.index() as u32]));
            let parcel = Parcel { channel: Channel::Numbers(1), route: Route::Key(1), rows: own };
            let mut arrived = peers.exchange(vec![parcel], Ok(())).unwrap();
            let rows = arrived.take(Channel::Numbers(1));
            rows.iter().map(|(row, _)| (row[0], row[1])).collect::<Vec<_>>()
        });
        let mut all: Vec<(u32, u32)> = parts.concat();
        all.sort_unstable();
        let mut expected: Vec<(u32, u32)> = (0..count as u32)
            .flat_map(|worker| (0..500).map(move |i| (i % 100, i + 1000 * worker)))
            .collect();
        expected.sort_unstable();
        assert_eq!(all, expected, "{count} workers");
        for key in 0..100 {
            let holders = parts.iter().filter(|part| part.iter().any(|row| row.0 == key)).count();
            assert_eq!(holders, 1, "key {key} of {count} workers");
        }
    }
}

#[test]
fn all_hear_the_same() {
    for count in [1, 2, 4] {
        let told = on_workers(count, |peers| {
            let mut told = Vec::new();
            for round in 0..200 {
                let (index, last) = (peers.index(), peers.count() - 1);
                let rows = if index == last { numbers([[round, 1]]) } else { Changes::new() };
                let routes = [Route::Stay, Route::First, Route::All];
                let parcel =
                    |(at, route)| Parcel { channel: Channel::Numbers(at), route, rows: rows.clone() };
                let mut arrived =
                    peers.exchange(routes.into_iter().enumerate().map(parcel).collect(), Ok(())).unwrap();
                let here: Vec<bool> =
                    (0..3).map(|at| !arrived.take(Channel::Numbers(at)).is_empty()).collect();
                assert_eq!(here, [index == last, index == 0, true]);
                told.push(arrived.touched);
            }
            told
        });
        assert!(told.iter().all(|of_one| *of_one == told[0]));
        assert_eq!(told[0][0], [Channel::Numbers(0), Channel::Numbers(1), Channel::Numbers(2)]);
    }
}

#[test]
fn who_waits_for_a_worker_that_panics_is_told() {
    let lost = Lost::default();
    let (known, told) = (lost.clone(), std::sync::mpsc::channel());
    let tell = std::sync::Mutex::new(told.0);
    let guards = timely::execute(Config::process(3), move |worker| {
        let mut peers = Peers::new(worker, 3, &known);
        let work = std::panic::AssertUnwindSafe(|| {
            let _watch = known.watch("a worker is gone");
            if peers.index() == 1 {
                std::panic::resume_unwind(Box::new("as it were"));
            }
            tell.lock().unwrap().send(peers.agree(Ok(())).unwrap_err()).unwrap();
        });
        let _ = std::panic::catch_unwind(work);
    });
    drop(guards.unwrap().join());
    let told: Vec<Failure> = told.1.iter().collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|failure| failure.is_lost() && failure.trap.message == "a worker is gone"));
    assert!(lost.bell().recv().is_err());
}

#[test]
fn the_least_failure_is_everybodys() {
    let told = on_workers(4, |peers| {
        let span = Span { file: FileId(0), start: 0, end: 0 };
        let failure = |rule: u32, message: &str| Failure {
            rule: Some(RuleId(rule)),
            trap: Trap::new(span, message.to_string()),
        };
        let done = match peers.index() {
            1 => Err(failure(5, "b")),
            2 => Err(failure(5, "a")),
            3 => Err(failure(6, "0")),
            _ => Ok(()),
        };
        let failure = peers.exchange(Vec::new(), done).unwrap_err();
        assert!(peers.exchange(Vec::new(), Ok(())).is_ok());
        (failure.rule, failure.trap.message)
    });
    assert!(told.iter().all(|(rule, message)| *rule == Some(RuleId(5)) && message == "a"), "{told:?}");
}

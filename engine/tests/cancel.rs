//! Work that is stopped half-way: nothing has changed, and the engine goes on.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use weir_engine::value::Value;
use weir_engine::{CommitError, Config, Draft, Engine, QueryError, ReviseError, Update};

/// Pairs of this many records take long enough to be stopped.
const MANY: i128 = 6000;

fn start(text: &str) -> (Draft, Engine) {
    let draft = Draft::text("test.dl", text, &[]).map_err(|(_, found)| found).unwrap();
    let engine = Engine::new(draft.program(), Config::default()).unwrap();
    (draft, engine)
}

fn insert(engine: &Engine, name: &str, number: i128) -> Update {
    let relation = engine.program().relation(name).unwrap();
    let record = Value::Struct { ctor: name.into(), fields: vec![("".into(), Value::Int(number))] };
    Update::Insert { relation, record }
}

fn held(engine: &Engine, name: &str) -> usize {
    engine.dump(engine.program().relation(name).unwrap()).unwrap().len()
}

/// Does the work, and stops it once it has read some rows.
fn stopped<T>(engine: &Engine, rows: u64, work: impl FnOnce() -> T) -> T {
    let canceller = engine.canceller();
    std::thread::scope(|scope| {
        let (done, over) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            // Ends when the work does.
            while over.recv_timeout(Duration::from_millis(1))
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                let progress = engine.progress();
                if progress.running && progress.rows >= rows {
                    canceller.cancel();
                }
            }
        });
        let result = work();
        drop(done);
        result
    })
}

#[test]
fn a_join_is_stopped() {
    let (_, engine) = start(
        "input relation A(x: bigint)\ninput relation B(x: bigint)\noutput relation O(x: bigint, y: bigint)\n\
         O(x, y) :- A(x), B(y).",
    );
    let all = (0..MANY).flat_map(|n| [insert(&engine, "A", n), insert(&engine, "B", n)]).collect();
    assert_eq!(stopped(&engine, 20_000, || engine.commit(all)), Err(CommitError::Cancelled));
    assert_eq!((held(&engine, "A"), held(&engine, "O")), (0, 0));
    let commit = engine.commit(vec![insert(&engine, "A", 1), insert(&engine, "B", 2)]).unwrap();
    assert_eq!(commit.deltas[0].changes.len(), 1);
}

#[test]
fn a_recursion_is_stopped_and_goes_on_where_it_was() {
    let (draft, engine) = start(
        "input relation I(x: bit<32>)\noutput relation N(x: bit<32>)\nN(x) :- I(x).\n\
         N(x + 1) :- N(x), x != 10, x != 1000000000.",
    );
    engine.commit(vec![insert(&engine, "I", 5)]).unwrap();
    assert_eq!(held(&engine, "N"), 6);
    for _ in 0..2 {
        let endless = vec![insert(&engine, "I", 20)];
        assert_eq!(stopped(&engine, 2000, || engine.commit(endless)), Err(CommitError::Cancelled));
        assert_eq!((held(&engine, "I"), held(&engine, "N")), (1, 6));
        let query = draft.query("N(x), x > 8").unwrap();
        assert_eq!(engine.query(&query).unwrap().rows.len(), 2);
    }
    let commit = engine.commit(vec![insert(&engine, "I", 2)]).unwrap();
    assert_eq!(commit.deltas[0].changes.len(), 3);
    let relation = engine.program().relation("I").unwrap();
    let commit = engine.commit(vec![Update::Clear { relation }]).unwrap();
    assert_eq!(commit.deltas[0].changes.len(), 9);
}

#[test]
fn questions_and_revisions_are_stopped() {
    let (mut draft, engine) = start(
        "input relation A(x: bigint)\ninput relation B(x: bigint)\noutput relation O(x: bigint)\nO(x) :- A(x).",
    );
    let all = (0..MANY).flat_map(|n| [insert(&engine, "A", n), insert(&engine, "B", n)]).collect();
    engine.commit(all).unwrap();
    let query = draft.query("A(x), B(y)").unwrap();
    assert_eq!(stopped(&engine, 20_000, || engine.query(&query)), Err(QueryError::Cancelled));
    let before = draft.program();
    draft.add("O(x + 1000 * y) :- A(x), B(y).").unwrap();
    let revised = stopped(&engine, 20_000, || engine.revise(draft.program()));
    assert_eq!(revised, Err(ReviseError::Run(CommitError::Cancelled)));
    assert!(std::sync::Arc::ptr_eq(&before, &engine.program()));
    assert_eq!(held(&engine, "O"), MANY as usize);
}

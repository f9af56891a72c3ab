//! Every operation of a transaction, as a real ovsdb-server understands it.
#![allow(clippy::unwrap_used)]

mod support;

use ovsdb::client::Client;
use ovsdb::transact::{
    Condition, ErrorKind, Function, Insert, Mutation, Mutator, OpResult, Operation, TransactError, Until,
    Wait,
};
use ovsdb::value::{Atom, Datum, Uuid, Values};
use ovsdb::wire::RpcConfig;
use support::{NB, Server};

const TABLE: &str = "Logical_Switch";

async fn client(server: &Server) -> Client {
    server.wait().await;
    Client::connect(&server.remote(), RpcConfig::default()).await.unwrap()
}

async fn run(client: &Client, operations: &[Operation]) -> Vec<OpResult> {
    client.transact(NB, operations).await.unwrap()
}

fn switch(name: &str) -> Insert {
    Insert::into(TABLE).value("name", name)
}

fn named(name: &str) -> Vec<Condition> {
    vec![Condition::equal("name", name)]
}

/// The names of the rows that satisfy the conditions, in order.
async fn names(client: &Client, conditions: Vec<Condition>) -> Vec<String> {
    let columns = Some(vec!["name".to_owned()]);
    let select = Operation::Select { table: TABLE.to_owned(), conditions, columns };
    let results = run(client, &[select]).await;
    let rows = results[0].rows().unwrap();
    assert!(rows.iter().all(|row| row.len() == 1), "only the column asked for: {rows:?}");
    let mut names: Vec<String> = rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn rows_are_inserted_by_name_or_number_selected_updated_and_deleted() {
    let server = Server::start();
    let client = client(&server).await;
    let chosen: Uuid = "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap();
    let port = Insert::into("Logical_Switch_Port").value("name", "p").named("port_1");
    let with_port = switch("a").value("ports", Datum::set([Atom::named("port_1")])).uuid(chosen);
    let results = run(&client, &[port.into(), with_port.into(), switch("b").into()]).await;
    assert_eq!(results[1].inserted(), Some(chosen));
    let select = Operation::select(TABLE, vec![Condition::uuid(chosen)]);
    let results_of = run(&client, &[select]).await;
    let row = &results_of[0].rows().unwrap()[0];
    assert_eq!(row["ports"].as_uuid(), results[0].inserted());
    assert_eq!(row["_uuid"].as_uuid(), Some(chosen));

    let row = Values::from([("name".to_owned(), "c".into())]);
    let update = Operation::update(TABLE, named("b"), row);
    assert_eq!(run(&client, &[update]).await[0].count(), Some(1));
    assert_eq!(names(&client, vec![]).await, ["a", "c"]);
    let delete = || Operation::delete(TABLE, named("a"));
    assert_eq!(run(&client, &[delete()]).await[0].count(), Some(1));
    assert_eq!(run(&client, &[delete()]).await[0].count(), Some(0));
    assert_eq!(names(&client, vec![]).await, ["c"]);
}

#[tokio::test]
async fn conditions_compare_as_they_are_named() {
    let server = Server::start();
    let client = client(&server).await;
    let acl = |priority: i64| {
        let acl = Insert::into("ACL").value("priority", priority).value("direction", "to-lport");
        let acl = acl.value("match", "1").value("action", "drop").value("name", format!("acl{priority}"));
        acl.named(format!("acl{priority}"))
    };
    let acls = [10, 20, 30];
    let holder = switch("s").value("acls", Datum::set(acls.map(|p| Atom::named(format!("acl{p}")))));
    let inserts = acls.map(|priority| Operation::from(acl(priority)));
    run(&client, &[&inserts[..], &[holder.into()]].concat()).await;
    for (function, value, wanted) in [
        (Function::Less, 20, vec!["acl10"]),
        (Function::LessOrEqual, 20, vec!["acl10", "acl20"]),
        (Function::Equal, 20, vec!["acl20"]),
        (Function::NotEqual, 20, vec!["acl10", "acl30"]),
        (Function::GreaterOrEqual, 20, vec!["acl20", "acl30"]),
        (Function::Greater, 20, vec!["acl30"]),
        (Function::Includes, 20, vec!["acl20"]),
        (Function::Excludes, 20, vec!["acl10", "acl30"]),
    ] {
        let select = Operation::select("ACL", vec![Condition::new("priority", function, i64::from(value))]);
        let results = run(&client, &[select]).await;
        let mut names: Vec<_> =
            results[0].rows().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        assert_eq!(names, wanted, "{}", function.name());
    }
}

#[tokio::test]
async fn mutators_calculate_and_change_sets_and_maps() {
    let server = Server::start();
    let client = client(&server).await;
    run(&client, &[Insert::into("NB_Global").value("nb_cfg", 100).into()]).await;
    for (mutator, operand, wanted) in [
        (Mutator::Add, 5, 105),
        (Mutator::Subtract, 15, 90),
        (Mutator::Multiply, 3, 270),
        (Mutator::Divide, 4, 67),
        (Mutator::Remainder, 10, 7),
    ] {
        let mutation = Mutation::new("nb_cfg", mutator, i64::from(operand));
        run(&client, &[Operation::mutate("NB_Global", vec![], vec![mutation])]).await;
        let results = run(&client, &[Operation::select("NB_Global", vec![])]).await;
        let row = &results[0].rows().unwrap()[0];
        assert_eq!(row["nb_cfg"].as_integer(), Some(wanted), "{}", mutator.name());
    }
    let map = |pairs: &[(&'static str, &'static str)]| Datum::map(pairs.iter().copied());
    for (mutator, operand, wanted) in [
        (Mutator::Insert, map(&[("a", "1"), ("b", "2")]), map(&[("a", "1"), ("b", "2")])),
        (Mutator::Insert, map(&[("a", "9"), ("c", "3")]), map(&[("a", "1"), ("b", "2"), ("c", "3")])),
        (Mutator::Delete, map(&[("a", "9"), ("b", "2")]), map(&[("a", "1"), ("c", "3")])),
        (Mutator::Delete, Datum::set(["a"]), map(&[("c", "3")])),
    ] {
        let mutation = Mutation::new("external_ids", mutator, operand);
        run(&client, &[Operation::mutate("NB_Global", vec![], vec![mutation])]).await;
        let results = run(&client, &[Operation::select("NB_Global", vec![])]).await;
        assert_eq!(results[0].rows().unwrap()[0]["external_ids"], wanted, "{}", mutator.name());
    }
    let nothing = Mutation::new("nb_cfg", Mutator::Divide, 0);
    match client.transact(NB, &[Operation::mutate("NB_Global", vec![], vec![nothing])]).await {
        Err(TransactError::Operation { index: 0, operation: "mutate", error }) => {
            assert_eq!(error.error, "domain error");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_wait_holds_a_transaction_back_until_rows_are_as_given() {
    let server = Server::start();
    let client = client(&server).await;
    let wait = |until, timeout| {
        let rows = vec![Values::from([("name".to_owned(), "there".into())])];
        let columns = vec!["name".to_owned()];
        let (table, conditions) = (TABLE.to_owned(), named("there"));
        Operation::from(Wait { table, conditions, columns, until, rows, timeout })
    };
    match client.transact(NB, &[wait(Until::Equal, Some(0)), switch("after").into()]).await {
        Err(TransactError::Operation { index: 0, operation: "wait", error }) => {
            assert_eq!(error.kind(), ErrorKind::TimedOut);
        }
        other => panic!("{other:?}"),
    }
    run(&client, &[wait(Until::NotEqual, Some(0)), switch("first").into()]).await;
    // Without a limit it waits for somebody else.
    let waiting = tokio::spawn({
        let client = client.clone();
        let operations = [wait(Until::Equal, None), switch("after").into()];
        async move { client.transact(NB, &operations).await }
    });
    run(&client, &[switch("there").into()]).await;
    waiting.await.unwrap().unwrap();
    assert_eq!(names(&client, vec![]).await, ["after", "first", "there"]);
}

#[tokio::test]
async fn an_abort_or_a_failed_assertion_takes_everything_back() {
    let server = Server::start();
    let client = client(&server).await;
    match client.transact(NB, &[switch("a").into(), Operation::Abort]).await {
        Err(TransactError::Operation { index: 1, operation: "abort", error }) => {
            assert_eq!(error.kind(), ErrorKind::Aborted);
        }
        other => panic!("{other:?}"),
    }
    match client.transact(NB, &[switch("a").into(), Operation::assert("mine")]).await {
        Err(TransactError::Operation { index: 1, operation: "assert", error }) => {
            assert_eq!(error.kind(), ErrorKind::NotOwner);
        }
        other => panic!("{other:?}"),
    }
    assert!(names(&client, vec![]).await.is_empty());
    assert!(client.lock("mine").await.unwrap());
    let comment = Operation::Comment("who and why".to_owned());
    let durable = Operation::Commit { durable: true };
    let results = run(&client, &[Operation::assert("mine"), comment, switch("a").into(), durable]).await;
    assert_eq!((&results[0], &results[1], &results[3]), (&OpResult::Done, &OpResult::Done, &OpResult::Done));
    assert_eq!(names(&client, vec![]).await, ["a"]);
    assert!(std::fs::read_to_string(server.path("db")).unwrap().contains("who and why"));
}

#[tokio::test]
async fn references_and_indexes_are_kept_by_the_server_and_told_apart() {
    let server = Server::start();
    let client = client(&server).await;
    let nowhere: Uuid = "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap();
    let dangling = switch("a").value("ports", Datum::set([nowhere]));
    match client.transact(NB, &[dangling.into()]).await {
        Err(TransactError::Commit(error)) => assert_eq!(error.kind(), ErrorKind::ReferentialIntegrity),
        other => panic!("{other:?}"),
    }
    let port = |name: &str| Insert::into("Logical_Switch_Port").value("name", "p").named(name.to_owned());
    let both = switch("a").value("ports", Datum::set([Atom::named("one"), Atom::named("two")]));
    match client.transact(NB, &[port("one").into(), port("two").into(), both.into()]).await {
        Err(TransactError::Commit(error)) => {
            assert_eq!(error.kind(), ErrorKind::ConstraintViolation);
            assert!(error.details.unwrap().contains("Logical_Switch_Port"));
        }
        other => panic!("{other:?}"),
    }
}

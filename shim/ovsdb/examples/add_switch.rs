//! Adds a logical switch with one port to an OVN Northbound database, in one transaction: `add_switch REMOTE NAME PORT`

use ovsdb::client::{Client, Remote};
use ovsdb::transact::{Insert, Operation, Until, Wait};
use ovsdb::value::{Atom, Datum};
use ovsdb::wire::RpcConfig;

const DATABASE: &str = "OVN_Northbound";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [remote, name, port] = arguments.as_slice() else {
        return Err("usage: add_switch REMOTE NAME PORT".into());
    };
    let remote: Remote = remote.parse()?;
    let client = Client::connect(&remote, RpcConfig::default()).await?;
    // Only if there is none of that name: names of switches are not unique by themselves.
    let none = Wait {
        timeout: Some(0),
        table: "Logical_Switch".to_owned(),
        conditions: vec![ovsdb::transact::Condition::equal("name", name.as_str())],
        columns: vec!["name".to_owned()],
        until: Until::Equal,
        rows: vec![],
    };
    // The switch refers to the port by a name that means something within this transaction only.
    let port = Insert::into("Logical_Switch_Port").value("name", port.as_str()).named("port");
    let switch = Insert::into("Logical_Switch")
        .value("name", name.as_str())
        .value("ports", Datum::set([Atom::named("port")]));
    let comment = Operation::Comment(format!("add_switch {name}"));
    let results = client.transact(DATABASE, &[none.into(), port.into(), switch.into(), comment]).await?;
    for uuid in results.iter().filter_map(|result| result.inserted()) {
        println!("{uuid}");
    }
    Ok(())
}

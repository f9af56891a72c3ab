//! Prints every change of a database until it is interrupted: `follow REMOTES DATABASE [TABLE]...`
//!
//! With several remotes (`tcp:a:6641,tcp:b:6641`), whichever answers; connections that end are made again.

use ovsdb::client::{DialConfig, Event, Remotes, Session};
use ovsdb::monitor::{MonitorSpec, Replica, TableSpec};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(remotes), Some(database)) = (arguments.next(), arguments.next()) else {
        return Err("usage: follow REMOTES DATABASE [TABLE]...".into());
    };
    let remotes: Remotes = remotes.parse()?;
    let spec = MonitorSpec::of(database, arguments.map(TableSpec::all));
    let mut session = Session::dial(remotes, spec, Replica::new(), DialConfig::default());
    while let Some(event) = session.next().await {
        match event {
            Event::Connected { schema } => println!("connected, schema {:?}", schema.version),
            Event::Snapshot(changes) | Event::Changes(changes) => {
                for change in &changes {
                    let row = |row: &Option<_>| match row {
                        None => "none".to_owned(),
                        Some(row) => std::sync::Arc::<ovsdb::value::Row>::as_ref(row).to_json().to_string(),
                    };
                    println!(
                        "{} {}: {} -> {}",
                        change.table,
                        change.uuid,
                        row(&change.old),
                        row(&change.new)
                    );
                }
            }
            Event::LockHeld(name) => println!("lock {name} is ours"),
            Event::LockLost(name) => println!("lock {name} is lost"),
            Event::Disconnected { reason, retry_in } => {
                println!("disconnected: {reason}; again in {retry_in:?}")
            }
        }
    }
    Ok(())
}

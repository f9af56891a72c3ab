//! Waits for hypervisors (`ovs-vsctl set-manager tcp:HOST:PORT`) and says who they are: `accept ptcp:6640`

use ovsdb::client::{Client, Passive, Stream};
use ovsdb::transact::Operation;
use ovsdb::wire::RpcConfig;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let passive: Passive =
        std::env::args().nth(1).ok_or("usage: accept ptcp:PORT[:ADDRESS]|punix:PATH")?.parse()?;
    let listener = passive.bind().await?;
    println!("listening on {passive}");
    loop {
        let (stream, peer) = listener.accept().await?;
        tokio::spawn(async move {
            match ask(stream).await {
                Ok(name) => println!("{peer:?} is {name}"),
                Err(error) => println!("{peer:?}: {error}"),
            }
        });
    }
}

/// The hypervisor's system-id.
async fn ask(stream: Stream) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let client = Client::over(stream, RpcConfig::default());
    let results = client.transact("Open_vSwitch", &[Operation::select("Open_vSwitch", vec![])]).await?;
    let row = results.first().and_then(|result| result.rows()?.first());
    let name = row.and_then(|row| row.get("external_ids")?.value_of("system-id"));
    Ok(name.map_or_else(|| "nobody yet".to_owned(), |name| name.to_string()))
}

//! Reads flows in the words of ovs-ofctl, a line each, and prints the message that adds each one.
//!
//! `echo 'tcp,tp_dst=80 actions=drop' | cargo run -p openflow --example text`

use std::error::Error;
use std::io::BufRead;

use openflow::{FlowMod, Message};

fn main() -> Result<(), Box<dyn Error>> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        match line.parse::<FlowMod>() {
            Ok(flow_mod) => {
                println!("{}", flow_mod.flow);
                let bytes = Message::FlowMod(flow_mod).to_bytes(0)?;
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                println!("  {hex}");
            }
            // The place of the mistake, under the line.
            Err(error) => eprintln!("{line}\n{:width$}^ {}", "", error.kind, width = error.offset),
        }
    }
    Ok(())
}

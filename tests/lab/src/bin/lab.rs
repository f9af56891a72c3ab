//! `make lab`: real hypervisors to try things on, left running.

use std::path::PathBuf;
use std::process::ExitCode;

use weir_lab::{Error, LabBuilder, Result};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let dir = words.next().map_or_else(|| std::env::temp_dir().join("weir-lab"), PathBuf::from);
    let hypervisors = words.next().map_or(Ok(1), |word| word.parse());
    let Ok(hypervisors) = hypervisors else {
        eprintln!("usage: lab [DIR [HYPERVISORS]]");
        return ExitCode::FAILURE;
    };
    match start(dir, hypervisors) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the lab cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(dir: PathBuf, hypervisors: usize) -> Result {
    let stop = dir.join("stop");
    if stop.exists() {
        return Err(Error::Usage(format!("one is running there; `sh {}` ends it", stop.display())));
    }
    let lab = LabBuilder::new().in_dir(dir).start(hypervisors)?;
    for hypervisor in lab.hypervisors() {
        println!("{}: export OVS_RUNDIR={}", hypervisor.name(), hypervisor.dir().display());
    }
    println!("to end it: sh {}", lab.keep()?.display());
    Ok(())
}

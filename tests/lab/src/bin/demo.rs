//! `make demo`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use weir_lab::demo::{DemoOptions, run};

fn main() -> ExitCode {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = crate_dir.ancestors().nth(2).unwrap_or(crate_dir);
    let path = |variable: &str| std::env::var_os(variable).filter(|v| !v.is_empty()).map(PathBuf::from);
    let kept = path("WEIR_DEMO_DIR").unwrap_or_else(|| std::env::temp_dir().join("weir-demo"));
    let options = DemoOptions {
        program: path("WEIR_BIN").unwrap_or_else(|| root.join("target/debug/weir")),
        rules: path("WEIR_RULES").unwrap_or_else(|| root.join("rules")),
        keep_in: path("KEEP").map(|_| kept),
    };
    if let Some(dir) = options.keep_in.as_ref().filter(|dir| dir.exists()) {
        eprintln!("{} exists: a demo was left running there. To stop it: make demo-stop", dir.display());
        return ExitCode::FAILURE;
    }
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the demo cannot go on: {error}");
            ExitCode::FAILURE
        }
    }
}

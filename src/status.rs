//! `weir status` and `weir support-bundle`: what a running daemon says of itself.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use clap::Args;
use comfy_table::{Table, TableStyle};
use serde_json::{Map, Value as Json, json};

/// How long the daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which daemon.
#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// The daemon's control socket
    #[arg(long, value_name = "SOCK", default_value = "/var/lib/weir/weir.sock")]
    connect: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What goes into the bundle.
#[derive(Debug, Args)]
pub(crate) struct BundleOptions {
    /// The daemon's control socket
    #[arg(long, value_name = "SOCK", default_value = "/var/lib/weir/weir.sock")]
    connect: PathBuf,
    /// Files to add, such as its configuration and its log; may be repeated
    #[arg(long, value_name = "FILE")]
    add: Vec<PathBuf>,
    /// The bundle [default: weir-support-TIME.tar.gz]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Prints what the daemon says of itself.
pub(crate) fn status(options: &StatusOptions) -> anyhow::Result<ExitCode> {
    let status = ask(&options.connect, &json!({"status": true}))?["status"].take();
    if options.json {
        println!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        print!("{}", text(&status));
    }
    Ok(ExitCode::SUCCESS)
}

/// Packs what somebody needs who was not there.
pub(crate) fn bundle(options: &BundleOptions) -> anyhow::Result<ExitCode> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let path = options.output.clone().unwrap_or_else(|| format!("weir-support-{now}.tar.gz").into());
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::default()));
    let mut put = |name: &str, bytes: &[u8]| -> anyhow::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(now);
        header.set_cksum();
        Ok(archive.append_data(&mut header, format!("weir-support/{name}"), bytes)?)
    };
    put("version.txt", concat!("weir ", env!("CARGO_PKG_VERSION"), "\n").as_bytes())?;
    for question in ["status", "profile", "relations"] {
        let answer = ask(&options.connect, &json!({ question: true }));
        let answer = answer.unwrap_or_else(|error| json!({"error": format!("{error:#}")}));
        put(&format!("{question}.json"), serde_json::to_string_pretty(&answer)?.as_bytes())?;
    }
    for added in &options.add {
        let bytes = std::fs::read(added).with_context(|| format!("cannot read {}", added.display()))?;
        if is_private_key(&bytes) {
            bail!("{} holds a private key: it does not belong into a bundle", added.display());
        }
        let name = added.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        put(&format!("added/{name}"), &bytes)?;
    }
    archive.into_inner()?.finish()?.flush()?;
    println!("{}", path.display());
    Ok(ExitCode::SUCCESS)
}

fn ask(socket: &Path, question: &Json) -> anyhow::Result<Json> {
    let unreachable = || format!("no daemon answers at {}", socket.display());
    let mut stream = UnixStream::connect(socket).with_context(unreachable)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    writeln!(stream, "{question}").with_context(unreachable)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).with_context(unreachable)?;
    let answer: Json = serde_json::from_str(&line).with_context(unreachable)?;
    match answer["error"].as_str() {
        Some(error) => bail!("{error}"),
        None => Ok(answer),
    }
}

fn text(status: &Json) -> String {
    let Some(members) = status.as_object() else { return format!("{status}\n") };
    let mut numbers = Table::new();
    numbers.load_style(TableStyle::new());
    let is_plain = |value: &Json| !value.is_object() && !value.is_array();
    for (name, value) in members.iter().filter(|(_, value)| is_plain(value)) {
        numbers.add_row([name.replace('_', " "), plain(value)]);
    }
    let mut text = format!("{numbers}\n");
    for (name, value) in members.iter().filter(|(_, value)| !is_plain(value)) {
        text.push_str(&part(&name.replace('_', " "), value));
    }
    text
}

/// A list of rows is a table, anything else a line.
fn part(name: &str, value: &Json) -> String {
    let rows: Vec<&Map<String, Json>> =
        value.as_array().into_iter().flatten().filter_map(Json::as_object).collect();
    let Some(first) = rows.first() else {
        let list = value.as_array().map(|items| items.iter().map(plain).collect::<Vec<_>>().join(", "));
        return format!(
            " {name}  {}\n",
            list.filter(|list| !list.is_empty()).unwrap_or_else(|| "none".to_owned())
        );
    };
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(first.keys().map(|name| name.replace('_', " ")));
    for row in &rows {
        table.add_row(row.values().map(plain));
    }
    format!("\n{name}\n{table}\n")
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

fn is_private_key(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).contains("PRIVATE KEY-----")
}

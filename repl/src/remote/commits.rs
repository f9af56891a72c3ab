//! What the daemon says without being asked, as text.

use std::fmt::Write;

use serde_json::Value as Json;

/// The text of an announcement; `None` for an answer.
pub(super) fn announcement(message: &Json) -> Option<String> {
    if let Some(commit) = message.get("commit") {
        return Some(commit_text(commit));
    }
    let notice = message["notice"].as_str()?;
    Some(format!("-- {notice}\n"))
}

fn commit_text(commit: &Json) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "-- commit {}, {} us in the engine", commit["epoch"], commit["took_us"]);
    for change in commit["changes"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "{}:", plain(&change["relation"]));
        for row in change["rows"].as_array().into_iter().flatten() {
            let _ = writeln!(text, "{}: {:+}", plain(&row[0]), row[1].as_i64().unwrap_or(0));
        }
    }
    text
}

/// A string without quotes, a list without brackets, anything else as it is.
pub(super) fn plain(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Array(items) if items.is_empty() => "nobody".to_owned(),
        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

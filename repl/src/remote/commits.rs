//! What the daemon says without being asked, as text.

use std::fmt::Write;

use serde_json::Value as Json;

/// The text of an announcement; `None` for an answer.
pub(super) fn announcement(message: &Json) -> Option<String> {
    if let Some(commit) = message.get("commit") {
        return Some(commit_text(commit));
    }
    let lost = message["error"].as_str().filter(|error| error.starts_with("too slow"))?;
    Some(format!("-- {lost}\n"))
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

/// A string without quotes, anything else as it is.
pub(super) fn plain(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

//! Extern types whose values are kept as the text they print as.

use chrono::{DateTime, NaiveDate, NaiveTime};

/// Whether values of an extern type are kept as the text they print as.
pub(crate) fn is_text(name: &str) -> bool {
    matches!(
        name,
        "regex::Regex" | "regex::RegexSet" | "time::Time" | "time::Date" | "time::TzDateTime" | "url::Url"
    )
}

/// The text of the default value of an extern type that is kept as text.
pub(crate) fn default_text(name: &str) -> &'static str {
    match name {
        "time::Time" => "00:00:00.000000000",
        "time::Date" => "0000-01-01",
        "time::TzDateTime" => "1970-01-01T00:00:00+00:00",
        "url::Url" => "http://127.0.0.1/",
        _ => "",
    }
}

/// The one form that a text from outside has as a value of an extern type; else why it is none.
pub(crate) fn normal_text(name: &str, text: &str) -> Result<String, String> {
    match name {
        "regex::Regex" => regex::Regex::new(text).map(|_| text.to_owned()).map_err(|e| e.to_string()),
        "time::Time" => NaiveTime::parse_from_str(text, TIME_IN)
            .map(|time| time.format(TIME).to_string())
            .map_err(|e| e.to_string()),
        "time::Date" => NaiveDate::parse_from_str(text, DATE)
            .map(|date| date.format(DATE).to_string())
            .map_err(|e| e.to_string()),
        // One with seconds in its offset has two parts, and is what a rule has written.
        "time::TzDateTime" if text.contains(' ') => Ok(text.to_owned()),
        "time::TzDateTime" => {
            DateTime::parse_from_rfc3339(text).map(|time| time.to_rfc3339()).map_err(|e| e.to_string())
        }
        "url::Url" => url::Url::parse(text).map(String::from).map_err(|e| e.to_string()),
        _ => Ok(text.to_owned()),
    }
}

/// How times of day are written.
pub(crate) const TIME: &str = "%H:%M:%S.%f";
/// How times of day are read: the fraction may have any number of digits.
pub(crate) const TIME_IN: &str = "%T.%f";
/// How dates are written and read.
pub(crate) const DATE: &str = "%Y-%m-%d";

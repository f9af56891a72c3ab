//! What somebody may have meant.

/// The name that is most like the one typed, if one is like it. Of qualified names the last part may do.
pub(crate) fn nearest<'n>(typed: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let typed = typed.to_lowercase();
    let distance = |name: &str| {
        let name = name.to_lowercase();
        let last = name.rsplit("::").next().unwrap_or(&name);
        strsim::osa_distance(&typed, &name).min(strsim::osa_distance(&typed, last))
    };
    let allowed = match typed.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    names
        .into_iter()
        .map(|name| (distance(name), name))
        .filter(|(distance, name)| *distance <= allowed && *distance < name.len())
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typing_errors_are_recognised_and_other_words_are_not() {
        let names = ["Edge", "topology::LogicalPort", "Reach"];
        for (typed, expected) in [
            ("Egde", Some("Edge")),
            ("edge", Some("Edge")),
            ("LogicalPorts", Some("topology::LogicalPort")),
            ("topology::LogcalPort", Some("topology::LogicalPort")),
            ("Flow", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, names), expected, "{typed}");
        }
    }
}

//! Times and sizes as people read them.

/// Nanoseconds with three digits or so: `412 us`, `1.25 s`.
pub(super) fn time(nanos: u64) -> String {
    let (value, unit) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (nanos as f64 / 1e3, "us"),
        1_000_000..1_000_000_000 => (nanos as f64 / 1e6, "ms"),
        _ => (nanos as f64 / 1e9, "s"),
    };
    scaled(value, unit)
}

/// Bytes with three digits or so: `17 B`, `1.25 MB`.
pub(super) fn bytes(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => scaled(bytes as f64 / 1e3, "kB"),
        1_000_000..1_000_000_000 => scaled(bytes as f64 / 1e6, "MB"),
        _ => scaled(bytes as f64 / 1e9, "GB"),
    }
}

fn scaled(value: f64, unit: &str) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2} {unit}"),
        value if value < 100.0 => format!("{value:.1} {unit}"),
        value => format!("{value:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits() {
        for (nanos, expected) in
            [(999, "999 ns"), (1_250, "1.25 us"), (41_200_000, "41.2 ms"), (2_000_000_000, "2.00 s")]
        {
            assert_eq!(time(nanos), expected);
        }
        for (count, expected) in [(0, "0 B"), (1_500, "1.50 kB"), (123_456_789, "123 MB")] {
            assert_eq!(bytes(count), expected);
        }
    }
}

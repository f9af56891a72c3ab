//! The explanation of every code, carried in the binary.

/// A code's page of `docs/errors`.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The code, as in `E0012`.
    pub code: &'static str,
    /// The page as it is written: Markdown, with a `# CODE: title` in its first line.
    pub markdown: &'static str,
}

macro_rules! pages {
    ($($code:ident)*) => {
        &[$(Page {
            code: stringify!($code),
            markdown: include_str!(concat!("../../../docs/errors/", stringify!($code), ".md")),
        }),*]
    };
}

/// All pages, in the order of their codes. A new code gets its page here and in `docs/errors`.
#[rustfmt::skip]
const PAGES: &[Page] = pages! {
    E0001 E0002 E0003 E0004 E0005 E0006 E0007 E0008 E0009
    E0010 E0011 E0012 E0013 E0014 E0015 E0016 E0017 E0018 E0019
    E0020 E0021 E0022 E0023 E0024 E0025 E0026 E0027 E0028 E0029
    E0030 E0031 E0032 E0033 E0034
    E0101 E0102 E0103 E0104 E0105 E0106 E0107 E0108 E0109
    E0110
    E0190
    E0201 E0202 E0203 E0204 E0205 E0206 E0207 E0208 E0209
    E0210 E0211 E0212 E0213 E0214 E0215 E0216 E0217 E0218 E0219
    E0220 E0221 E0222 E0223 E0224 E0225 E0226 E0227 E0228 E0229
    E0230 E0231 E0232 E0233 E0234 E0235 E0236 E0237 E0238 E0239
    E0240 E0245
    E0301 E0302 E0304
    E0310 E0311
    E0331 E0332 E0333 E0334 E0335 E0336 E0337 E0338 E0339
    E0340 E0341 E0342 E0343 E0344 E0345 E0346 E0347 E0348 E0349
    E0350 E0351
    E0399
    E0440 E0441 E0442
    E0450
    W0001 W0002 W0003 W0004 W0005 W0006 W0007 W0008 W0009 W0010 W0011
};

/// All pages, in the order of their codes.
pub fn pages() -> &'static [Page] {
    PAGES
}

/// The page of a code, written as `E0012`, `e0012`, `E12` or, for an error, `12`; none if there is no such code.
pub fn page(code: &str) -> Option<&'static Page> {
    let (kind, number) = parts(code)?;
    PAGES.iter().find(|page| parts(page.code) == Some((kind, number)))
}

/// The codes that somebody may have meant who wrote one that does not exist: those of its kind with the nearest
/// numbers, or none if what was written does not look like a code.
pub fn nearest(code: &str) -> Vec<&'static Page> {
    let Some((kind, number)) = parts(code) else { return Vec::new() };
    let mut near: Vec<(u32, &Page)> = PAGES
        .iter()
        .filter_map(|page| Some((parts(page.code)?, page)))
        .filter(|((other, _), _)| *other == kind)
        .map(|((_, n), page)| (n.abs_diff(number), page))
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().take(3).map(|(_, page)| page).collect()
}

impl Page {
    /// What the mistake is, in half a line.
    pub fn title(&self) -> &'static str {
        let first = self.markdown.lines().next().unwrap_or_default();
        first.split_once(": ").map_or(first, |(_, title)| title)
    }

    /// The page as text for a terminal: code is set in instead of fenced. Ends with a line break.
    pub fn plain(&self) -> String {
        let mut text = String::new();
        let mut in_code = false;
        for line in self.markdown.lines() {
            if line.starts_with("```") {
                in_code = !in_code;
            } else if in_code && !line.is_empty() {
                text.push_str("    ");
                text.push_str(line);
                text.push('\n');
            } else {
                text.push_str(if in_code { line } else { line.trim_start_matches("# ") });
                text.push('\n');
            }
        }
        text
    }
}

fn parts(code: &str) -> Option<(char, u32)> {
    let digits = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let kind = match &code[..code.len() - digits.len()] {
        "" | "E" | "e" => 'E',
        "W" | "w" => 'W',
        _ => return None,
    };
    Some((kind, digits.parse().ok()?))
}

//! A profile as one page that needs nothing else: tables to be sorted by a click, bars, light and dark.

use std::fmt::Write;

use super::data::{Profile, SlowTransaction};
use super::duration::{bytes, time};

const STYLE: &str = "
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#667;--line:#d5d9e0;--bar:#9cc3f0;--head:#f2f4f7}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e4e7eb;--dim:#98a2b0;--line:#2d333b;--bar:#28517f;--head:#1d2228}}
body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1200px;padding:0 1em;background:var(--bg);color:var(--fg)}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}p{color:var(--dim)}
table{border-collapse:collapse;width:100%}
th,td{padding:3px 8px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
th{background:var(--head);position:sticky;top:0;cursor:pointer;user-select:none}
th[aria-sort=ascending]::after{content:' \\25b4'}th[aria-sort=descending]::after{content:' \\25be'}
td.t,th.t{text-align:left;white-space:normal}td code{font:12px/1.4 ui-monospace,monospace;color:var(--dim)}
td.b{background:linear-gradient(to right,var(--bar) var(--p),transparent var(--p))}
";

/// Sorts the table of a clicked heading by the numbers or texts of its column.
const SCRIPT: &str = "
for(const th of document.querySelectorAll('th'))th.addEventListener('click',()=>{
const table=th.closest('table'),at=[...th.parentNode.children].indexOf(th),down=th.getAttribute('aria-sort')!=='descending';
for(const other of th.parentNode.children)other.removeAttribute('aria-sort');
th.setAttribute('aria-sort',down?'descending':'ascending');
const key=row=>{const cell=row.children[at];return cell.dataset.v===undefined?cell.textContent:Number(cell.dataset.v)};
const rows=[...table.tBodies[0].rows].sort((a,b)=>{const x=key(a),y=key(b);return(x<y?-1:x>y?1:0)*(down?-1:1)});
table.tBodies[0].append(...rows)});
";

/// A cell.
enum Cell<'c> {
    /// A number as people read it; sorted by the number.
    Number(u64, String),
    /// The same with a bar of its share.
    Bar(u64, u64, String),
    /// A text, and something in small print after it.
    Text(&'c str, &'c str),
}

impl Profile {
    /// One page with everything in it. `title` is shown as it is, and so is all else: nothing in it is taken for HTML.
    pub fn to_html(&self, title: &str) -> String {
        let mut page = String::new();
        let title = escaped(title);
        // Writing to a string does not fail.
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
             <body><h1>{title}</h1><p>{} transactions, {} in the engine; {} distinct values, {}. A click on a heading sorts.</p>",
            self.transactions,
            time(self.time),
            self.values,
            bytes(self.value_bytes)
        );
        self.rules_table(&mut page);
        self.relations_table(&mut page);
        self.indexes_table(&mut page);
        if let Some(slowest) = &self.slowest {
            page.push_str("<h2>Slow transactions</h2>");
            slow_table(&mut page, "the slowest", slowest);
            for slow in self.slow.iter().filter(|slow| slow.epoch != slowest.epoch) {
                slow_table(&mut page, "slow", slow);
            }
        }
        let _ = writeln!(page, "<script>{SCRIPT}</script></body></html>");
        page
    }

    fn rules_table(&self, page: &mut String) {
        let rules = self.dearest_rules();
        let most = rules.iter().map(|rule| rule.time).max().unwrap_or(0);
        let most_bytes = rules.iter().map(|rule| rule.bytes).max().unwrap_or(0);
        let rows = rules.iter().map(|rule| {
            vec![
                Cell::Bar(rule.time, most, time(rule.time)),
                number(rule.runs),
                number(rule.rows_in),
                number(rule.rows_out),
                Cell::Bar(rule.bytes as u64, most_bytes as u64, bytes(rule.bytes)),
                Cell::Text(&rule.relation, &rule.place),
                Cell::Text("", &rule.text),
            ]
        });
        table(
            page,
            "Rules",
            &["time", "runs", "rows in", "rows out", "own memory", "@relation", "@rule"],
            rows,
        );
    }

    fn relations_table(&self, page: &mut String) {
        let relations = self.dearest_relations();
        let most_time = relations.iter().map(|relation| relation.time).max().unwrap_or(0);
        let most_bytes = relations.iter().map(|relation| relation.bytes).max().unwrap_or(0);
        let rows = relations.iter().map(|relation| {
            vec![
                Cell::Bar(relation.time, most_time, time(relation.time)),
                number(relation.runs),
                Cell::Bar(relation.bytes as u64, most_bytes as u64, bytes(relation.bytes)),
                number(relation.rows as u64),
                number(relation.indexes as u64),
                Cell::Text(&relation.name, &relation.role),
            ]
        });
        table(page, "Relations", &["time", "runs", "memory", "rows kept", "indexes", "@relation"], rows);
    }

    fn indexes_table(&self, page: &mut String) {
        let indexes = self.largest_indexes();
        let most = indexes.iter().map(|index| index.bytes).max().unwrap_or(0);
        let rows = indexes.iter().map(|index| {
            vec![
                Cell::Bar(index.bytes as u64, most as u64, bytes(index.bytes)),
                number(index.rows as u64),
                Cell::Text(&index.name, ""),
                Cell::Text(&index.readers, ""),
            ]
        });
        table(page, "Indexes", &["memory", "rows", "@index", "@read by"], rows);
    }
}

fn slow_table(page: &mut String, what: &str, slow: &SlowTransaction) {
    let most = slow.rules.iter().map(|rule| rule.time).max().unwrap_or(0);
    let rows = slow.rules.iter().map(|rule| {
        vec![
            Cell::Bar(rule.time, most, time(rule.time)),
            number(rule.rows_in),
            number(rule.rows_out),
            Cell::Text(&rule.relation, &rule.place),
        ]
    });
    let heading =
        format!("Transaction {}, {what}: {}, {} changes", slow.epoch, time(slow.time), slow.changes);
    table(page, &heading, &["time", "rows in", "rows out", "@rule"], rows);
    if slow.others > 0 {
        let _ = write!(page, "<p>and {} cheaper rules</p>", slow.others);
    }
}

/// A table; headings that begin with `@` are of columns of text.
fn table<'c>(page: &mut String, title: &str, headings: &[&str], rows: impl Iterator<Item = Vec<Cell<'c>>>) {
    let _ = write!(page, "<h2>{}</h2><table><thead><tr>", escaped(title));
    for heading in headings {
        let _ = match heading.strip_prefix('@') {
            Some(text) => write!(page, "<th class=\"t\">{text}</th>"),
            None => write!(page, "<th>{heading}</th>"),
        };
    }
    page.push_str("</tr></thead><tbody>");
    for row in rows {
        page.push_str("<tr>");
        for cell in row {
            let _ = match cell {
                Cell::Number(number, text) => write!(page, "<td data-v=\"{number}\">{}</td>", escaped(&text)),
                Cell::Bar(number, most, text) => {
                    let share = if most == 0 { 0.0 } else { 100.0 * number as f64 / most as f64 };
                    write!(
                        page,
                        "<td class=\"b\" style=\"--p:{share:.1}%\" data-v=\"{number}\">{}</td>",
                        escaped(&text)
                    )
                }
                Cell::Text(text, small) => {
                    write!(page, "<td class=\"t\">{} <code>{}</code></td>", escaped(text), escaped(small))
                }
            };
        }
        page.push_str("</tr>");
    }
    page.push_str("</tbody></table>");
}

fn number(number: u64) -> Cell<'static> {
    Cell::Number(number, number.to_string())
}

/// Text in which nothing is taken for HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::data::{IndexProfile, RelationProfile, RuleCost, RuleProfile};
    use super::*;

    /// A profile every text of which tries to break out.
    fn hostile() -> Profile {
        let text = || "</td><script>alert(\"1\")</script>'&".to_owned();
        let slow = SlowTransaction {
            epoch: 3,
            time: 5,
            changes: 1,
            rules: vec![RuleCost { relation: text(), place: text(), time: 1, rows_in: 1, rows_out: 1 }],
            others: 2,
        };
        Profile {
            rules: vec![RuleProfile {
                rule: 0,
                relation: text(),
                place: text(),
                text: text(),
                runs: 1,
                rows_in: 1,
                rows_out: 1,
                time: 1,
                rows_kept: 1,
                bytes: 1,
            }],
            relations: vec![RelationProfile {
                name: text(),
                role: text(),
                runs: 1,
                time: 1,
                indexes: 1,
                rows: 1,
                bytes: 1,
            }],
            indexes: vec![IndexProfile { name: text(), readers: text(), rows: 1, bytes: 1 }],
            slowest: Some(slow.clone()),
            slow: vec![SlowTransaction { epoch: 4, ..slow }],
            ..Profile::default()
        }
    }

    #[test]
    fn nothing_of_a_program_is_taken_for_html() {
        let page = hostile().to_html("</title><b>");
        assert_eq!(page.matches("<script>").count(), 1);
        assert_eq!(page.matches("</script>").count(), 1);
        assert!(!page.contains("<b>") && !page.contains("alert(\""), "{page}");
        assert_eq!(page.matches("alert(&quot;1&quot;)").count(), 11);
    }

    #[test]
    fn a_page_stands_alone() {
        let page = hostile().to_html("profile");
        for outside in ["http:", "https:", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
        for (open, close) in [("<table>", "</table>"), ("<tr>", "</tr>"), ("<tbody>", "</tbody>")] {
            assert_eq!(page.matches(open).count(), page.matches(close).count(), "{open}");
        }
    }
}

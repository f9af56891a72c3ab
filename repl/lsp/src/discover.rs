//! Which program a file belongs to.
//!
//! A file that others import is part of their program: it is checked with the main file, which no one imports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::documents::Documents;

/// How many directories upward main files are looked for.
const LEVELS: usize = 3;

/// Directories with more rule files than this hold collections of programs; they are not looked through.
const MAX_FILES: usize = 500;

/// The main file of the program that `file` is part of; the file itself if no other imports it.
pub(crate) fn main_of(file: &Path, documents: &Documents) -> PathBuf {
    let directories = file.ancestors().skip(1).take(LEVELS);
    directories.filter_map(|d| main_in(d, file, documents)).next().unwrap_or_else(|| file.to_owned())
}

/// A main file in that directory whose program has the file.
fn main_in(directory: &Path, file: &Path, documents: &Documents) -> Option<PathBuf> {
    let mains = rule_files(directory, documents);
    if mains.len() > MAX_FILES {
        return None;
    }
    // A file's imports mean the same to all main files of a directory.
    let mut imports: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let with_file: Vec<(PathBuf, BTreeSet<PathBuf>)> = mains
        .into_iter()
        .filter(|main| main != file)
        .map(|main| (main.clone(), program(&main, directory, documents, &mut imports)))
        .filter(|(_, files)| files.contains(file))
        .collect();
    // Of several, one that no other one imports; the largest says most.
    let is_root =
        |main: &PathBuf| with_file.iter().all(|(other, files)| other == main || !files.contains(main));
    let roots = with_file.iter().filter(|(main, _)| is_root(main));
    let largest = roots.max_by_key(|(main, files)| (files.len(), std::cmp::Reverse(main.clone())));
    largest.map(|(main, _)| main.clone())
}

/// All files of the program with that main file.
fn program(
    main: &Path,
    directory: &Path,
    documents: &Documents,
    imports: &mut BTreeMap<PathBuf, Vec<PathBuf>>,
) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::from([main.to_owned()]);
    let mut waiting = vec![main.to_owned()];
    while let Some(file) = waiting.pop() {
        let imported = imports.entry(file).or_insert_with_key(|file| match documents.read(file) {
            Some(Ok(text)) => imported(&text).map(|module| directory.join(module)).collect(),
            Some(Err(_)) | None => Vec::new(),
        });
        for file in imported.iter() {
            if files.insert(file.clone()) {
                waiting.push(file.clone());
            }
        }
    }
    files
}

/// The modules a text imports, as relative paths. Good enough without parsing: imports have a line of their own.
fn imported(text: &str) -> impl Iterator<Item = PathBuf> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("import")?;
        let path = rest.strip_prefix([' ', '\t'])?.split_whitespace().next()?;
        let relative: PathBuf = path.trim_end_matches(';').split("::").collect();
        Some(relative.with_extension("dl"))
    })
}

fn rule_files(directory: &Path, documents: &Documents) -> BTreeSet<PathBuf> {
    let is_rules = |path: &PathBuf| path.extension().is_some_and(|e| e == "dl");
    let open = documents.paths().filter(|p| p.parent() == Some(directory)).cloned();
    let on_disk = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    open.chain(on_disk).filter(is_rules).take(MAX_FILES + 1).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    type Files = &'static [(&'static str, &'static str)];

    /// Files with what they import, the file that is asked about, the main file.
    const CASES: &[(Files, &str, &str)] = &[
        (&[("a.dl", "")], "a.dl", "a.dl"),
        (&[("main.dl", "import a"), ("a.dl", "")], "a.dl", "main.dl"),
        (&[("main.dl", "import a"), ("a.dl", "import b"), ("b.dl", "")], "b.dl", "main.dl"),
        (&[("main.dl", "import a"), ("a.dl", "import b"), ("b.dl", "")], "a.dl", "main.dl"),
        (&[("main.dl", "import lib::a as x"), ("lib/a.dl", "")], "lib/a.dl", "main.dl"),
        // Beside it comes before above it.
        (
            &[("main.dl", "import lib::a"), ("lib/test.dl", "import a"), ("lib/a.dl", "")],
            "lib/a.dl",
            "lib/test.dl",
        ),
        // The larger program of two.
        (&[("x.dl", "import a"), ("y.dl", "import a\nimport b"), ("a.dl", ""), ("b.dl", "")], "a.dl", "y.dl"),
        // Two that import each other have no main file.
        (&[("a.dl", "import b"), ("b.dl", "import a")], "a.dl", "b.dl"),
        (&[("main.dl", "// import a\nimporta"), ("a.dl", "")], "a.dl", "a.dl"),
    ];

    #[test]
    fn a_file_belongs_to_the_program_that_imports_it() {
        for (files, asked, expected) in CASES {
            let directory = tempfile::tempdir().unwrap();
            for (name, text) in *files {
                let path = directory.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            let found = main_of(&directory.path().join(asked), &Documents::default());
            assert_eq!(found, directory.path().join(expected), "{files:?}");
        }
    }
}

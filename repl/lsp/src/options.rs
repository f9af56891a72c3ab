//! What the editor says when it starts the server.

use std::path::PathBuf;

use lsp_types::{InitializeParams, Uri};
use serde::Deserialize;

use crate::position::Encoding;
use crate::uri;

/// `initializationOptions`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    main: Option<PathBuf>,
    search: Vec<PathBuf>,
    library: Option<PathBuf>,
}

/// What the server goes by.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) encoding: Encoding,
    /// The main file, if it is not to be looked for.
    pub(crate) main: Option<PathBuf>,
    /// Where imports are looked for, after the main file's own directory.
    pub(crate) search: Vec<PathBuf>,
    /// Where the texts of library modules are put when someone wants to look at them.
    pub(crate) library: Option<PathBuf>,
    /// Whether the editor shows further places of a diagnostic.
    pub(crate) related: bool,
    /// Whether the editor fills in `${1:…}`.
    pub(crate) snippets: bool,
    /// Whether the editor takes symbols as a tree.
    pub(crate) symbol_tree: bool,
}

impl Options {
    /// Relative paths are meant from the first workspace folder.
    pub(crate) fn new(params: &InitializeParams) -> Options {
        let written = params.initialization_options.clone();
        let written: Written = written.and_then(|w| serde_json::from_value(w).ok()).unwrap_or_default();
        let root = root(params);
        let absolute = |path: PathBuf| match &root {
            Some(root) => root.join(path),
            None => path,
        };
        let text = params.capabilities.text_document.as_ref();
        let item = text.and_then(|t| t.completion.as_ref()).and_then(|c| c.completion_item.as_ref());
        let published = text.and_then(|t| t.publish_diagnostics.as_ref());
        let symbols = text.and_then(|t| t.document_symbol.as_ref());
        let general = params.capabilities.general.as_ref();
        Options {
            encoding: Encoding::negotiate(general.and_then(|g| g.position_encodings.as_deref())),
            main: written.main.map(absolute),
            library: written.library.map(absolute).or_else(cache),
            search: written.search.into_iter().map(absolute).collect(),
            related: published.and_then(|p| p.related_information).unwrap_or(false),
            snippets: item.and_then(|i| i.snippet_support).unwrap_or(false),
            symbol_tree: symbols.and_then(|s| s.hierarchical_document_symbol_support).unwrap_or(false),
        }
    }
}

fn root(params: &InitializeParams) -> Option<PathBuf> {
    let folder = params.workspace_folders.as_ref().and_then(|f| f.first()).map(|f| &f.uri);
    #[allow(deprecated)] // some editors only send this one
    let root: Option<&Uri> = folder.or(params.root_uri.as_ref());
    root.map(uri::to_path).filter(|p| !p.as_os_str().is_empty())
}

/// Below the user's cache directory; by version, because the library may change.
fn cache() -> Option<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|p| p.is_absolute()) {
        Some(cache) => cache,
        None => PathBuf::from(std::env::var_os("HOME")?).join(".cache"),
    };
    Some(cache.join("weir").join(concat!("library-", env!("CARGO_PKG_VERSION"))))
}

//! Which message is answered by what.

use std::collections::HashMap;
use std::path::Path;

use lsp_server::{ErrorCode, Notification};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _,
};
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentHighlightRequest, DocumentSymbolRequest, FoldingRangeRequest,
    Formatting, GotoDefinition, GotoTypeDefinition, HoverRequest, InlayHintRequest, PrepareRenameRequest,
    References, Rename, Request, SelectionRangeRequest, SemanticTokensFullRequest, SignatureHelpRequest,
    WorkspaceSymbolRequest,
};
use lsp_types::{
    CodeActionProviderCapability, CompletionOptions, CompletionResponse, FoldingRangeProviderCapability,
    HoverProviderCapability, OneOf, RenameOptions, SelectionRangeProviderCapability,
    SemanticTokensFullOptions, SemanticTokensOptions, SemanticTokensResult, SemanticTokensServerCapabilities,
    ServerCapabilities, SignatureHelpOptions, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TypeDefinitionProviderCapability,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::documents::Document;
use crate::navigate::{self, Declarations};
use crate::options::Options;
use crate::rename::{self, RenameError};
use crate::server::Server;
use crate::{actions, complete, format, hints, hover, outline, signature, symbols, tokens, uri};

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The parameters are not those of the method.
    #[error("`{method}`: {error}")]
    Malformed { method: String, error: serde_json::Error },
    /// No such method.
    #[error("`{0}` is not known")]
    Unknown(String),
    /// The thing cannot have that name.
    #[error("{0}")]
    Rename(#[from] RenameError),
    /// The answer cannot be written.
    #[error("the answer cannot be written: {0}")]
    Answer(serde_json::Error),
}

impl Refusal {
    pub(crate) fn code(&self) -> i32 {
        match self {
            Refusal::Malformed { .. } => ErrorCode::InvalidParams as i32,
            Refusal::Unknown(_) => ErrorCode::MethodNotFound as i32,
            Refusal::Rename(_) => ErrorCode::RequestFailed as i32,
            Refusal::Answer(_) => ErrorCode::InternalError as i32,
        }
    }
}

/// What the server can do.
pub(crate) fn capabilities(options: &Options) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(options.encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(true.into()),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        type_definition_provider: Some(TypeDefinitionProviderCapability::Simple(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![".".to_owned(), ":".to_owned(), "'".to_owned()]),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(vec!["(".to_owned(), "{".to_owned(), ",".to_owned()]),
            retrigger_characters: None,
            work_done_progress_options: Default::default(),
        }),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: Default::default(),
        })),
        document_formatting_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        selection_range_provider: Some(SelectionRangeProviderCapability::Simple(true)),
        semantic_tokens_provider: Some(SemanticTokensServerCapabilities::SemanticTokensOptions(
            SemanticTokensOptions {
                legend: tokens::legend(),
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            },
        )),
        inlay_hint_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

/// Answers a request.
pub(crate) fn requested(server: &mut Server<'_>, method: &str, params: Value) -> Result<Value, Refusal> {
    match method {
        HoverRequest::METHOD => reply::<HoverRequest>(params, |p| {
            Ok(server.place(&p.text_document_position_params).and_then(hover::hover))
        }),
        GotoDefinition::METHOD => reply::<GotoDefinition>(params, |p| {
            Ok(server.place(&p.text_document_position_params).and_then(navigate::definition))
        }),
        GotoTypeDefinition::METHOD => reply::<GotoTypeDefinition>(params, |p| {
            Ok(server.place(&p.text_document_position_params).and_then(navigate::type_definition))
        }),
        References::METHOD => reply::<References>(params, |p| {
            let declarations = match p.context.include_declaration {
                true => Declarations::Included,
                false => Declarations::LeftOut,
            };
            let place = server.place(&p.text_document_position);
            Ok(place.and_then(|place| navigate::references(place, declarations)))
        }),
        DocumentHighlightRequest::METHOD => reply::<DocumentHighlightRequest>(params, |p| {
            Ok(server.place(&p.text_document_position_params).and_then(navigate::highlights))
        }),
        DocumentSymbolRequest::METHOD => reply::<DocumentSymbolRequest>(params, |p| {
            let options = server.options.clone();
            let found = server.file(&p.text_document.uri);
            Ok(found.and_then(|(program, file)| symbols::in_file(program, file, &options)))
        }),
        WorkspaceSymbolRequest::METHOD => {
            reply::<WorkspaceSymbolRequest>(params, |p| Ok(symbols::matching(server.programs(), &p.query)))
        }
        Completion::METHOD => reply::<Completion>(params, |p| {
            let at = p.text_document_position;
            if server.place(&at).is_none() {
                return Ok(None);
            }
            let server = &*server;
            let Some(place) = server.known_place(&at) else { return Ok(None) };
            let path = place.program.path(place.file).map(Path::to_owned).unwrap_or_default();
            let main = &place.program.main;
            let items = complete::complete(place, &server.options, &|text| {
                server.supposed(main, &HashMap::from([(path.clone(), text.to_owned())]))
            });
            Ok(Some(CompletionResponse::Array(items)))
        }),
        SignatureHelpRequest::METHOD => reply::<SignatureHelpRequest>(params, |p| {
            Ok(server.place(&p.text_document_position_params).and_then(signature::help))
        }),
        PrepareRenameRequest::METHOD => reply::<PrepareRenameRequest>(params, |p| {
            let Some(place) = server.place(&p) else { return Ok(None) };
            Ok(Some(rename::prepare(place)?))
        }),
        Rename::METHOD => reply::<Rename>(params, |p| {
            let at = p.text_document_position;
            if server.place(&at).is_none() {
                return Ok(None);
            }
            let server = &*server;
            let Some(place) = server.known_place(&at) else { return Ok(None) };
            let main = &place.program.main;
            let edit = rename::rename(place, &p.new_name, &|texts| server.supposed(main, texts))?;
            Ok(Some(edit))
        }),
        Formatting::METHOD => reply::<Formatting>(params, |p| {
            Ok(server.file(&p.text_document.uri).and_then(|(program, file)| format::edits(program, file)))
        }),
        FoldingRangeRequest::METHOD => reply::<FoldingRangeRequest>(params, |p| {
            Ok(server.file(&p.text_document.uri).map(|(program, file)| outline::folds(program, file)))
        }),
        SelectionRangeRequest::METHOD => reply::<SelectionRangeRequest>(params, |p| {
            let found = server.file(&p.text_document.uri);
            Ok(found.map(|(program, file)| outline::selections(program, file, &p.positions)))
        }),
        SemanticTokensFullRequest::METHOD => reply::<SemanticTokensFullRequest>(params, |p| {
            let found = server.file(&p.text_document.uri);
            Ok(found.map(|(program, file)| SemanticTokensResult::Tokens(tokens::in_file(program, file))))
        }),
        InlayHintRequest::METHOD => reply::<InlayHintRequest>(params, |p| {
            let found = server.file(&p.text_document.uri);
            Ok(found.and_then(|(program, file)| hints::in_range(program, file, p.range)))
        }),
        CodeActionRequest::METHOD => reply::<CodeActionRequest>(params, |p| {
            let options = server.options.clone();
            let found = server.file(&p.text_document.uri);
            Ok(found.and_then(|(program, file)| actions::in_range(program, file, p.range, &options)))
        }),
        _ => Err(Refusal::Unknown(method.to_owned())),
    }
}

fn reply<R: Request>(
    params: Value,
    answer: impl FnOnce(R::Params) -> Result<R::Result, Refusal>,
) -> Result<Value, Refusal> {
    let answer = answer(read(R::METHOD, params)?)?;
    serde_json::to_value(answer).map_err(Refusal::Answer)
}

fn read<P: DeserializeOwned>(method: &str, params: Value) -> Result<P, Refusal> {
    serde_json::from_value(params).map_err(|error| Refusal::Malformed { method: method.to_owned(), error })
}

/// Takes note of what the editor says; what cannot be read is told on standard error, which editors keep in a log.
pub(crate) fn notified(server: &mut Server<'_>, notification: Notification) {
    if let Err(refusal) = note(server, notification) {
        eprintln!("weir: {refusal}");
    }
}

fn note(server: &mut Server<'_>, notification: Notification) -> Result<(), Refusal> {
    let Notification { method, params } = notification;
    match method.as_str() {
        DidOpenTextDocument::METHOD => {
            let opened: <DidOpenTextDocument as lsp_types::notification::Notification>::Params =
                read(&method, params)?;
            let document = opened.text_document;
            let path = uri::to_path(&document.uri);
            let text = document.text.into();
            let document = Document { uri: document.uri, version: document.version, text };
            server.documents.open(path.clone(), document);
            server.rediscover();
            server.touched(&path);
        }
        DidChangeTextDocument::METHOD => {
            let changed: <DidChangeTextDocument as lsp_types::notification::Notification>::Params =
                read(&method, params)?;
            let path = uri::to_path(&changed.text_document.uri);
            let (version, encoding) = (changed.text_document.version, server.options.encoding);
            if server.documents.change(&path, version, changed.content_changes, encoding) {
                server.touched(&path);
            }
        }
        DidCloseTextDocument::METHOD => {
            let closed: <DidCloseTextDocument as lsp_types::notification::Notification>::Params =
                read(&method, params)?;
            let path = uri::to_path(&closed.text_document.uri);
            server.documents.close(&path);
            server.touched(&path);
            server.rediscover();
        }
        DidSaveTextDocument::METHOD => server.rediscover(),
        DidChangeWatchedFiles::METHOD => {
            let changed: <DidChangeWatchedFiles as lsp_types::notification::Notification>::Params =
                read(&method, params)?;
            server.rediscover();
            for change in changed.changes {
                server.touched(&uri::to_path(&change.uri));
            }
        }
        // Notifications that are not known may be ignored.
        _ => {}
    }
    Ok(())
}

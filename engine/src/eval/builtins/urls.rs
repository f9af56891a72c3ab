//! URLs, as the WHATWG standard has them. Their values are their text in normal form.

use url::Url;

use super::{Builtin, Call};
use crate::eval::env::Eval;
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    Some(match name {
        "url_parse" => |call| Ok(parsed(Url::parse(call.text(0)))),
        "join" => |call| {
            let url = url(call)?;
            Ok(parsed(url.join(call.text(1))))
        },
        "url_to_string" => |call| Ok(call.take(0)),
        "scheme" => |call| Ok(Val::str(url(call)?.scheme())),
        "has_authority" => |call| Ok(Val::bool(url(call)?.has_authority())),
        "cannot_be_a_base" => |call| Ok(Val::bool(url(call)?.cannot_be_a_base())),
        "username" => |call| Ok(Val::str(url(call)?.username())),
        "password" => |call| Ok(Val::option(url(call)?.password().map(Val::str))),
        "has_host" => |call| Ok(Val::bool(url(call)?.has_host())),
        "host_str" => |call| Ok(Val::option(url(call)?.host_str().map(Val::str))),
        "domain" => |call| Ok(Val::option(url(call)?.domain().map(Val::str))),
        "port" => |call| Ok(number(url(call)?.port())),
        "port_or_known_default" => |call| Ok(number(url(call)?.port_or_known_default())),
        "path" => |call| Ok(Val::str(url(call)?.path())),
        "query" => |call| Ok(Val::option(url(call)?.query().map(Val::str))),
        "fragment" => |call| Ok(Val::option(url(call)?.fragment().map(Val::str))),
        _ => return None,
    })
}

/// The URL in the first argument. One that came from outside need not be valid.
fn url(call: &mut Call<'_, '_>) -> Eval<Url> {
    Url::parse(call.text(0)).map_err(|error| {
        let message = format!("`{}` is not a URL: {error}", call.text(0));
        call.trap(message)
    })
}

fn parsed(url: Result<Url, url::ParseError>) -> Val {
    Val::result(url.map(Val::str).map_err(|error| Val::str(error.to_string())))
}

fn number(port: Option<u16>) -> Val {
    Val::option(port.map(|port| Val::Int(port.into())))
}

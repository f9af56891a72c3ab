//! The pages `/metrics`, `/healthz` and `/readyz`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing::{debug, warn};

use super::registry::Observed;

/// How long the driver may take to say that it lives.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a client may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers requests.
pub struct Page {
    observed: Arc<Observed>,
    /// Asks the driver to answer once it comes to it.
    ask: Box<dyn Fn(oneshot::Sender<()>) + Send + Sync>,
}

impl Page {
    /// `ask` hands a question to the driver, which answers it in its turn.
    pub fn new(observed: Arc<Observed>, ask: impl Fn(oneshot::Sender<()>) + Send + Sync + 'static) -> Page {
        Page { observed, ask: Box::new(ask) }
    }

    /// Serves whoever connects, for ever.
    pub async fn serve(self, listener: TcpListener) {
        let page = Arc::new(self);
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    warn!(%error, "metrics listener");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
            let page = Arc::clone(&page);
            tokio::spawn(async move {
                let answer = service_fn(|request| {
                    let page = Arc::clone(&page);
                    async move { Ok::<_, Infallible>(page.answer(&request).await) }
                });
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(REQUEST_TIMEOUT);
                if let Err(error) = http.serve_connection(TokioIo::new(stream), answer).await {
                    debug!(%error, "metrics connection");
                }
            });
        }
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
        }
        match request.uri().path() {
            "/metrics" => self.metrics(),
            "/healthz" if self.lives().await => plain(StatusCode::OK, "ok\n"),
            "/healthz" => plain(StatusCode::SERVICE_UNAVAILABLE, "the driver does not answer\n"),
            "/readyz" if self.observed.is_ready() => plain(StatusCode::OK, "ok\n"),
            "/readyz" => plain(StatusCode::SERVICE_UNAVAILABLE, "the intent is not computed yet\n"),
            _ => plain(StatusCode::NOT_FOUND, "there are /metrics, /healthz and /readyz\n"),
        }
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        match self.observed.text() {
            Ok(text) => {
                let mut response = Response::new(Full::from(text));
                let kind = hyper::header::HeaderValue::from_static(
                    "application/openmetrics-text; version=1.0.0; charset=utf-8",
                );
                response.headers_mut().insert(CONTENT_TYPE, kind);
                response
            }
            Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n")),
        }
    }

    async fn lives(&self) -> bool {
        let (answer, answered) = oneshot::channel();
        (self.ask)(answer);
        matches!(tokio::time::timeout(PATIENCE, answered).await, Ok(Ok(())))
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text.to_owned()));
    *response.status_mut() = status;
    response
}

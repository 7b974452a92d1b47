//! Serving: pages and API on one address, with a reference for every request and a log that names nobody.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::{App, api, clock, web};

/// The most that a request may send, unless a route says otherwise.
const MOST_SENT: usize = 2 * 1024 * 1024;

/// How long requests that have begun may take once the program is told to stop: one that is never sent whole must not hold it up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a request is called in the log, in its `x-request-id` header and on the page about an internal error. A request carries it as an
/// extension.
#[derive(Debug, Clone)]
pub struct Reference(pub String);

/// Everything the program answers.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready).with_state(Arc::clone(&app)))
        .merge(api::router(&app))
        .merge(web::router(Arc::clone(&app)))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(app, named))
        .layer(DefaultBodyLimit::max(MOST_SENT))
}

/// Serves until the program is told to stop, and then finishes what it has begun.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (told, waiting) = oneshot::channel();
    let stopping = async move {
        stop.await;
        let _ = told.send(());
    };
    let serving = axum::serve(listener, router(Arc::clone(&app))).with_graceful_shutdown(stopping).into_future();
    let out_of_patience = async move {
        match waiting.await {
            Ok(()) => tokio::time::sleep(PATIENCE).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = serving => ended?,
        () = out_of_patience => tracing::warn!("stopped while a request was still being sent"),
    }
    app.store.close().await;
    Ok(())
}

/// Listens for being told to stop, by Ctrl-C or by the service manager, from now on; what it gives waits for that.
///
/// # Errors
/// When the machine does not let the program listen for it.
pub fn told_to_stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    match app.store.organisations().await {
        Ok(_) => (StatusCode::OK, "ready"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
    }
}

/// A method by its name; one that nobody knows is whatever somebody typed, and stays out of the log.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => {
            method.as_str()
        }
        _ => "other",
    }
}

/// Gives a request its reference and logs how it ended: the route as it is written here, never the address with its ids or query.
async fn named(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let reference = clock::reference().unwrap_or_default();
    request.extensions_mut().insert(Reference(reference.clone()));
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", reference, method = known(request.method()), route);
    let begun = app.clock.now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let milliseconds = (app.clock.now().micros() - begun.micros()) / 1_000;
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), milliseconds, "answered"));
    if let Ok(value) = HeaderValue::from_str(&reference) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

//! Serving: pages and API on one address, with a reference for every request and a log that names nobody.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::events::Event;
use crate::metrics::MEDIA_TYPE;
use crate::tls::Shown;
use crate::{App, AppError, actions, api, clock, web, witness};

/// The most that a request may send, unless a route says otherwise.
const MOST_SENT: usize = 2 * 1024 * 1024;

/// How long requests that have begun may take once the program is told to stop: one that is never sent whole must not hold it up.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that has not sent a request's headers by then is closed.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);

/// How often the ledgers are signed, where they grew.
const ROUND: Duration = Duration::from_secs(1);

/// How often what waited too long is cleared away.
const CLEARED_EVERY: Duration = Duration::from_mins(1);

/// How often declared conflicts of interest are matched again.
const MATCHED_EVERY: Duration = Duration::from_hours(1);

/// Where a connection comes from. A request carries it as an extension.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

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
        .merge(witness::router(Arc::clone(&app)))
        .merge(web::router(Arc::clone(&app)))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(app, named))
        .layer(DefaultBodyLimit::max(MOST_SENT))
}

/// What monitoring reads, on an address of its own: it is for who runs the program, not for who uses it.
pub fn metrics_router(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(app)
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    match app.metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(cause = %error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Serves until the program is told to stop, and then finishes what it has begun.
///
/// # Errors
/// When the listener fails, or the access policy cannot be read.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_with(app, listener, None, stop).await
}

/// The same over TLS, where there is a certificate.
///
/// # Errors
/// When the listener fails, TLS cannot be set up, or the access policy cannot be read.
pub async fn serve_with(
    app: Arc<App>,
    listener: TcpListener,
    certificate: Option<Arc<Shown>>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let tls = certificate.as_ref().map(Shown::acceptor).transpose().map_err(io::Error::other)?;
    access::built_in().map_err(io::Error::other)?;
    let (router, open) = (router(Arc::clone(&app)), GracefulShutdown::new());
    let mut tending = JoinSet::new();
    tending.spawn(tend(Arc::clone(&app)));
    tending.spawn(clear(Arc::clone(&app), certificate));
    tending.spawn(match_again(Arc::clone(&app)));
    if app.config.sends_mail() {
        tending.spawn(send(Arc::clone(&app)));
    }
    for at in 0..app.config.partners.len() {
        tending.spawn(ask(Arc::clone(&app), at));
    }
    let mut connections = Builder::new();
    connections.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(refused) => {
                    pause_after(&refused).await?;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let pages = router.clone();
        let answering = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            pages.clone().oneshot(request.map(Body::new))
        });
        let (connections, watcher, tls) = (connections.clone(), open.watcher(), tls.clone());
        tokio::spawn(async move {
            let ended = match tls {
                None => watcher.watch(connections.serve_connection(TokioIo::new(stream), answering)).await,
                // Whoever comes without TLS, or never says what they can, is gone before anything is asked of the program.
                Some(tls) => match tokio::time::timeout(HEADERS_WITHIN, tls.accept(stream)).await {
                    Ok(Ok(sealed)) => {
                        watcher.watch(connections.serve_connection(TokioIo::new(sealed), answering)).await
                    }
                    Ok(Err(refused)) => return tracing::debug!(cause = %refused, "a connection without TLS ended"),
                    Err(_) => return tracing::debug!("a connection that never began TLS ended"),
                },
            };
            if let Err(broken) = ended {
                tracing::debug!(cause = %broken, "a connection ended");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(PATIENCE, open.shutdown()).await.is_err() {
        tracing::warn!("stopped while a request was still being sent");
    }
    // A round that is cut short leaves nothing half done: what was signed is kept, or signed again at the next start.
    tending.shutdown().await;
    keep_views(&app).await;
    app.store.close().await;
    Ok(())
}

/// Signs the ledgers as they grow, for as long as the program serves.
async fn tend(app: Arc<App>) {
    let mut round = tokio::time::interval(ROUND);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        round.tick().await;
        let tended = actions::tend_ledgers(&app).await;
        app.metrics.ledger_round(tended.is_ok(), app.clock.now());
        match tended {
            Ok(()) => app.has_caught_up(),
            Err(error) => tracing::error!(cause = error.cause(), "the ledgers could not be signed"),
        }
        keep_views(&app).await;
    }
}

/// Writes how often views were repeated, and those that waited for space.
async fn keep_views(app: &App) {
    if let Err(error) = actions::keep_views(app).await {
        tracing::error!(cause = error.cause(), "what is known of views could not be written; it is tried again");
    }
}

/// Clears away what waited for visitors who did not come back: it may be about a person. Takes up a renewed certificate on the way.
async fn clear(app: Arc<App>, certificate: Option<Arc<Shown>>) {
    let mut round = tokio::time::interval(CLEARED_EVERY);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        round.tick().await;
        if let Some(certificate) = &certificate {
            certificate.renew();
        }
        if let Err(error) = app.store.forget_waiting(app.clock.now()).await {
            tracing::error!(
                cause = AppError::from(error).cause(),
                "what waited for visitors could not be cleared away"
            );
        }
    }
}

/// Matches what was declared again, for what was written at the same moment, and lets undecided conflicts of interest count in time.
async fn match_again(app: Arc<App>) {
    let mut round = tokio::time::interval(MATCHED_EVERY);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        round.tick().await;
        if let Err(error) = actions::tend_conflicts(&app).await {
            tracing::error!(cause = error.cause(), "not every declaration could be matched again; it is tried again");
        }
    }
}

/// Sends the notices that wait.
async fn send(app: Arc<App>) {
    let mut round = tokio::time::interval(ROUND);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        round.tick().await;
        if let Err(error) = actions::send_mail(&app).await {
            tracing::error!(cause = error.cause(), "the notices that wait could not be looked through");
        }
    }
}

/// Has a partner witness the ledgers as they grow, for as long as the program serves. Each partner is asked apart, so that one who
/// does not answer keeps no other waiting.
async fn ask(app: Arc<App>, at: usize) {
    let Some(partner) = app.config.partners.get(at) else { return };
    let Some(witness) = &partner.witness else { return };
    let mut rounds = actions::Rounds::since(app.clock.now());
    let mut round = tokio::time::interval(ROUND);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        round.tick().await;
        if let Err(error) = actions::ask_witness(&app, &partner.name, witness, &mut rounds).await {
            tracing::error!(partner = partner.name, cause = error.cause(), "a partner could not be asked to witness");
        }
    }
}

/// A visitor who was gone before the connection was taken is nothing; when the program has no more connections to give, it waits a
/// little until some are free again.
async fn pause_after(refused: &io::Error) -> io::Result<()> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput};
    match refused.kind() {
        ConnectionAborted | ConnectionRefused | ConnectionReset => {}
        InvalidInput => return Err(io::Error::new(InvalidInput, refused.to_string())),
        _ => {
            tracing::error!(cause = %refused, "no connection could be taken");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
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
        Ok(_) if app.is_caught_up() => (StatusCode::OK, "ready"),
        Ok(_) => (StatusCode::SERVICE_UNAVAILABLE, "the ledgers are not signed yet"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
    }
}

/// A method by its name; one that nobody knows is whatever somebody typed, and stays out of the log.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Gives a request its reference and logs how it ended: the route as it is written here, never the address with its ids or query.
async fn named(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let reference = clock::reference().unwrap_or_default();
    request.extensions_mut().insert(Reference(reference.clone()));
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let span = tracing::info_span!("request", reference, method, route, member = tracing::field::Empty);
    let _open = app.metrics.begun();
    let begun = app.clock.now();
    let mut response = if is_for_two(request.headers()) {
        span.in_scope(|| Event::TwoHosts.happened());
        (StatusCode::BAD_REQUEST, "This request says twice whom it is for. Send it again with one Host.\n")
            .into_response()
    } else {
        next.run(request).instrument(span.clone()).await
    };
    // A clock that was put back meanwhile makes no request shorter than nothing.
    let micros = u64::try_from(app.clock.now().micros() - begun.micros()).unwrap_or_default();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::info!(status, milliseconds = micros / 1_000, "answered"));
    app.metrics.answered(method, &route, status, Duration::from_micros(micros));
    if let Ok(value) = HeaderValue::from_str(&reference) {
        response.headers_mut().insert("x-request-id", value);
    }
    guard(response.headers_mut(), app.config.is_secure());
    response
}

/// Whether a request names more than one host (RFC 9112, 3.2): a proxy may have gone by another of them than we would.
fn is_for_two(headers: &HeaderMap) -> bool {
    headers.get_all(HOST).iter().nth(1).is_some()
}

/// What every answer carries, styles, scripts, errors and `/healthz` too, unless it says something of its own: it is framed by nobody,
/// taken for nothing else and kept nowhere. Over TLS the browser is told never to come without it, for this name and those below it.
fn guard(headers: &mut HeaderMap, secure: bool) {
    let always = [
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in always {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}

//! What this program sends to others: short requests to partners' witnesses and to identity providers, with limits on time and size, no redirects and no proxies.

use std::sync::OnceLock;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use axum::http::uri::Scheme;
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use crate::partners::{WitnessAddress, is_this_machine};

/// The longest that a partner may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest that connecting may take.
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);

/// An idle connection is closed after so long, before the other side would.
const IDLE: Duration = Duration::from_secs(5);

/// The most that an answer may have, in bytes: a checkpoint or some signatures are far less.
const MOST_ANSWERED: usize = 64 * 1024;

const NAME: &str = concat!("sharewell/", env!("CARGO_PKG_VERSION"));

type Over<C> = Client<C, Full<Bytes>>;

/// The connections to partners.
#[derive(Debug)]
pub struct Post {
    here: OnceLock<Over<HttpConnector>>,
    encrypted: OnceLock<Result<Over<HttpsConnector<HttpConnector>>, String>>,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// Nothing to check a partner's certificate with.
    #[error(
        "this machine has no certificates of authorities, so that no partner can be recognised: install ca-certificates ({0})"
    )]
    NoAuthorities(String),
    /// The address cannot be asked.
    #[error("this is no address that can be asked")]
    Address,
    /// It did not answer in time.
    #[error("it did not answer within {} seconds", PATIENCE.as_secs())]
    TooSlow,
    /// It could not be reached, or broke off.
    #[error("it could not be reached: {0}")]
    Unreachable(String),
    /// The answer is longer than any that is right.
    #[error("it answered with more than {MOST_ANSWERED} bytes")]
    TooMuch,
    /// It says itself that it cannot.
    #[error("it answered {0}")]
    Failing(StatusCode),
}

impl Default for Post {
    fn default() -> Self {
        Self::new()
    }
}

impl Post {
    /// Nothing is connected, and no certificates are read, before they are needed.
    #[must_use]
    pub fn new() -> Self {
        Self { here: OnceLock::new(), encrypted: OnceLock::new() }
    }

    /// Whether this machine could recognise the partner at that address.
    ///
    /// # Errors
    /// `NoAuthorities`.
    pub fn check(&self, address: &WitnessAddress) -> Result<(), PostError> {
        if address.is_encrypted() { self.encrypted().map(drop) } else { Ok(()) }
    }

    fn encrypted(&self) -> Result<&Over<HttpsConnector<HttpConnector>>, PostError> {
        let made = self.encrypted.get_or_init(|| {
            let provider = rustls::crypto::ring::default_provider();
            let tls = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider);
            let tls = tls.map_err(|why| why.to_string())?.https_only().enable_http1();
            let mut connector = connector();
            connector.enforce_http(false);
            Ok(client(tls.wrap_connector(connector)))
        });
        made.as_ref().map_err(|why| PostError::NoAuthorities(why.clone()))
    }

    /// Sends a text to what stands below an address.
    ///
    /// # Errors
    /// When there is no answer; an answer of any status is none.
    pub async fn send(&self, address: &WitnessAddress, path: &str, text: String) -> Result<Answer, PostError> {
        self.ask(Method::POST, address, path, text).await
    }

    /// Fetches what stands below an address.
    ///
    /// # Errors
    /// When there is no answer; an answer of any status is none.
    pub async fn fetch(&self, address: &WitnessAddress, path: &str) -> Result<Answer, PostError> {
        self.ask(Method::GET, address, path, String::new()).await
    }

    /// Carries a request to an identity provider, over TLS or on this machine.
    ///
    /// # Errors
    /// When there is no answer, or the provider says that it has a fault; any other answer is none.
    pub async fn carry(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, PostError> {
        let (scheme, host) = (request.uri().scheme().cloned(), request.uri().host().unwrap_or_default());
        let encrypted = scheme == Some(Scheme::HTTPS);
        if !encrypted && (scheme != Some(Scheme::HTTP) || !is_this_machine(host)) {
            return Err(PostError::Address);
        }
        let mut request = request.map(|body| Full::from(Bytes::from(body)));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(NAME));
        let answering = async {
            if encrypted {
                received(self.encrypted()?, request).await
            } else {
                received(self.here.get_or_init(|| client(connector())), request).await
            }
        };
        let answer = timeout(PATIENCE, answering).await.map_err(|_| PostError::TooSlow)??;
        if answer.status().is_server_error() {
            return Err(PostError::Failing(answer.status()));
        }
        Ok(answer.map(Vec::from))
    }

    async fn ask(
        &self,
        method: Method,
        address: &WitnessAddress,
        path: &str,
        text: String,
    ) -> Result<Answer, PostError> {
        let uri = address.below(path).ok_or(PostError::Address)?;
        let mut request = Request::builder().method(&method).uri(uri).header(USER_AGENT, NAME);
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "text/plain; charset=utf-8");
        }
        let request = request.body(Full::from(text)).map_err(|_| PostError::Address)?;
        let answering = async {
            if address.is_encrypted() {
                answer(self.encrypted()?, request).await
            } else {
                answer(self.here.get_or_init(|| client(connector())), request).await
            }
        };
        timeout(PATIENCE, answering).await.map_err(|_| PostError::TooSlow)?
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECTED_WITHIN));
    connector.set_nodelay(true);
    connector
}

fn client<C: Connect + Clone>(connector: C) -> Over<C> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(2)
        .build(connector)
}

async fn answer<C>(client: &Over<C>, request: Request<Full<Bytes>>) -> Result<Answer, PostError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let (about, body) = received(client, request).await?.into_parts();
    Ok(Answer { status: about.status, body })
}

async fn received<C>(client: &Over<C>, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, PostError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let response = client.request(request).await.map_err(|why| PostError::Unreachable(causes(&why)))?;
    let (about, body) = response.into_parts();
    let body = Limited::new(body, MOST_ANSWERED).collect().await.map_err(|why| {
        if why.is::<LengthLimitError>() { PostError::TooMuch } else { PostError::Unreachable(causes(why.as_ref())) }
    })?;
    Ok(Response::from_parts(about, body.to_bytes()))
}

/// An error with its causes, outermost first: "connection refused" stands at the end of the chain.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}

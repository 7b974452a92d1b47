//! Whether a request that changes something was sent from one of our own pages (no token needed: fetch metadata and origin).

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use crate::config::Config;

/// Whether a browser sent this from a page of ours. A request that carries neither header is refused, since nothing shows where it came
/// from; a program that is no browser signs in with a Bearer token, which no other site can send.
#[must_use]
pub fn is_ours(headers: &HeaderMap, config: &Config) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        // The browser itself says so. `none`: typed or opened from a bookmark, which no other site can cause with a form.
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => match (&config.address, text(HOST.as_str())) {
            (Some(address), _) => origin == address,
            (None, Some(host)) => origin.strip_prefix("http://") == Some(host),
            (None, None) => false,
        },
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};
    use std::path::Path;

    fn sent(headers: &[(&'static str, &'static str)]) -> bool {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_ours(&headers.collect(), &Config::plain(Path::new("nowhere")))
    }

    #[test]
    fn only_our_own_pages_may_change_anything() {
        assert!(sent(&[("sec-fetch-site", "same-origin"), ("host", "127.0.0.1:8080")]));
        assert!(sent(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        for foreign in [
            &[("sec-fetch-site", "cross-site")] as &[_],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")],
            &[("origin", "https://elsewhere.example"), ("host", "127.0.0.1:8080")],
            &[("origin", "null"), ("host", "127.0.0.1:8080")],
            &[("host", "127.0.0.1:8080")],
            &[],
        ] {
            assert!(!sent(foreign), "{foreign:?}");
        }
    }
}

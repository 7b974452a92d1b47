//! Whether a request that changes something was sent from one of our own pages (no token needed: fetch metadata and origin).

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;

use crate::config::Config;
use crate::events::Event;

/// Whether a browser sent this from a page of ours. A request that carries neither header is refused, since nothing shows where it came
/// from; a program that is no browser signs in with a Bearer token, which no other site can send.
#[must_use]
pub fn is_ours(headers: &HeaderMap, config: &Config) -> bool {
    let ours = comes_from_us(headers, config);
    if !ours {
        Event::SentFromElsewhere.happened();
    }
    ours
}

fn comes_from_us(headers: &HeaderMap, config: &Config) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Without an address only this machine is served. A foreign name that was made to lead here is a site of its own to the browser, so
    // its pages would pass for ours.
    if config.address.is_none() && headers.contains_key(HOST) && !text(HOST.as_str()).is_some_and(is_this_machine) {
        return false;
    }
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

fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
        assert!(sent(&[("sec-fetch-site", "same-origin"), ("host", "localhost:8080")]));
        assert!(sent(&[("sec-fetch-site", "same-origin"), ("host", "[::1]:8080")]));
        for foreign in [
            &[("sec-fetch-site", "same-origin"), ("host", "leads-here.example:8080")] as &[_],
            &[("origin", "http://leads-here.example:8080"), ("host", "leads-here.example:8080")],
            &[("sec-fetch-site", "same-origin"), ("host", "127.0.0.1.leads-here.example:8080")],
            &[("sec-fetch-site", "cross-site")],
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

//! The browser or program that somebody uses, as far as it is looked at.

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum_extra::extract::CookieJar;
use store::DeviceToken;

use crate::config::Config;

/// What a request comes from.
#[derive(Debug, Clone)]
pub struct Device {
    /// Which sort of browser, in words that fit many people: `Firefox on Windows`. It is what the browser says of itself, and proves nothing.
    pub browser: String,
    /// What the browser keeps since somebody signed in with it, if it does.
    pub token: Option<DeviceToken>,
}

impl Device {
    /// A browser or program that says nothing of itself.
    #[must_use]
    pub fn unknown() -> Self {
        Self { browser: browser(""), token: None }
    }

    /// What sent these headers.
    #[must_use]
    pub fn of(headers: &HeaderMap, config: &Config) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let cookies = CookieJar::from_headers(headers);
        let token = cookies.get(config.device_cookie()).and_then(|cookie| cookie.value().parse().ok());
        Self { browser: browser(agent), token }
    }
}

/// One of few words for a browser and one for its system: enough for its owner to know it again, too little to tell anybody apart. What
/// else the browser says is not kept.
fn browser(agent: &str) -> String {
    // Each says the names of those before it too, so the first that fits is meant.
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 8] = [
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "a Chromebook"),
        ("Macintosh", "a Mac"),
        ("Mac OS X", "a Mac"),
        ("Linux", "Linux"),
    ];
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (first(&BROWSERS), first(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("Another program on {system}"),
        (None, None) => "Another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_known_again_by_its_owner_and_by_nobody_else() {
        for (agent, words) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 Safari/604.1",
                "Safari on an iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/W. Throssell) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18.0 Safari/605.1",
                "Safari on a Mac",
            ),
            ("curl/8.14.1 (W. Throssell)", "Another program"),
            ("", "Another program"),
        ] {
            assert_eq!(browser(agent), words, "{agent}");
        }
    }
}

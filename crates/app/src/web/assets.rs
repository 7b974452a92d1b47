//! Styles, scripts and images. Their addresses carry a tag of their contents, so that browsers may keep them for good.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Serialize;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "assets/build"]
#[include = "css/*.css"]
#[include = "js/*.js"]
#[include = "images/*"]
struct Built;

/// Where a page finds its style, script and icon.
#[derive(Clone, Debug, Serialize)]
pub struct AssetAddresses {
    style: String,
    script: String,
    icon: String,
}

static TAG: LazyLock<String> = LazyLock::new(|| {
    let mut paths: Vec<_> = Built::iter().collect();
    paths.sort();
    let mut digest = Sha256::new();
    for path in paths {
        digest.update(path.as_bytes());
        digest.update(Built::get(&path).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    super::words::hexadecimal(&digest.finalize()[..8])
});

/// The addresses of today's build.
pub(super) fn addresses() -> AssetAddresses {
    let at = |path: &str| format!("/assets/{}/{path}", *TAG);
    AssetAddresses { style: at("css/sharewell.css"), script: at("js/sharewell.js"), icon: at("images/favicon.svg") }
}

/// Serves a file of the build; under the tag of another build it is not kept.
pub(super) async fn serve(Path((tag, path)): Path<(String, String)>) -> Response {
    let Some(file) = Built::get(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    let kept = if tag == *TAG { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers: [(HeaderName, &str); 4] = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, kept),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    (headers, file.data).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever of the browser runs text, takes it for markup, keeps it, or hands it to another window.
    const NOT_FOR_US: [&str; 14] = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "createContextualFragment",
        "DOMParser",
        "srcdoc",
        "eval(",
        "Function(",
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "document.cookie",
        "postMessage",
    ];

    #[test]
    fn our_scripts_show_text_as_text_run_none_of_it_and_keep_nothing_in_the_browser() {
        let scripts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/js");
        let mut read = 0;
        for file in std::fs::read_dir(scripts).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            for word in NOT_FOR_US {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
            read += 1;
        }
        assert!(read > 0);
    }

    #[tokio::test]
    async fn only_what_is_built_in_is_served_whatever_the_path_says() {
        let asked = async |path: &str| serve(Path((TAG.clone(), path.to_owned()))).await.status();
        assert_eq!(asked("css/sharewell.css").await, StatusCode::OK);
        for path in [
            "",
            "css",
            "css/",
            "../../Cargo.toml",
            "css/../../../Cargo.toml",
            "/etc/passwd",
            "..\\..\\Cargo.toml",
            ".git/config",
            "css/sharewell.css/../../sharewell.toml",
            "css/sharewell.css\0.txt",
        ] {
            assert_eq!(asked(path).await, StatusCode::NOT_FOUND, "{path:?}");
        }
    }
}

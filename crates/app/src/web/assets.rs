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

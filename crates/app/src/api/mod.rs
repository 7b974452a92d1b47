//! The API under `/api/v1`: the same actions as the pages, as JSON, described at `/api/v1/openapi.json` (OpenAPI 3.1).

mod conflicts;
mod decisions;
mod emergency;
mod guidance;
mod people;
mod problem;
mod retention;
mod sent;
mod sessions;
mod unattended;
mod unusual;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::from_fn;
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use problem::{ApiError, ProblemField, ProblemJson};

use crate::{App, AppError};

/// The most that a request to the API may send.
const MOST_SENT: usize = 1024 * 1024;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sharewell",
        description = "Whether, what, with whom and how to share information to keep children and adults safe, and a record of why. \
                       Advice helps a professional decide; it is not legal advice. In danger ring 999 first.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "advice", description = "Advice on a case. Nothing is stored, and nobody needs to sign in."),
        (name = "conflicts", description = "Declared conflicts of interest: one's own, and those of colleagues for a manager. Nobody is told whether anybody is known."),
        (name = "decisions", description = "Recorded decisions of the signed-in member's organisation."),
        (name = "emergency access", description = "A matter opened at once, for an hour at most, to somebody who is not involved in it, and looked at by somebody else."),
        (name = "guidance", description = "The facts that may be asked and the law register."),
        (name = "people", description = "People, who has read them, and where they live."),
        (name = "retention", description = "Legal holds, destroying for good, its certificates, and recoveries from a backup. For managers and administrators."),
        (name = "sessions", description = "Signing in and out."),
        (name = "unattended matters", description = "Matters on which nobody can work, for managers to hand on without reading them."),
        (name = "unusual-reading", description = "Views that stand out, for the Guardian and advisers to look at."),
    ),
    modifiers(&SignIn)
)]
struct Description;

/// How a request says who sends it.
struct SignIn;

impl Modify for SignIn {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_with(Default::default);
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token of POST /api/v1/sessions."))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKeyValue::with_description(
            "__Host-sharewell",
            "The pages' session cookie, for requests from our own pages only.",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The API's routes.
pub fn router(app: &Arc<App>) -> Router {
    let (routes, document) = described(app);
    let text = document.to_pretty_json().unwrap_or_default();
    let json = [(axum::http::header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")];
    let routes = routes.route("/api/v1/openapi.json", get(async move || (json, text)));
    let header = |name, value: &'static str| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    routes
        .layer(from_fn(problem::in_our_words))
        .layer(from_fn(problem::refer))
        .layer(header(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(REFERRER_POLICY, "no-referrer"))
        .layer(header(CACHE_CONTROL, "no-store"))
}

/// The OpenAPI document.
#[must_use]
pub fn document(app: &Arc<App>) -> Document {
    described(app).1
}

fn described(app: &Arc<App>) -> (Router, Document) {
    let routes = OpenApiRouter::<Arc<App>>::new()
        .routes(routes!(decisions::advice))
        .routes(routes!(decisions::record))
        .routes(routes!(decisions::record_not_sharing))
        .routes(routes!(decisions::read))
        .routes(routes!(decisions::receipt))
        .routes(routes!(emergency::list, emergency::begin))
        .routes(routes!(emergency::openable))
        .routes(routes!(emergency::read))
        .routes(routes!(emergency::end))
        .routes(routes!(emergency::review))
        .routes(routes!(guidance::facts))
        .routes(routes!(guidance::entries))
        .routes(routes!(guidance::entry))
        .routes(routes!(conflicts::own))
        .routes(routes!(conflicts::declare))
        .routes(routes!(conflicts::waiting))
        .routes(routes!(conflicts::colleague))
        .routes(routes!(conflicts::declare_for))
        .routes(routes!(conflicts::lift))
        .routes(routes!(conflicts::decide))
        .routes(routes!(unattended::list))
        .routes(routes!(unattended::hand_on))
        .routes(routes!(unusual::list))
        .routes(routes!(unusual::one))
        .routes(routes!(unusual::mark))
        .routes(routes!(people::read))
        .routes(routes!(people::open))
        .routes(routes!(people::readers))
        .routes(routes!(people::keep_address))
        .routes(routes!(people::read_address))
        .routes(routes!(people::release_address))
        .routes(routes!(retention::would_go))
        .routes(routes!(retention::destroy))
        .routes(routes!(retention::destructions))
        .routes(routes!(retention::certificate))
        .routes(routes!(retention::holds, retention::place_hold))
        .routes(routes!(retention::release_hold))
        .routes(routes!(retention::recoveries))
        .routes(routes!(sessions::list, sessions::sign_in, sessions::sign_out))
        .routes(routes!(sessions::confirm))
        .routes(routes!(sessions::end))
        .routes(routes!(sessions::passkeys))
        .routes(routes!(sessions::remove_passkey))
        .fallback(async || ApiError::from(AppError::NotFound));
    OpenApiRouter::with_openapi(Description::openapi())
        .nest("/api/v1", routes)
        .with_state(Arc::clone(app))
        .split_for_parts()
}

//! The pages: server-rendered HTML that works without scripts. `README.md` beside this file says how to add one.
//!
//! Pages turn what people send into the commands of [`crate::actions`] and show what came of it; they hold no rules.

mod assets;
mod door;
mod fields;
mod form;
mod flow;
mod guidance;
mod page;
mod practice;
#[cfg(test)]
mod samples;
mod site;
mod stopped;
mod visit;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

pub use page::{Frame, Page};
pub use site::Site;
pub use stopped::Stopped;
pub use visit::Visit;

use crate::App;

/// The pages' routes.
pub fn router(app: Arc<App>) -> Router {
    let site = Site::new(app);
    let pages = Router::new()
        .route("/sign-in", get(door::sign_in_page).post(door::sign_in))
        .route("/sign-in/as", post(door::sign_in_as))
        .route("/sign-out", post(door::sign_out))
        .merge(guidance::routes())
        .merge(practice::routes())
        .fallback(async || Stopped::from(crate::AppError::NotFound))
        .method_not_allowed_fallback(async || Stopped::from(crate::AppError::NotFound))
        .layer(from_fn_with_state(Arc::clone(&site), visit::attend))
        .with_state(Arc::clone(&site));
    site.replays_on(pages.clone());
    pages.route("/assets/{tag}/{*path}", get(assets::serve))
}

//! The pages: server-rendered HTML that works without scripts. `README.md` beside this file says how to add one.
//!
//! Pages turn what people send into the commands of [`crate::actions`] and show what came of it; they hold no rules.

mod account;
mod assets;
mod caldicott;
mod conflicts;
mod decisions;
mod door;
mod emergency;
mod fields;
mod flow;
mod form;
mod guidance;
mod involving;
mod ledger_words;
mod link;
mod matters;
mod organisation;
mod oversight;
mod page;
mod paper;
mod people;
mod practice;
mod qr;
mod retention;
#[cfg(test)]
mod samples;
mod site;
mod stopped;
mod unattended;
mod unusual;
mod views;
mod visit;
mod with_provider;
mod words;
mod work;

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
        .route("/sign-in/with/{provider}", post(with_provider::set_out))
        .route("/sign-in/back", get(with_provider::come_back))
        .route("/sign-in/code", post(door::code))
        .route("/sign-in/set-up", post(door::set_up))
        .route("/sign-in/go-on", post(door::resume_waiting))
        .route("/sign-in/passkey", post(door::passkey::sign_in))
        .route("/sign-in/passkey/ask", post(door::passkey::ask))
        .route("/sign-in/set-up/passkey", post(door::passkey::set_up))
        .route("/sign-in/set-up/passkey/ask", post(door::passkey::ask_first))
        .route("/sign-in/confirm", post(door::confirm))
        .route("/sign-in/confirm/passkey", post(door::confirm_with_passkey))
        .route("/sign-in/confirm/passkey/ask", post(door::passkey::ask_again))
        .route("/sign-in/confirm/provider", post(door::confirm_with_provider))
        .route("/sign-out", post(door::sign_out))
        .route("/", get(work::page))
        .merge(flow::routes())
        .route("/matters", get(matters::list))
        .route("/matters/{matter}", get(matters::page))
        .route("/matters/{matter}/people", post(matters::add_person))
        .route("/matters/{matter}/involve", get(involving::page).post(involving::involve))
        .route("/matters/{matter}/involvement/end", post(involving::end))
        .route("/matters/{matter}/decide", post(matters::decide))
        .route("/people", get(people::find_page).post(people::find))
        .route("/people/{person}", get(people::page))
        .route("/people/{person}/readers", get(people::readers))
        .route("/people/{person}/address", post(people::keep_address))
        .route("/people/{person}/address/read", post(people::read_address))
        .route("/people/{person}/address/release", post(people::release_address))
        .route("/decisions/{decision}", get(decisions::page))
        .route("/decisions/{decision}/record.pdf", get(decisions::pdf))
        .route("/decisions/{decision}/record.json", get(decisions::data))
        .route("/decisions/{decision}/receipt", get(decisions::receipt))
        .route("/decisions/{decision}/correct", post(decisions::correct))
        .route("/decisions/{decision}/replay", get(decisions::replay))
        .route("/link", get(link::page).post(link::open))
        .route("/link/password", post(link::set_password))
        .route("/emergency-access", get(emergency::page).post(emergency::begin))
        .route("/emergency-access/{access}/end", post(emergency::end))
        .merge(oversight::routes())
        .merge(organisation::routes())
        .merge(account::routes())
        .merge(conflicts::routes())
        .merge(unattended::routes())
        .merge(unusual::routes())
        .merge(guidance::routes())
        .merge(practice::routes())
        .merge(retention::routes())
        .fallback(async || Stopped::from(crate::AppError::NotFound))
        .method_not_allowed_fallback(async || Stopped::from(crate::AppError::NotFound))
        .layer(from_fn_with_state(Arc::clone(&site), visit::attend))
        .with_state(Arc::clone(&site));
    site.replays_on(pages.clone());
    pages.route("/assets/{tag}/{*path}", get(assets::serve))
}

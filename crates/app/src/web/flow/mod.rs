//! The decision flow: one question on each page, kept in a draft (`kept`) or only in the page itself (`talk`).
//!
//! Both ways show the same pages of the same [`Journey`]; they differ in how a page is reached and where answers stay.

mod answers;
mod differing;
mod item;
mod journey;
mod kept;
mod not_sharing;
mod now;
mod overview;
mod question;
mod record;
mod result;
mod start;
mod talk;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

#[cfg(test)]
pub(super) use item::{ItemPage, ItemsPage};
#[cfg(test)]
pub(super) use not_sharing::NotSharingPage;
pub(super) use now::ActNow;
#[cfg(test)]
pub(super) use now::NowPage;
#[cfg(test)]
pub(super) use overview::{CheckPage, TasksPage};
#[cfg(test)]
pub(super) use question::QuestionPage;
#[cfg(test)]
pub(super) use record::RecordPage;
#[cfg(test)]
pub(super) use result::ResultPage;
pub(super) use result::ResultParts;
#[cfg(test)]
pub(super) use start::StartPage;
#[cfg(test)]
pub(super) use talk::TalkPage;

pub(super) use item::notes as item_notes;
pub(super) use now::acts_in;
pub(super) use result::sample_parts;
pub(super) use talk::begun_with;

use super::site::Site;

/// The flow's routes. A question's id is its address, so no question may be called like one of the other pages; a test holds it.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/decide", get(start::page).post(start::begin))
        .route("/decide/not-sharing", get(not_sharing::page).post(not_sharing::record))
        .route("/decide/{draft}", get(kept::resume))
        .route("/decide/{draft}/{page}", get(kept::page).post(kept::answer))
        .route("/decide/{draft}/items/{item}", get(kept::item).post(kept::save_item))
        .route("/decide/{draft}/items/{item}/remove", post(kept::remove_item))
        .route("/talk", get(talk::page).post(talk::go))
        .route("/talk/keep", post(talk::keep))
}

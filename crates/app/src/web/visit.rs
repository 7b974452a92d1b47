//! Who is visiting, and what happens around every page: where a form came from, what a stopped request says, and the headers.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use casework::{Action, MatterId, Member, Resource, Role, may};

use super::door;
use super::page::{Frame, FrameFor, Menu, Number, Page, RunningAccess, Who, render};
use super::site::Site;
use super::stopped::{ErrorPage, Stopped};
use super::words;
use crate::actions::{self, Actor, FrontDoor};
use crate::clock::in_london;
use crate::serve::Reference;
use crate::{App, AppError, body, origin};

/// A page may ask nothing of anywhere else, run no script but ours, and be framed by nobody.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The most that a form may hold.
const MOST_SENT: usize = 2 * 1024 * 1024;

/// The longest that a page may take once everything is there. A PDF and an argon2 hash under load stay far below.
const LONGEST: Duration = Duration::from_mins(1);

/// The page on which emergency access is begun.
const EMERGENCY: &str = "/emergency-access";

/// The header with which `sharewell.js` saves a form while it is being written.
pub(super) const AUTOSAVE: &str = "sharewell-autosave";

/// A visit: the request's own view of the program.
#[derive(Clone, Debug)]
pub struct Visit {
    site: Arc<Site>,
    actor: Option<Arc<Actor>>,
    numbers: Arc<Vec<Number>>,
    /// How much waits for somebody who oversees; none for everybody else.
    oversees: Option<usize>,
    /// The path that was asked for, and what it was asked.
    address: Arc<str>,
    autosave: bool,
    reference: String,
}

impl Visit {
    /// The program.
    pub fn app(&self) -> &Arc<App> {
        &self.site.app
    }

    pub(super) fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// Who is signed in, or nobody.
    pub fn visitor(&self) -> Option<&Actor> {
        self.actor.as_deref()
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// When nobody is: the sign-in page then keeps what was sent.
    pub fn actor(&self) -> Result<&Actor, Stopped> {
        self.actor.as_deref().ok_or_else(|| AppError::SignInFirst.into())
    }

    /// The numbers that may be shown: confirmed ones only.
    pub fn numbers(&self) -> &[Number] {
        &self.numbers
    }

    /// Whether the script saves while somebody writes.
    pub fn is_autosave(&self) -> bool {
        self.autosave
    }

    /// What this request is called, in the log and on the page when it fails.
    pub(super) fn reference(&self) -> &str {
        &self.reference
    }

    /// Whether whoever is signed in may destroy and hold what is kept.
    pub(super) fn may_dispose(&self) -> bool {
        self.actor.as_deref().is_some_and(|Actor { member, .. }| {
            may(member, Action::Dispose, Resource::Organisation(member.organisation)).is_ok()
        })
    }

    /// The visitor's emergency access that runs.
    fn running(&self) -> Vec<RunningAccess> {
        let (Some(actor), now) = (self.actor.as_deref(), self.site.app.clock.now()) else { return Vec::new() };
        actions::running(actor, now)
            .map(|one| RunningAccess {
                id: one.id.to_string(),
                matter: one.matter.to_string(),
                until: words::time(in_london(one.until())),
            })
            .collect()
    }

    /// Where somebody who works with cases goes on who must see now what is not found at this address; none where nothing of the kind stands.
    /// It depends on the address alone, and on nothing that is there or not.
    fn emergency(&self) -> Option<String> {
        let path = self.address.split('?').next().unwrap_or_default();
        let below = ["/matters/", "/decisions/"].into_iter().find_map(|room| path.strip_prefix(room))?;
        let id = below.split('/').next().unwrap_or_default().parse::<MatterId>();
        let offered = self.actor.as_deref().is_some_and(|actor| actions::may_start(actor).is_ok());
        offered.then(|| id.map_or_else(|_| EMERGENCY.to_owned(), |id| format!("{EMERGENCY}?matter={id}")))
    }

    /// Whether what is not found was followed further, to emergency access.
    fn follows_to_emergency(&self) -> bool {
        self.address.split_once('?').is_some_and(|(_, asked)| asked == "emergency-access")
    }

    /// What stands around a page under this menu entry.
    pub fn frame(&self, here: Menu) -> Frame {
        let who = self.actor.as_deref().map(|visitor| Who {
            name: visitor.member.name.clone(),
            role_title: visitor.member.role_title.clone(),
            organisation: visitor.organisation.name.clone(),
        });
        let member = self.actor.as_deref().map(|visitor| &visitor.member);
        let of = FrameFor {
            who,
            casework: member.is_some_and(Member::does_casework),
            administrator: member.is_some_and(|member| member.is(Role::Administrator)),
            oversees: self.oversees,
            emergencies: self.running(),
            disposes: self.may_dispose(),
            demo: self.site.app.is_demo(),
            numbers: self.numbers.to_vec(),
        };
        Frame::new(of, here)
    }

    /// The page, or the error page when its template does not fit.
    pub fn page<P: Page>(&self, page: &P) -> Response {
        let status = if page.in_error() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.page_with(status, page)
    }

    /// The page under another status.
    pub fn page_with<P: Page>(&self, status: StatusCode, page: &P) -> Response {
        match render(self.site.templates(), &self.frame(P::MENU), page) {
            Ok(html) => (status, Html(html)).into_response(),
            Err(fault) => Stopped::from(AppError::internal(fault)).into_response(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Stopped;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Stopped> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| AppError::internal("a page outside its frame").into())
    }
}

/// Surrounds every page.
pub(super) async fn attend(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let mut response = match attended(&site, request, next).await {
        Ok(response) => response,
        Err((visit, stopped)) => say(&visit, &stopped),
    };
    protect(response.headers_mut());
    response
}

async fn attended(site: &Arc<Site>, mut request: Request, next: Next) -> Result<Response, (Visit, Stopped)> {
    let reference = request.extensions().get::<Reference>().map(|reference| reference.0.clone()).unwrap_or_default();
    let address = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let nobody = || Visit {
        site: Arc::clone(site),
        actor: None,
        numbers: Arc::default(),
        oversees: None,
        address: Arc::from(address.as_str()),
        autosave: false,
        reference: reference.clone(),
    };
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if writes && !origin::is_ours(request.headers(), &site.app.config) {
        let sentence = "This form was not sent from one of our own pages, so nothing was done. Open the page here and send it again.";
        return Err((nobody(), AppError::Forbidden(sentence).into()));
    }
    let arrived = arrive(site, request.headers(), &reference).await;
    let visit = Visit { address: Arc::from(address.as_str()), ..arrived.map_err(|error| (nobody(), error.into()))? };
    let kind = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_file = kind.starts_with(b"multipart/");
    let mut sent = Bytes::new();
    if writes {
        let (parts, body) = request.into_parts();
        sent = body::read(body, MOST_SENT).await.map_err(|error| (visit.clone(), error.into()))?;
        request = Request::from_parts(parts, Body::from(sent.clone()));
    }
    request.extensions_mut().insert(visit.clone());
    let Ok(response) = tokio::time::timeout(LONGEST, next.run(request)).await else {
        return Err((visit, AppError::TookTooLong.into()));
    };
    let Some(stopped) = response.extensions().get::<Stopped>().cloned() else {
        // What the framework itself refuses, an address that is no text, say, comes as bare words.
        let plain = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
        let refused = response.status().is_client_error() && plain;
        return if refused { Err((visit, AppError::NotFound.into())) } else { Ok(response) };
    };
    let confirms = matches!(*stopped.0, AppError::ConfirmFirst);
    if !(confirms || matches!(*stopped.0, AppError::SignInFirst)) || visit.autosave {
        return Err((visit, stopped));
    }
    // A file is chosen again: only what was typed waits.
    let kept = if writes && !is_file { door::keep(&visit, &address, &sent) } else { Ok(door::Kept::Address(address)) };
    match kept {
        Ok(kept) if confirms => {
            let asked = door::confirm_first(&visit, kept).await;
            asked.map_err(|stopped| (visit, stopped))
        }
        Ok(kept) => Ok(door::sign_in_first(&visit, kept).await),
        Err(error) => Err((visit, error.into())),
    }
}

/// Finds who is visiting and which numbers may be shown.
async fn arrive(site: &Arc<Site>, headers: &HeaderMap, reference: &str) -> Result<Visit, AppError> {
    let actor = match cookie(headers, site.app.config.session_cookie()) {
        Some(cookie) => match actions::actor(&site.app, &cookie).await {
            Err(AppError::SignInFirst) => None,
            found => Some(found?),
        },
        None => None,
    };
    let doors = actions::front_doors(&site.app, actor.as_ref()).await?;
    let number = |door: &FrontDoor| {
        let label = format!("{}, {}", service_name(&door.service), door.council);
        Number::new(long_service(&door.service), &label, &door.phone, &door.hours)
    };
    let oversees = match &actor {
        Some(actor) if actions::oversees(&site.app, actor) => Some(actions::waiting(&site.app, actor).await?.count()),
        _ => None,
    };
    Ok(Visit {
        site: Arc::clone(site),
        numbers: Arc::new(doors.iter().map(number).collect()),
        oversees,
        address: Arc::default(),
        actor: actor.map(Arc::new),
        autosave: headers.contains_key(AUTOSAVE),
        reference: reference.to_owned(),
    })
}

/// A service as people call it.
pub(super) fn service_name(service: &str) -> &str {
    match service {
        "csc" | "children-social-care" => "Children's social care",
        "asc" | "adult-social-care" => "Adult social care",
        "police" => "Police",
        other => other,
    }
}

fn long_service(service: &str) -> &str {
    match service {
        "csc" => "children-social-care",
        "asc" => "adult-social-care",
        other => other,
    }
}

pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// The one place that says why something was not done.
fn say(visit: &Visit, stopped: &Stopped) -> Response {
    stopped.0.log(&visit.reference);
    if visit.autosave {
        return stopped.status().into_response();
    }
    let emergency = if matches!(*stopped.0, AppError::NotFound) { visit.emergency() } else { None };
    if let Some(onward) = emergency.as_deref().filter(|_| visit.follows_to_emergency()) {
        return go_on(onward);
    }
    let internal = matches!(*stopped.0, AppError::Internal(_) | AppError::TookTooLong);
    let page = ErrorPage::of(&stopped.0, if internal { visit.reference.clone() } else { String::new() });
    let page = page.offering(emergency.is_some());
    let mut response = match render(visit.site.templates(), &visit.frame(ErrorPage::MENU), &page) {
        Ok(html) => (stopped.status(), Html(html)).into_response(),
        Err(_) => {
            (stopped.status(), "Something went wrong on our side. If somebody is in danger, ring 999.").into_response()
        }
    };
    if let Some(seconds) = stopped.0.again_in() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn protect(headers: &mut HeaderMap) {
    let set = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), browsing-topics=()"),
    ];
    for (name, value) in set {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Whatever is not expressly public may be about a person.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain; charset=utf-8"));
}

/// Goes on to another page after something was done.
pub(super) fn go_on(address: &str) -> Response {
    Redirect::to(address).into_response()
}

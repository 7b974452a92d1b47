//! Signing in and out. A form that was sent after the session had ended is kept sealed in the sign-in page and sent again.

pub(super) mod confirm;
pub(super) mod passkey;
pub(super) mod second;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use casework::Role;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

pub(super) use self::confirm::{confirm, confirm_first, confirm_with_passkey, confirm_with_provider};
pub(super) use self::second::{code, codes_page, set_up, set_up_page};
use super::fields::{Control, ErrorLine, Field, error_lines};
use super::flow::{self, ActNow};
use super::form::Sent;
use super::page::{Menu, Page};
use super::stopped::Stopped;
use super::visit::{Visit, cookie, go_on};
use crate::actions::{self, Begun, DEVICE_KNOWN_SECONDS, DemoMember, Entered};
use crate::device::Device;
use crate::error::named;
use crate::serve::Reference;
use crate::{AppError, FieldProblem};

const SEALED_FOR: &str = "form to send again";
/// How long a form waits for its writer to sign in again.
const KEPT_SECONDS: i64 = 12 * 60 * 60;

/// What waits until somebody signs in.
pub(super) enum Kept {
    /// A page to open.
    Address(String),
    /// A form to send again, sealed, and what it says is to be done at once.
    Form {
        /// The sealed form.
        sealed: String,
        /// What to do now.
        acts: Vec<ActNow>,
    },
}

#[derive(Serialize, Deserialize)]
struct SentForm {
    address: String,
    body: String,
}

/// The sign-in page.
#[derive(Debug, Serialize)]
pub struct SignInPage {
    errors: Vec<ErrorLine>,
    heading: &'static str,
    acts: Vec<ActNow>,
    kept: Option<String>,
    then: Option<String>,
    email: Field,
    password: Field,
    invented: Vec<Invented>,
    providers: Vec<Button>,
}

/// An identity provider to sign in with.
#[derive(Debug, Serialize)]
pub struct Button {
    id: String,
    name: String,
}

/// An invented member of the demo.
#[derive(Debug, Serialize)]
pub struct Invented {
    name: String,
    role_title: String,
    organisation: String,
    value: String,
}

impl SignInPage {
    fn new(email: &str, problems: &[FieldProblem], heading: &'static str) -> Self {
        let address = Control::Text { value: email.to_owned(), input: "email", autocomplete: "username", classes: "" };
        Self {
            errors: error_lines(problems, &[]),
            heading,
            acts: Vec::new(),
            kept: None,
            then: None,
            email: Field::new("email", "E-mail address", address).with(problems),
            password: Field::new("password", "Password", Control::Password { autocomplete: "current-password" })
                .with(problems),
            invented: Vec::new(),
            providers: Vec::new(),
        }
    }
}

impl Page for SignInPage {
    const TEMPLATE: &'static str = "door/sign-in.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        self.heading.to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let wrong = [FieldProblem { field: "password".into(), message: "Check both and try again.".into() }];
        let demo = Invented {
            name: "Amina Hart".into(),
            role_title: "Teacher".into(),
            organisation: "Larkfield School".into(),
            value: "1".into(),
        };
        let providers = || vec![Button { id: "larkfield".into(), name: "Larkfield’s account".into() }];
        let sentence = "Larkfield’s account cannot be reached just now. Wait a moment and try again.";
        let refused = [FieldProblem { field: "passkey".into(), message: "This passkey opens nothing here.".into() }];
        let away = [FieldProblem { field: "with-larkfield".into(), message: sentence.into() }];
        vec![
            ("provider", Self { providers: providers(), ..Self::new("", &[], "Sign in") }),
            (
                "provider away",
                Self { providers: providers(), kept: Some("c2VhbGVk".into()), ..Self::new("", &away, "Sign in") },
            ),
            ("empty", Self::new("", &[], "Sign in")),
            ("wrong", Self::new("a.hart@larkfield.example", &wrong, "Sign in")),
            ("passkey refused", Self::new("", &refused, "Sign in")),
            (
                "kept form",
                Self {
                    kept: Some("c2VhbGVk".into()),
                    acts: vec![ActNow::sample()],
                    ..Self::new("", &[], "Sign in again")
                },
            ),
            ("demo", Self { invented: vec![demo], ..Self::new("", &[], "Sign in") }),
        ]
    }
}

/// Seals a form that was sent without a session.
pub(super) fn keep(visit: &Visit, address: &str, body: &[u8]) -> Result<Kept, AppError> {
    let form = SentForm { address: address.to_owned(), body: String::from_utf8_lossy(body).into_owned() };
    let plain = serde_json::to_vec(&form).map_err(AppError::internal)?;
    let sealed = visit.app().seals.seal(SEALED_FOR, &plain, visit.app().clock.now().plus_seconds(KEPT_SECONDS))?;
    let acts = Sent::read(body).map(|sent| flow::acts_in(visit, &sent)).unwrap_or_default();
    Ok(Kept::Form { sealed, acts })
}

/// The sign-in page in place of a page that needs somebody signed in.
pub(super) async fn sign_in_first(visit: &Visit, kept: Kept) -> Response {
    let page = match kept {
        Kept::Address(address) => {
            SignInPage { then: Some(address).filter(|address| address != "/"), ..SignInPage::new("", &[], "Sign in") }
        }
        Kept::Form { sealed, acts } => {
            SignInPage { kept: Some(sealed), acts, ..SignInPage::new("", &[], "Sign in to go on") }
        }
    };
    shown(visit, StatusCode::UNAUTHORIZED, page).await
}

/// The sign-in page with what to put right about a provider, at its button, and with all that waits.
pub(super) async fn not_signed_in(
    visit: &Visit,
    status: StatusCode,
    (field, message): (String, String),
    waiting: Waiting,
) -> Response {
    let problem = [FieldProblem { field, message }];
    let page = SignInPage { kept: waiting.kept, then: waiting.then, ..SignInPage::new("", &problem, "Sign in") };
    shown(visit, status, page).await
}

async fn shown(visit: &Visit, status: StatusCode, page: SignInPage) -> Response {
    let providers = visit.app().providers.iter().map(|provider| &provider.settings);
    let providers = providers.map(|one| Button { id: one.id.clone(), name: one.name.clone() }).collect();
    match invented(visit).await {
        Ok(invented) => visit.page_with(status, &SignInPage { invented, providers, ..page }),
        Err(error) => axum::response::IntoResponse::into_response(Stopped::from(error)),
    }
}

async fn invented(visit: &Visit) -> Result<Vec<Invented>, AppError> {
    if !visit.app().is_demo() {
        return Ok(Vec::new());
    }
    let mut all = actions::demo_members(visit.app()).await?;
    all.sort_by_key(|one| place(&one.member.role_title));
    let one = |DemoMember { organisation, member }| Invented {
        value: member.id.to_string(),
        role_title: if member.is(Role::Administrator) && !member.does_casework() {
            format!("{} (administrator)", member.role_title)
        } else {
            member.role_title
        },
        name: member.name,
        organisation: organisation.name,
    };
    Ok(all.into_iter().map(one).collect())
}

/// Where somebody with this job stands among the invented people: those who meet children first, whoever looks after settings last.
fn place(job: &str) -> usize {
    const ORDER: [&str; 7] =
        ["teacher", "health visitor", "social worker", "police", "caldicott", "governance", "analyst"];
    let job = job.to_lowercase();
    ORDER.iter().position(|word| job.contains(word)).unwrap_or(ORDER.len())
}

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub struct Then {
    then: Option<String>,
}

/// `GET /sign-in`
pub(super) async fn sign_in_page(visit: Visit, Query(then): Query<Then>) -> Response {
    if visit.visitor().is_some() {
        return go_on("/");
    }
    let page = SignInPage { then: then.then.filter(|address| is_here(address)), ..SignInPage::new("", &[], "Sign in") };
    shown(&visit, StatusCode::OK, page).await
}

/// `POST /sign-in`
pub(super) async fn sign_in(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let email = sent.text("email");
    let (waiting, device) = (Waiting::of(&sent), Device::of(&headers, &visit.app().config));
    let missing: Vec<FieldProblem> = [("email", "Enter your e-mail address."), ("password", "Enter your password.")]
        .into_iter()
        .filter(|(field, _)| sent.text(field).is_empty())
        .map(|(field, message)| FieldProblem { field: field.to_owned(), message: message.to_owned() })
        .collect();
    if !missing.is_empty() {
        return Ok(sign_in_again(&visit, &email, &missing, waiting).await);
    }
    match actions::begin_sign_in(visit.app(), &email, &sent.text("password"), &device).await {
        Ok(Begun::Entered(entered)) => enter(&visit, &headers, &entered, &waiting).await,
        Ok(Begun::CodeAsked(half)) => Ok(second::ask_for_code(&visit, &half, waiting, &[])),
        Ok(Begun::SetUpAsked(half)) => {
            second::ask_to_set_up(&visit, &half.sealed, None, waiting, &[], Some(&device.browser)).await
        }
        Err(AppError::Invalid(problems)) => Ok(sign_in_again(&visit, &email, &problems, waiting).await),
        Err(error) => Err(error.into()),
    }
}

/// The sign-in page once more, with what is to be put right.
async fn sign_in_again(visit: &Visit, email: &str, problems: &[FieldProblem], waiting: Waiting) -> Response {
    let page = SignInPage { kept: waiting.kept, then: waiting.then, ..SignInPage::new(email, problems, "Sign in") };
    shown(visit, StatusCode::UNPROCESSABLE_ENTITY, page).await
}

/// `POST /sign-in/as`: one click, in the demo only.
pub(super) async fn sign_in_as(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let member = named(&sent.text("member"))?;
    let entered = actions::sign_in_as(visit.app(), member, &Device::of(&headers, &visit.app().config)).await?;
    enter(&visit, &headers, &entered, &Waiting::of(&sent)).await
}

/// `POST /sign-out`
pub(super) async fn sign_out(visit: Visit, headers: HeaderMap) -> Result<Response, Stopped> {
    let name = visit.app().config.session_cookie();
    if let Some(cookie) = cookie(&headers, name) {
        actions::sign_out(visit.app(), &cookie).await?;
    }
    let mut response = go_on("/decide");
    set_cookie(&visit, &mut response, name, "", "; Max-Age=0")?;
    // Whatever the browser kept of this visit goes with it: laptops are shared.
    response
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// What waits for somebody who signs in, as pages carry it from step to step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Waiting {
    /// The sealed form to send again.
    pub(super) kept: Option<String>,
    /// The page of this site to open.
    pub(super) then: Option<String>,
}

impl Waiting {
    /// What a page sent back.
    pub(super) fn of(sent: &Sent) -> Self {
        Self { kept: sent.maybe("kept"), then: sent.maybe("then").filter(|address| is_here(address)) }
    }
}

/// Goes on where somebody was when the session had ended, as the member who has just signed in: the form is sent again, or the page opened.
/// Every way to sign in through a page ends here.
pub(super) async fn enter(
    visit: &Visit,
    headers: &HeaderMap,
    entered: &Entered,
    waiting: &Waiting,
) -> Result<Response, Stopped> {
    let opened = &entered.token.cookie();
    let mut response = resume(visit, headers, opened, waiting).await?;
    come_in(visit, headers, &mut response, entered).await?;
    Ok(response)
}

/// Goes on with what waited, in the session of this cookie.
async fn resume(visit: &Visit, headers: &HeaderMap, opened: &str, waiting: &Waiting) -> Result<Response, Stopped> {
    let now = visit.app().clock.now();
    let kept = waiting.kept.as_ref().and_then(|sealed| visit.app().seals.open(SEALED_FOR, sealed, now));
    let form: Option<SentForm> = kept.and_then(|plain| serde_json::from_slice(&plain).ok());
    match (form, visit.site().replays()) {
        (Some(form), Some(pages)) => {
            let request = send_again(visit, headers, opened, form)?;
            Ok(pages.oneshot(request).await.map_err(AppError::internal)?)
        }
        _ => Ok(go_on(waiting.then.as_deref().unwrap_or("/"))),
    }
}

/// Gives the browser its session, ends the one it had, and has it known again.
async fn come_in(
    visit: &Visit,
    headers: &HeaderMap,
    response: &mut Response,
    entered: &Entered,
) -> Result<(), AppError> {
    let config = &visit.app().config;
    // The visit before, if any, ends: nobody else's session stays behind on a shared laptop.
    if let Some(before) = cookie(headers, config.session_cookie()) {
        actions::sign_out(visit.app(), &before).await?;
    }
    let device = Device::of(headers, config);
    let known = actions::remember_device(visit.app(), &entered.actor.member.email, &device).await?;
    set_cookie(visit, response, config.session_cookie(), &entered.token.cookie(), "")?;
    let end = format!("; Max-Age={DEVICE_KNOWN_SECONDS}");
    set_cookie(visit, response, config.device_cookie(), &known.cookie(), &end)
}

/// `POST /sign-in/go-on`: after the recovery codes were shown, goes on with what waited.
pub(super) async fn resume_waiting(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    visit.actor()?;
    let opened = cookie(&headers, visit.app().config.session_cookie()).ok_or(AppError::SignInFirst)?;
    resume(&visit, &headers, &opened, &Waiting::of(&sent)).await
}

fn send_again(visit: &Visit, headers: &HeaderMap, opened: &str, form: SentForm) -> Result<Request, AppError> {
    let mut request = Request::builder().method(Method::POST).uri(form.address);
    // Who sent it and from where has been looked at when it came and again now.
    for name in ["host", "origin", "sec-fetch-site"] {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value);
        }
    }
    request
        .extension(Reference(visit.reference().to_owned()))
        .header(COOKIE, format!("{}={opened}", visit.app().config.session_cookie()))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.body))
        .map_err(AppError::internal)
}

fn set_cookie(visit: &Visit, response: &mut Response, name: &str, value: &str, more: &str) -> Result<(), AppError> {
    let secure = if visit.app().config.is_secure() { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
    let cookie = HeaderValue::from_str(&cookie).map_err(AppError::internal)?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(())
}

/// Only a path on this site is gone on to. Browsers drop tabs and newlines from addresses, so that `/<tab>/elsewhere` would leave.
fn is_here(address: &str) -> bool {
    let plain = |letter: char| !letter.is_control() && letter != '\\';
    address.starts_with('/') && !address.starts_with("//") && !address.contains("/.") && address.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn only_a_path_on_this_site_is_gone_on_to() {
        assert!(is_here("/decide/not-sharing?matter=1"));
        for elsewhere in
            ["//evil.example", "/\t/evil.example", "/\\evil.example", "https://evil.example", "/a/../b", "/\n", ""]
        {
            assert!(!is_here(elsewhere), "{elsewhere:?}");
        }
    }
}

//! Out to an organisation's identity provider and back: `/sign-in/with/{provider}` and `/sign-in/back`.

use axum::extract::{Path, Query};
use axum::http::header::{HOST, ORIGIN, REFRESH, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::door::{self, Waiting};
use super::form::Sent;
use super::page::{Menu, Page};
use super::stopped::Stopped;
use super::visit::{Visit, cookie};
use crate::AppError;
use crate::actions::{self, AWAY_SECONDS, Back, CameBack, GoOn, NotSignedIn, WayOut, Why};
use crate::device::Device;

/// The page on the way out. Browsers hold a form's whole chain of redirects to the policy on forms, and a provider sends people on to
/// addresses of its own: so the browser goes on from a page, by itself and without a script.
#[derive(Debug, Serialize)]
pub struct WayOutPage {
    name: String,
    address: String,
}

impl Page for WayOutPage {
    const TEMPLATE: &'static str = "door/way-out.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        format!("Going on to {}", self.name)
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let address = "https://login.larkfield.example/authorize?client_id=sharewell".into();
        vec![("out", Self { name: "Larkfield’s account".into(), address })]
    }
}

impl From<GoOn> for Waiting {
    fn from(go_on: GoOn) -> Self {
        Self { kept: go_on.form, then: go_on.address }
    }
}

/// `POST /sign-in/with/{provider}`
pub(super) async fn set_out(
    visit: Visit,
    Path(provider): Path<String>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Stopped> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let waiting = Waiting::of(&sent);
    let go_on = GoOn { form: waiting.kept, address: waiting.then };
    let out = actions::set_out(visit.app(), &provider, host, go_on).await?;
    on_the_way(&visit, out).await
}

/// The page on the way out, or what to do instead.
pub(super) async fn on_the_way(visit: &Visit, out: Result<WayOut, NotSignedIn>) -> Result<Response, Stopped> {
    let out = match out {
        Ok(out) => out,
        Err(not) => return Ok(refused(visit, not).await),
    };
    let refresh = HeaderValue::from_str(&format!("0; url={}", out.address)).map_err(AppError::internal)?;
    let mut response = visit.page(&WayOutPage { name: out.name, address: out.address });
    response.headers_mut().insert(REFRESH, refresh);
    hold(visit, &mut response, &out.cookie, AWAY_SECONDS)?;
    Ok(response)
}

/// `GET /sign-in/back`
pub(super) async fn come_back(visit: Visit, headers: HeaderMap, Query(back): Query<Back>) -> Result<Response, Stopped> {
    let held = cookie(&headers, visit.app().config.provider_cookie());
    match actions::come_back(visit.app(), held.as_deref(), &back, &Device::of(&headers, &visit.app().config)).await? {
        CameBack::In(entered, go_on) => {
            // The provider's page sent the browser here, but what is sent again came from a page of ours, when it was kept.
            let mut ours = headers.clone();
            ours.remove(ORIGIN);
            ours.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
            let mut response = door::enter(&visit, &ours, &entered, &go_on.into()).await?;
            hold(&visit, &mut response, "", 0)?;
            Ok(response)
        }
        CameBack::Not(not) => {
            let is_over = not.is_over;
            let mut response = refused(&visit, not).await;
            if is_over {
                hold(&visit, &mut response, "", 0)?;
            }
            Ok(response)
        }
    }
}

/// The sign-in page with what to do, and with all that waits.
async fn refused(visit: &Visit, not: NotSignedIn) -> Response {
    let status =
        if not.why == Why::Unreachable { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (field, name) = not.provider.map_or_else(Default::default, |(id, name)| (format!("with-{id}"), name));
    door::not_signed_in(visit, status, (field, not.why.sentence(&name)), not.go_on.into()).await
}

/// Gives the browser something to hold, or takes it back.
fn hold(visit: &Visit, response: &mut Response, value: &str, seconds: i64) -> Result<(), AppError> {
    let config = &visit.app().config;
    let secure = if config.is_secure() { "; Secure" } else { "" };
    let name = config.provider_cookie();
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}; Max-Age={seconds}");
    response.headers_mut().append(SET_COOKIE, HeaderValue::from_str(&cookie).map_err(AppError::internal)?);
    Ok(())
}

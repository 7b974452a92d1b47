//! What a request sends: its JSON, and who it comes from.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_path_to_error::{Path, Segment};

use super::{ApiError, MOST_SENT};
use crate::actions::{self, Actor};
use crate::words::{clean_all, may_be_unclean};
use crate::{App, AppError, body, origin};

/// A JSON body. What cannot be read is named by a JSON pointer.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Sent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            let message = "Send JSON, with the header Content-Type: application/json.".to_owned();
            return Err(ApiError::unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE, "", message));
        }
        let bytes = body::read(request.into_body(), MOST_SENT).await?;
        let mut reading = serde_json::Deserializer::from_slice(&bytes);
        let read = serde_path_to_error::deserialize(&mut reading).map_err(|error| {
            let status =
                if error.inner().is_data() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
            ApiError::unreadable(status, &pointer(error.path()), format!("This cannot be read: {}.", error.inner()))
        })?;
        reading.end().map_err(|error| {
            ApiError::unreadable(StatusCode::BAD_REQUEST, "", format!("This cannot be read: {error}."))
        })?;
        if !may_be_unclean(&bytes) {
            return Ok(Self(read));
        }
        // Read once more without control characters, where there are any: it is the same JSON otherwise.
        let cleaned = serde_json::from_slice(&bytes).ok().and_then(|mut value| clean_all(&mut value).then_some(value));
        match cleaned {
            Some(value) => serde_json::from_value(value).map(Self).map_err(|error| {
                ApiError::unreadable(StatusCode::UNPROCESSABLE_ENTITY, "", format!("This cannot be read: {error}."))
            }),
            None => Ok(Self(read)),
        }
    }
}

/// What the query of an address asks for. What cannot be read is named by a JSON pointer, as in a body.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let reading = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(reading).map(Self).map_err(|error| {
            let message = format!("This cannot be read: {}.", error.inner());
            ApiError::unreadable(StatusCode::UNPROCESSABLE_ENTITY, &pointer(error.path()), message)
        })
    }
}

/// Which page of a list, from 0.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PageNumber(pub(super) u32);

impl<'de> Deserialize<'de> for PageNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = String::deserialize(deserializer)?;
        number.parse().map(Self).map_err(|_| D::Error::custom("a page is a number from 0"))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// A path as a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                let _ = write!(pointer, "/{index}");
            }
            Segment::Map { key } | Segment::Enum { variant: key } => {
                let _ = write!(pointer, "/{}", key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

/// The session token a request carries.
pub(super) struct Token(pub(super) String);

impl FromRequestParts<Arc<App>> for Token {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if let Some(value) = parts.headers.get(AUTHORIZATION) {
            let token = value
                .to_str()
                .ok()
                .and_then(|value| value.split_once(' '))
                .filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
            return token.map(|(_, token)| Self(token.trim().to_owned())).ok_or_else(|| AppError::SignInFirst.into());
        }
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = jar.get(app.config.session_cookie()).ok_or(AppError::SignInFirst)?;
        // A browser sends the cookie by itself, so it counts only from our own pages; another site cannot send a Bearer token.
        if !parts.method.is_safe() && !origin::is_ours(&parts.headers, &app.config) {
            return Err(AppError::Forbidden("Send this from a page of this Sharewell, or with a Bearer token.").into());
        }
        Ok(Self(cookie.value().to_owned()))
    }
}

/// Who a request comes from. A handler that takes one cannot be reached without signing in.
pub(super) struct By(pub(super) Actor);

impl FromRequestParts<Arc<App>> for By {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Token(token) = Token::from_request_parts(parts, app).await?;
        Ok(Self(actions::actor(app, &token).await?))
    }
}

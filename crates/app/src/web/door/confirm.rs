//! Proving again who one is, before what cannot be undone. The form that asked for it is kept sealed and sent again.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::passkey::host;
use super::second::{code_field, recovery_field};
use super::{Kept, Waiting, enter, sign_in_again};
use crate::actions::{self, GoOn, PasskeyAnswer, Proof};
use crate::device::Device;
use crate::web::fields::{Control, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::cookie;
use crate::web::{Stopped, Visit, with_provider};
use crate::{AppError, FieldProblem};

/// The page that asks who sits there.
#[derive(Debug, Serialize)]
pub struct ConfirmPage {
    errors: Vec<ErrorLine>,
    /// In the demo one press is enough.
    press: bool,
    waiting: Waiting,
    passkey: bool,
    /// The organisation's provider, of whoever has an account there.
    provider: String,
    fields: Vec<Field>,
}

/// With what somebody can prove again who they are.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way that one has or has not, apart from the others")]
struct Ways {
    press: bool,
    passkey: bool,
    provider: String,
    password: bool,
    code: bool,
}

impl ConfirmPage {
    fn new(ways: Ways, waiting: Waiting, problems: &[FieldProblem]) -> Self {
        let password =
            Field::new("password", "Password", Control::Password { autocomplete: "current-password" }).with(problems);
        let fields = match (ways.password && !ways.press, ways.code, ways.passkey) {
            (false, _, _) => Vec::new(),
            (true, true, _) => vec![password, code_field(problems)],
            (true, false, true) => vec![password, recovery_field(problems)],
            (true, false, false) => vec![password],
        };
        let (press, passkey, provider) = (ways.press, ways.passkey && !ways.press, ways.provider);
        Self { errors: error_lines(problems, &[]), press, waiting, passkey, provider, fields }
    }
}

impl Page for ConfirmPage {
    const TEMPLATE: &'static str = "door/confirm.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        "Prove again who you are".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let wrong = [FieldProblem { field: "password".into(), message: "This is not your password.".into() }];
        let kept = || Waiting { kept: Some("c2VhbGVk".into()), then: None };
        let ways = |passkey, password, code| Ways { passkey, password, code, ..Ways::default() };
        let provider = || Ways { provider: "Larkfield’s account".into(), ..Ways::default() };
        let refused = [FieldProblem { field: "passkey".into(), message: "This passkey opens nothing here.".into() }];
        vec![
            ("with a code", Self::new(ways(false, true, true), kept(), &[])),
            ("without a code", Self::new(ways(false, true, false), Waiting::default(), &[])),
            ("wrong", Self::new(ways(false, true, true), kept(), &wrong)),
            ("with a passkey", Self::new(ways(true, true, false), kept(), &[])),
            ("with a passkey or a code", Self::new(ways(true, true, true), kept(), &refused)),
            ("with the organisation’s account", Self::new(provider(), kept(), &[])),
            ("with nothing", Self::new(Ways::default(), kept(), &[])),
            ("demo", Self::new(Ways { press: true, ..Ways::default() }, kept(), &[])),
        ]
    }
}

/// The page in place of one that needs a fresh proof.
pub(in crate::web) async fn confirm_first(visit: &Visit, kept: Kept) -> Result<Response, Stopped> {
    let waiting = match kept {
        Kept::Address(address) => Waiting { kept: None, then: Some(address) },
        Kept::Form { sealed, .. } => Waiting { kept: Some(sealed), then: None },
    };
    asked(visit, StatusCode::FORBIDDEN, waiting, &[]).await
}

async fn asked(
    visit: &Visit,
    status: StatusCode,
    waiting: Waiting,
    problems: &[FieldProblem],
) -> Result<Response, Stopped> {
    let (app, actor) = (visit.app(), visit.actor()?);
    let account = actions::account(app, actor).await?;
    let provider = actions::own_provider(app, actor).map(|provider| provider.settings.name.clone());
    let ways = Ways {
        press: app.is_demo(),
        passkey: account.passkeys.iter().any(|passkey| passkey.refused_at.is_none()),
        provider: provider.unwrap_or_default(),
        password: account.password_since.is_some(),
        code: account.code_since.is_some(),
    };
    Ok(visit.page_with(status, &ConfirmPage::new(ways, waiting, problems)))
}

/// `POST /sign-in/confirm`
pub(in crate::web) async fn confirm(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let (password, code) = (sent.text("password"), sent.maybe("code"));
    let proof = if visit.app().is_demo() {
        Proof::Press
    } else {
        Proof::Password { password: &password, code: code.as_deref() }
    };
    confirmed(&visit, &headers, &sent, proof).await
}

/// `POST /sign-in/confirm/passkey`
pub(in crate::web) async fn confirm_with_passkey(
    visit: Visit,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Stopped> {
    let (question, answer) = (sent.text("question"), sent.text("answer"));
    let proof = Proof::Passkey(PasskeyAnswer { host: host(&headers), question: &question, answer: &answer });
    confirmed(&visit, &headers, &sent, proof).await
}

/// `POST /sign-in/confirm/provider`: on to the organisation's provider, which asks again.
pub(in crate::web) async fn confirm_with_provider(
    visit: Visit,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Stopped> {
    let waiting = Waiting::of(&sent);
    let Some(actor) = visit.visitor() else { return Ok(too_late(&visit, waiting).await) };
    let go_on = GoOn { form: waiting.kept, address: waiting.then };
    let out = actions::set_out_again(visit.app(), actor, host(&headers), go_on).await?;
    with_provider::on_the_way(&visit, out).await
}

async fn confirmed(visit: &Visit, headers: &HeaderMap, sent: &Sent, proof: Proof<'_>) -> Result<Response, Stopped> {
    let (waiting, config) = (Waiting::of(sent), &visit.app().config);
    let (Some(actor), Some(token)) = (visit.visitor(), cookie(headers, config.session_cookie())) else {
        return Ok(too_late(visit, waiting).await);
    };
    match actions::confirm(visit.app(), actor, &token, proof, &Device::of(headers, config)).await {
        Ok(entered) => enter(visit, headers, &entered, &waiting).await,
        Err(AppError::Invalid(problems)) => asked(visit, StatusCode::UNPROCESSABLE_ENTITY, waiting, &problems).await,
        Err(error) => Err(error.into()),
    }
}

/// The session ended while the page was open: what waits is done after signing in, which proves as much.
async fn too_late(visit: &Visit, waiting: Waiting) -> Response {
    let late = FieldProblem { field: String::new(), message: "Your session has ended. Sign in to go on.".into() };
    sign_in_again(visit, "", &[late], waiting).await
}

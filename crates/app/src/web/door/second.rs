//! The second step after the password: the one-time code or a passkey, setting one up, and the recovery codes. What waits goes along, sealed.

use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::passkey::name_field;
use super::{Waiting, come_in, enter, sign_in_again};
use crate::actions::{self, CodeOffer, Entered, HalfSignedIn};
use crate::device::Device;
use crate::web::fields::{Control, ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::qr::Drawn;
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// The page that asks for the second step.
#[derive(Debug, Serialize)]
pub struct CodePage {
    errors: Vec<ErrorLine>,
    half: String,
    waiting: Waiting,
    has_code: bool,
    has_passkey: bool,
    code: Field,
}

impl CodePage {
    fn new(half: &HalfSignedIn, waiting: Waiting, problems: &[FieldProblem]) -> Self {
        let code = if half.has_code { code_field(problems) } else { recovery_field(problems) };
        let (has_code, has_passkey) = (half.has_code, half.has_passkey);
        Self { errors: error_lines(problems, &[]), half: half.sealed.clone(), waiting, has_code, has_passkey, code }
    }
}

/// The field for a recovery code, for whoever has no one-time code.
pub(in crate::web) fn recovery_field(problems: &[FieldProblem]) -> Field {
    let line = Control::Text {
        value: String::new(),
        input: "text",
        autocomplete: "off",
        classes: "govuk-input--width-20 govuk-input--extra-letter-spacing",
    };
    Field::new("code", "Recovery code", line).hint("One of those that you printed or wrote down.").with(problems)
}

/// The field for a one-time code.
pub(in crate::web) fn code_field(problems: &[FieldProblem]) -> Field {
    let line = Control::Text {
        value: String::new(),
        input: "text",
        autocomplete: "one-time-code",
        classes: "govuk-input--width-20 govuk-input--extra-letter-spacing",
    };
    Field::new("code", "One-time code", line)
        .hint("Six digits, from the app on your phone. If you lost it, one of your recovery codes.")
        .with(problems)
}

impl Page for CodePage {
    const TEMPLATE: &'static str = "door/code.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        if self.has_code { "Enter your one-time code" } else { "Use your passkey" }.to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let wrong = [FieldProblem { field: "code".into(), message: "This code is not right.".into() }];
        let kept = Waiting { kept: Some("c2VhbGVk".into()), then: None };
        let half = |has_code, has_passkey| HalfSignedIn {
            sealed: "c2VhbGVk".into(),
            organisation: "Larkfield School".into(),
            reset: None,
            has_code,
            has_passkey,
        };
        vec![
            ("empty", Self::new(&half(true, false), Waiting::default(), &[])),
            ("wrong", Self::new(&half(true, false), Waiting::default(), &wrong)),
            ("kept form", Self::new(&half(true, true), kept, &[])),
            ("passkey alone", Self::new(&half(false, true), Waiting::default(), &[])),
        ]
    }
}

/// Where a one-time code is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum SetUpAt {
    /// Between the password and everything else.
    Door,
    /// On one's own account, in place of the one before if there is one.
    Account,
}

/// The page on which a one-time code is set up.
#[derive(Debug, Serialize)]
pub struct SetUpPage {
    errors: Vec<ErrorLine>,
    at: SetUpAt,
    organisation: String,
    reset: String,
    half: String,
    offer: String,
    typed: String,
    address: String,
    drawn: Drawn,
    waiting: Waiting,
    code: Field,
    /// What a passkey would be called that is added instead.
    name: Field,
}

impl SetUpPage {
    fn new(at: SetUpAt, offer: CodeOffer, drawn: Drawn, problems: &[FieldProblem]) -> Self {
        Self {
            errors: error_lines(problems, &[]),
            at,
            organisation: String::new(),
            reset: String::new(),
            half: String::new(),
            offer: offer.sealed,
            typed: offer.typed,
            address: offer.address,
            drawn,
            waiting: Waiting::default(),
            code: code_field(problems).hint("Six digits, as the app shows them now."),
            name: name_field("", problems),
        }
    }
}

impl Page for SetUpPage {
    const TEMPLATE: &'static str = "door/set-up.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        match self.at {
            SetUpAt::Door => "Set up a second way to prove who you are",
            SetUpAt::Account => "Set up a one-time code",
        }
        .to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let wrong = [FieldProblem { field: "code".into(), message: "This is not the code.".into() }];
        let unnamed = [FieldProblem { field: "name".into(), message: "Enter a name by which you know it.".into() }];
        let page = |at: SetUpAt, problems: &[FieldProblem]| {
            let offer = CodeOffer {
                sealed: "c2VhbGVk".into(),
                typed: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".into(),
                address: "otpauth://totp/Sharewell:a.hart%40larkfield.example?secret=GEZDGNBVGY3TQOJQ".into(),
            };
            let drawn = Drawn { size: 21, path: "M4 4h7v1h-7zM12 4h1v1h-1z".into() };
            Self::new(at, offer, drawn, problems)
        };
        let reset = Self {
            organisation: "Larkfield School".into(),
            reset: "Ada Lovell gave you a new way to sign in on 24 November 2026, 9:15am.".into(),
            waiting: Waiting { kept: Some("c2VhbGVk".into()), then: None },
            ..page(SetUpAt::Door, &[])
        };
        vec![
            ("first", Self { organisation: "Larkfield School".into(), ..page(SetUpAt::Door, &[]) }),
            ("after a reset", reset),
            ("another", page(SetUpAt::Account, &[])),
            ("passkey not named", page(SetUpAt::Door, &unnamed)),
            ("wrong", page(SetUpAt::Account, &wrong)),
        ]
    }
}

/// The page that shows recovery codes, this once.
#[derive(Debug, Serialize)]
pub struct CodesPage {
    codes: Vec<String>,
    /// Where to go on: to the account, or through the door to what waits.
    at: SetUpAt,
    waiting: Waiting,
}

impl Page for CodesPage {
    const TEMPLATE: &'static str = "door/codes.html";
    const MENU: Menu = Menu::Nowhere;

    fn title(&self) -> String {
        "Your recovery codes".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let codes = || (0..10).map(|n| format!("k7qf-9m2x-3vwa-p0d{n}-6tzc-h8rs")).collect();
        let kept = Waiting { kept: Some("c2VhbGVk".into()), then: None };
        vec![
            ("at the door", Self { codes: codes(), at: SetUpAt::Door, waiting: kept }),
            ("on the account", Self { codes: codes(), at: SetUpAt::Account, waiting: Waiting::default() }),
        ]
    }
}

/// The page of recovery codes for somebody who is signed in.
pub(in crate::web) fn codes_page(visit: &Visit, codes: Vec<String>) -> Response {
    visit.page(&CodesPage { codes, at: SetUpAt::Account, waiting: Waiting::default() })
}

/// The page on which somebody who is signed in sets up a one-time code.
pub(in crate::web) fn set_up_page(
    visit: &Visit,
    offer: CodeOffer,
    problems: &[FieldProblem],
) -> Result<Response, AppError> {
    let drawn = Drawn::new(&offer.address)?;
    Ok(visit.page(&SetUpPage::new(SetUpAt::Account, offer, drawn, problems)))
}

pub(super) fn ask_for_code(
    visit: &Visit,
    half: &HalfSignedIn,
    waiting: Waiting,
    problems: &[FieldProblem],
) -> Response {
    visit.page(&CodePage::new(half, waiting, problems))
}

/// `name` is what a passkey was called that could not be added; before one was tried, the browser's own name makes a start.
pub(super) async fn ask_to_set_up(
    visit: &Visit,
    half: &str,
    offer: Option<&str>,
    waiting: Waiting,
    problems: &[FieldProblem],
    name: Option<&str>,
) -> Result<Response, Stopped> {
    let (half, offer) = match actions::offer_first_code(visit.app(), half, offer).await {
        Ok(offered) => offered,
        Err(AppError::Invalid(problems)) => return Ok(sign_in_again(visit, "", &problems, waiting).await),
        Err(error) => return Err(error.into()),
    };
    let reset = half.reset.map(|(at, by)| {
        let by = by.unwrap_or_else(|| "Whoever runs this Sharewell".to_owned());
        format!("{by} gave you a new way to sign in on {}.", words::moment(at))
    });
    let drawn = Drawn::new(&offer.address)?;
    let page = SetUpPage {
        organisation: half.organisation,
        reset: reset.unwrap_or_default(),
        half: half.sealed,
        waiting,
        name: name_field(name.unwrap_or_default(), problems),
        ..SetUpPage::new(SetUpAt::Door, offer, drawn, problems)
    };
    Ok(visit.page(&page))
}

/// Whether it is the first step that is to be taken again.
pub(super) fn from_the_start(problems: &[FieldProblem]) -> bool {
    problems.iter().any(|problem| problem.field == "password")
}

/// `POST /sign-in/code`
pub(in crate::web) async fn code(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let (half, waiting) = (sent.text("half"), Waiting::of(&sent));
    let device = Device::of(&headers, &visit.app().config);
    match actions::finish_sign_in(visit.app(), &half, &sent.text("code"), &device).await {
        Ok(entered) => enter(&visit, &headers, &entered, &waiting).await,
        Err(AppError::Invalid(problems)) if from_the_start(&problems) => {
            Ok(sign_in_again(&visit, "", &problems, waiting).await)
        }
        Err(AppError::Invalid(problems)) => match actions::half_signed_in(visit.app(), &half).await {
            Ok(half) => Ok(ask_for_code(&visit, &half, waiting, &problems)),
            Err(AppError::Invalid(problems)) => Ok(sign_in_again(&visit, "", &problems, waiting).await),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// The recovery codes of somebody who has just set up their second step, and their session.
pub(super) async fn shown_codes(
    visit: &Visit,
    headers: &HeaderMap,
    entered: &Entered,
    codes: Vec<String>,
    waiting: Waiting,
) -> Result<Response, Stopped> {
    let mut response = visit.page(&CodesPage { codes, at: SetUpAt::Door, waiting });
    come_in(visit, headers, &mut response, entered).await?;
    Ok(response)
}

/// `POST /sign-in/set-up`
pub(in crate::web) async fn set_up(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let (half, offer, waiting) = (sent.text("half"), sent.text("offer"), Waiting::of(&sent));
    let device = Device::of(&headers, &visit.app().config);
    match actions::set_up_first_code(visit.app(), &half, &offer, &sent.text("code"), &device).await {
        Ok((entered, codes)) => shown_codes(&visit, &headers, &entered, codes, waiting).await,
        Err(AppError::Invalid(problems)) if from_the_start(&problems) => {
            Ok(sign_in_again(&visit, "", &problems, waiting).await)
        }
        Err(AppError::Invalid(problems)) => ask_to_set_up(&visit, &half, Some(&offer), waiting, &problems, None).await,
        Err(error) => Err(error.into()),
    }
}

//! A link to hand over: an invitation, or a new password. It is shown once.

use axum::http::HeaderMap;
use axum::http::header::HOST;
use casework::{Member, Membership, SecondStep};
use serde::Serialize;

use crate::actions::GivenLink;
use crate::web::page::{Menu, Page};
use crate::web::{Stopped, Visit, words};

/// A link, as it is handed over.
#[derive(Debug, Clone, Serialize)]
pub struct Given {
    /// The whole address.
    pub address: String,
    /// Until when it holds.
    pub until: String,
}

/// The address of a link. What is secret stands after the `#`, which a browser sends to nobody: no server, proxy or log sees it.
pub(super) fn given(visit: &Visit, headers: &HeaderMap, link: &GivenLink) -> Given {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let here = visit.app().config.address.clone().unwrap_or_else(|| format!("http://{host}"));
    Given { address: format!("{here}/link#{}", link.code.text()), until: words::moment(link.ends_at) }
}

/// The page that shows a link.
#[derive(Debug, Serialize)]
pub struct LinkPage {
    link: Given,
    joins: bool,
    /// Whether they set up a one-time code as well.
    code: bool,
    name: String,
    email: String,
    href: String,
}

impl LinkPage {
    fn of(link: &Given, member: &Member, second_step: SecondStep) -> Self {
        let joins = member.membership == Membership::Invited;
        Self {
            link: link.clone(),
            joins,
            code: joins && second_step == SecondStep::Demanded,
            name: member.name.clone(),
            email: member.email.clone(),
            href: format!("/organisation/members/{}", member.id),
        }
    }
}

/// The page that shows this link.
pub(super) fn link_page(visit: &Visit, headers: &HeaderMap, link: &GivenLink) -> Result<LinkPage, Stopped> {
    let second_step = visit.actor()?.organisation.second_step;
    Ok(LinkPage::of(&given(visit, headers, link), &link.member, second_step))
}

impl Page for LinkPage {
    const TEMPLATE: &'static str = "organisation/link.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "A link to hand over".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |joins| Self {
            link: Given {
                address: "http://127.0.0.1:8080/link#0198e000-0000-7000-8000-000000000000.00".into(),
                until: "30 November 2026, 3:15pm".into(),
            },
            joins,
            code: joins,
            name: "Amina Hart".into(),
            email: "a.hart@larkfield.example".into(),
            href: "/organisation/members/1".into(),
        };
        vec![("an invitation", page(true)), ("a new password", page(false))]
    }
}

//! A certificate of destruction: read, printed, downloaded, and its proof.

use axum::extract::Path;
use axum::response::Response;
use casework::DestructionId;
use serde::Serialize;

use super::{ground, kind, paper, what_existed};
use crate::AppError;
use crate::actions::{self, Certificate};
use crate::error::named;
use crate::web::decisions::{LedgerLines, download};
use crate::web::page::{Menu, Page};
use crate::web::{Stopped, Visit, words};

/// A version that existed, with its entry in the ledger.
#[derive(Clone, Debug, Serialize)]
pub struct EntryLine {
    /// What it was.
    pub what: String,
    /// When it was recorded.
    pub when: String,
    /// Its number in the ledger; empty while it has none.
    pub number: String,
    /// What the ledger holds of it.
    pub digest: String,
}

/// The certificate's page.
#[derive(Debug, Serialize)]
pub struct CertificatePage {
    id: String,
    when: String,
    accountable: String,
    by: String,
    /// When it was destroyed again, if a restore had brought it back.
    again: String,
    ground: &'static str,
    rule: String,
    person: String,
    what: String,
    drafts: u64,
    lived_on: u64,
    entries: Vec<EntryLine>,
    ledger: LedgerLines,
}

/// Every version that existed.
pub(super) fn entries(certificate: &Certificate) -> Vec<EntryLine> {
    let mut lines = Vec::new();
    for existed in &certificate.destruction.existed {
        for version in &existed.versions {
            let several = existed.versions.len() > 1;
            let which = if several { format!(", version {}", version.version) } else { String::new() };
            lines.push(EntryLine {
                what: format!("{} {}{which}", sentence(kind(&existed.kind).0), existed.id),
                when: words::moment(version.recorded_at),
                number: certificate.numbers.get(&version.leaf).map(ToString::to_string).unwrap_or_default(),
                digest: version.stored_sha256.clone(),
            });
        }
    }
    lines
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl CertificatePage {
    fn new(organisation: &str, certificate: &Certificate, ledger: LedgerLines) -> Self {
        let destruction = &certificate.destruction;
        let by = certificate.decided_by.as_ref();
        Self {
            id: destruction.id.to_string(),
            when: words::moment(destruction.decided_at),
            accountable: words::accountable(organisation, "this destruction"),
            by: by.map(|member| format!("{}, {}", member.name, member.role_title)).unwrap_or_default(),
            again: destruction.again_at.map(words::moment).unwrap_or_default(),
            ground: ground(destruction.ground),
            rule: destruction.rule.clone(),
            person: destruction.person.to_string(),
            what: what_existed(destruction),
            drafts: destruction.drafts,
            lived_on: destruction.lived_on,
            entries: entries(certificate),
            ledger,
        }
    }
}

impl Page for CertificatePage {
    const TEMPLATE: &'static str = "retention/certificate.html";
    const MENU: Menu = Menu::Retention;

    fn title(&self) -> String {
        "A certificate of destruction".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let entry = |number: &str| EntryLine {
            what: "Decision 0198c".into(),
            when: "23 November 2026, 3:15pm".into(),
            number: number.into(),
            digest: "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c".into(),
        };
        let page = |entries: Vec<EntryLine>, drafts, lived_on, receipt| Self {
            id: "0198e".into(),
            when: "23 November 2026, 3:15pm".into(),
            accountable: words::accountable("Larkfield School", "this destruction"),
            by: "Ada Lovell, Business manager".into(),
            again: if receipt { "1 December 2026, 9:05am".into() } else { String::new() },
            ground: ground(casework::Ground::RetentionRule),
            rule: "25 years after birth".into(),
            person: "0198b".into(),
            what: if entries.is_empty() { "" } else { "1 decision" }.into(),
            drafts,
            lived_on,
            entries,
            ledger: LedgerLines::sample(receipt),
        };
        vec![("full", page(vec![entry("12"), entry("")], 1, 2, true)), ("nothing left", page(vec![], 0, 0, false))]
    }
}

async fn found(visit: &Visit, id: &str) -> Result<Certificate, Stopped> {
    let id: DestructionId = named(id)?;
    Ok(actions::destruction(visit.app(), visit.actor()?, id).await?)
}

/// `GET /retention/destructions/{destruction}`
pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let certificate = found(&visit, &id).await?;
    let key = actions::ledger_key(visit.app(), visit.actor()?).await?;
    let witnessing = actions::witnessing(visit.app(), visit.actor()?.organisation.id).await?;
    let ledger = LedgerLines::new(&visit, &certificate.ledger, &witnessing, key);
    Ok(visit.page(&CertificatePage::new(&visit.actor()?.organisation.name, &certificate, ledger)))
}

/// `GET /retention/destructions/{destruction}/certificate.pdf`
pub(super) async fn pdf(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    actions::take_file(visit.app(), actor).await?;
    let certificate = found(&visit, &id).await?;
    let key = actions::ledger_key(visit.app(), actor).await?;
    let document = paper::of(&actor.organisation.name, visit.app().is_demo(), &certificate, &key);
    let rendered = tokio::task::spawn_blocking(move || document::render(&document)).await;
    let bytes = rendered.map_err(AppError::internal)?.map_err(AppError::internal)?;
    Ok(download("application/pdf", &format!("destruction-{id}.pdf"), bytes))
}

/// `GET /retention/destructions/{destruction}/certificate.json`: what `sharewell verify` checks.
pub(super) async fn data(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id: DestructionId = named(&id)?;
    actions::take_file(visit.app(), visit.actor()?).await?;
    let file = actions::certificate_file(visit.app(), visit.actor()?, id).await?;
    let body = serde_json::to_vec_pretty(&file).map_err(AppError::internal)?;
    Ok(download("application/json", &format!("destruction-{id}.json"), body))
}

/// `GET /retention/destructions/{destruction}/receipt`
pub(super) async fn receipt(visit: Visit, Path(id): Path<String>) -> Result<Response, Stopped> {
    let id: DestructionId = named(&id)?;
    let receipt = actions::destruction_receipt(visit.app(), visit.actor()?, id).await?;
    Ok(download("text/plain; charset=utf-8", &format!("destruction-{id}.tlog-proof"), receipt.into_bytes()))
}

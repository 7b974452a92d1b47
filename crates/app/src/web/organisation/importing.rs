//! Many members at once, from a table: sent as a file or pasted, looked at row by row, mended, and then invited all together.

use axum::extract::Multipart;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::link::given;
use crate::actions::{self, ImportRow, neutral};
use crate::web::fields::{ErrorLine, Field, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::{Stopped, Visit};
use crate::{AppError, FieldProblem};

const SEALED_FOR: &str = "links to download";

/// How long the links of a result page can be downloaded from it.
const DOWNLOAD_SECONDS: i64 = 15 * 60;

/// A row in the table of a page.
#[derive(Debug, Serialize)]
pub struct RowLine {
    line: u64,
    cells: Vec<String>,
    problems: Vec<String>,
}

/// The page to send a table from, with what is to be put right in it.
#[derive(Debug, Serialize)]
pub struct ImportPage {
    errors: Vec<ErrorLine>,
    text: Field,
    /// What is to be put right about the file that was sent; may be empty.
    file: String,
    rows: Vec<RowLine>,
    /// How many rows need something.
    wrong: usize,
}

impl ImportPage {
    fn of(text: &str, rows: &[ImportRow], problems: &[FieldProblem]) -> Self {
        let line =
            |row: &ImportRow| RowLine { line: row.line, cells: row.cells.to_vec(), problems: row.problems.clone() };
        let wrong = rows.iter().filter(|row| !row.problems.is_empty()).count();
        let summary = (wrong > 0).then(|| FieldProblem {
            field: "text".to_owned(),
            message: if wrong == 1 {
                "1 row needs something put right. It is said beside it.".to_owned()
            } else {
                format!("{wrong} rows need something put right. It is said beside each.")
            },
        });
        let problems: Vec<FieldProblem> = problems.iter().cloned().chain(summary).collect();
        let field = Field::long("text", "The table", text, 10)
            .hint("The first line names the columns: name, e-mail, job, roles, team. Paste it from a spreadsheet, or as CSV.")
            .with(&problems);
        // Those that need something come first.
        let mut rows: Vec<RowLine> = rows.iter().map(line).collect();
        rows.sort_by_key(|row| row.problems.is_empty());
        let file = problems.iter().find(|problem| problem.field == "file");
        let file = file.map(|problem| problem.message.clone()).unwrap_or_default();
        Self { errors: error_lines(&problems, &[]), text: field, file, rows, wrong }
    }
}

impl Page for ImportPage {
    const TEMPLATE: &'static str = "organisation/import.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Invite many members".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |problems: &[&str]| RowLine {
            line: 2,
            cells: ["Amina Hart", "a.hart@larkfield.example", "Teacher", "practitioner", ""]
                .map(str::to_owned)
                .to_vec(),
            problems: problems.iter().map(|&problem| problem.to_owned()).collect(),
        };
        let wrong = [FieldProblem { field: "text".into(), message: "1 row needs something put right.".into() }];
        let page = |rows: Vec<RowLine>, problems: &[FieldProblem]| Self {
            wrong: rows.iter().filter(|row| !row.problems.is_empty()).count(),
            rows,
            ..Self::of("name,e-mail,job,roles,team", &[], problems)
        };
        let file = [FieldProblem { field: "file".into(), message: "Choose a file first.".into() }];
        vec![
            ("empty", page(vec![], &[])),
            ("with another file", page(vec![], &file)),
            ("with mistakes", page(vec![row(&["There is no role “x”."]), row(&[])], &wrong)),
            ("ready", page(vec![row(&[])], &[])),
        ]
    }
}

/// `GET /organisation/import`
pub(super) async fn page(visit: Visit) -> Result<Response, Stopped> {
    actions::members_to_administer(visit.app(), visit.actor()?).await?;
    Ok(visit.page(&ImportPage::of("", &[], &[])))
}

async fn looked_at(visit: &Visit, text: &str) -> Result<Response, Stopped> {
    match actions::look_at_table(visit.app(), visit.actor()?, text).await {
        Ok(rows) => Ok(visit.page(&ImportPage::of(text, &rows, &[]))),
        Err(AppError::Invalid(problems)) => Ok(visit.page(&ImportPage::of(text, &[], &problems))),
        Err(error) => Err(error.into()),
    }
}

/// The text of the file that was sent, or what is to be put right about it.
async fn file_text(mut sent: Multipart) -> Result<String, &'static str> {
    let unreadable = |_| "The file could not be read. Choose it again, or paste the table.";
    while let Some(part) = sent.next_field().await.map_err(unreadable)? {
        if part.name() != Some("file") {
            continue;
        }
        let named = part.file_name().is_some_and(|name| !name.is_empty());
        let bytes = part.bytes().await.map_err(unreadable)?;
        return match (named, bytes.is_empty()) {
            (false, true) => Err("Choose a file first."),
            (true, true) => Err("This file is empty. Choose another."),
            _ => actions::decoded(&bytes),
        };
    }
    Err("Choose a file first.")
}

/// `POST /organisation/import/file`: a file is read into the text, where it can be mended.
pub(super) async fn file(visit: Visit, sent: Multipart) -> Result<Response, Stopped> {
    actions::members_to_administer(visit.app(), visit.actor()?).await?;
    match file_text(sent).await {
        Ok(text) => looked_at(&visit, &text.replace("\r\n", "\n")).await,
        Err(message) => {
            let problem = FieldProblem { field: "file".to_owned(), message: message.to_owned() };
            Ok(visit.page(&ImportPage::of("", &[], &[problem])))
        }
    }
}

/// `POST /organisation/import`: look at it, or invite everybody in it.
pub(super) async fn send(visit: Visit, headers: HeaderMap, sent: Sent) -> Result<Response, Stopped> {
    let text = sent.text("text");
    if sent.text("go") != "invite" {
        return looked_at(&visit, &text).await;
    }
    match actions::invite_all(visit.app(), visit.actor()?, &text).await {
        Ok(links) => {
            let people: Vec<Invited> = links
                .iter()
                .map(|link| Invited {
                    name: link.member.name.clone(),
                    email: link.member.email.clone(),
                    link: given(&visit, &headers, link).address,
                })
                .collect();
            Ok(visit.page(&InvitedPage::of(&visit, people)?))
        }
        Err(AppError::Invalid(problems)) => match actions::look_at_table(visit.app(), visit.actor()?, &text).await {
            Ok(rows) => {
                let said = rows.iter().any(|row| !row.problems.is_empty());
                Ok(visit.page(&ImportPage::of(&text, &rows, if said { &[] } else { &problems })))
            }
            Err(AppError::Invalid(problems)) => Ok(visit.page(&ImportPage::of(&text, &[], &problems))),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// Somebody who was invited, with the link to hand over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Invited {
    name: String,
    email: String,
    link: String,
}

/// What a result page carries for its download: for the one who was shown it.
#[derive(Serialize, Deserialize)]
struct Carried {
    by: casework::MemberId,
    people: Vec<Invited>,
}

/// Everybody who was invited, with their links: shown once.
#[derive(Debug, Serialize)]
pub struct InvitedPage {
    people: Vec<Invited>,
    sealed: String,
}

impl InvitedPage {
    fn of(visit: &Visit, people: Vec<Invited>) -> Result<Self, Stopped> {
        let app = visit.app();
        let carried = Carried { by: visit.actor()?.member.id, people };
        let plain = serde_json::to_vec(&carried).map_err(AppError::internal)?;
        let sealed = app.seals.seal(SEALED_FOR, &plain, app.clock.now().plus_seconds(DOWNLOAD_SECONDS))?;
        Ok(Self { people: carried.people, sealed })
    }
}

impl Page for InvitedPage {
    const TEMPLATE: &'static str = "organisation/invited.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Links to hand over".to_owned()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let one = Invited {
            name: "Amina Hart".into(),
            email: "a.hart@larkfield.example".into(),
            link: "http://127.0.0.1:8080/link#0198e".into(),
        };
        vec![("full", Self { people: vec![one], sealed: "c2VhbGVk".into() })]
    }
}

/// `POST /organisation/import/links`: the links as a file, while the page that showed them is fresh.
pub(super) async fn links(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let app = visit.app();
    actions::members_to_administer(app, visit.actor()?).await?;
    let plain = app.seals.open(SEALED_FOR, &sent.text("sealed"), app.clock.now()).ok_or(AppError::NotFound)?;
    let carried: Carried = serde_json::from_slice(&plain).map_err(AppError::internal)?;
    if carried.by != visit.actor()?.member.id {
        return Err(AppError::NotFound.into());
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["name", "e-mail", "link"]).map_err(AppError::internal)?;
    for one in &carried.people {
        csv.write_record(
            [neutral(&one.name), neutral(&one.email), neutral(&one.link)].map(std::borrow::Cow::into_owned),
        )
        .map_err(AppError::internal)?;
    }
    let bytes = csv.into_inner().map_err(|error| AppError::internal(error.to_string()))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"links.csv\""));
    Ok(response)
}

//! Many members at once, teams, and who answers for what.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use casework::{InvolvedBy, Membership, NewContact, OutsideOfficer, Responsible, Role, Terms};
use house::House;
use http_body_util::BodyExt;
use sharewell::AppError;
use sharewell::actions::{self, Actor, HandOver, Involve};
use tower::ServiceExt;

fn fields(error: &AppError) -> Vec<&str> {
    match error {
        AppError::Invalid(problems) => problems.iter().map(|problem| problem.field.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

async fn sent(house: &House, address: &str, kind: &str, body: Vec<u8>) -> (StatusCode, String) {
    let token = house.token("teacher@fernbank.example").await;
    let request = Request::post(address)
        .header("sec-fetch-site", "same-origin")
        .header("host", "127.0.0.1:8080")
        .header(header::COOKIE, format!("sharewell={token}"))
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(body));
    let answer = house.router().oneshot(request.unwrap()).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn form(house: &House, address: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let body = serde_urlencoded::to_string(fields).unwrap();
    sent(house, address, "application/x-www-form-urlencoded", body.into_bytes()).await
}

const HEAD: &str = "Name;E-mail;Job;Roles;Team\n";

#[tokio::test]
async fn every_mistake_of_a_table_stands_beside_its_row_and_nothing_is_lost() {
    let house = House::new().await;
    actions::save_team(&house.app, &house.school, None, "Safeguarding", &BTreeSet::new()).await.unwrap();
    let table = format!(
        "{HEAD}Robin Vale;r.vale@fernbank.example;Teacher;practitioner;safeguarding\n\
         ;no-address;;practicioner;Safegarding\n\
         Ash Moor;R.Vale@fernbank.example;Nurse;manager;\n\
         Old Hand;teacher@fernbank.example;Head;admin;"
    );
    let rows = actions::look_at_table(&house.app, &house.school, &table).await.unwrap();
    let problems: Vec<String> = rows.iter().map(|row| row.problems.join(" ")).collect();
    assert_eq!(problems[0], "");
    for said in [
        "There is no role “practicioner”. Did you mean `practitioner`?",
        "Enter the member’s name.",
        "Enter the member’s job.",
        "Enter an e-mail address",
        "There is no team “Safegarding”. Did you mean `Safeguarding`?",
    ] {
        assert!(problems[1].contains(said), "{said} in {}", problems[1]);
    }
    assert_eq!(problems[2], "The same e-mail address stands in line 2.");
    assert_eq!(problems[3], "They are a member already. Take this row out.");
    let (status, page) = form(&house, "/organisation/import", &[("text", &table), ("go", "invite")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("3 rows need something put right") && page.contains("Ash Moor;R.Vale"), "{page}");
    assert!(!page.contains("Invite everybody in it"));
    let members = actions::members(&house.app, &house.school).await.unwrap();
    assert_eq!(members.len(), 1, "nobody was invited");
}

#[tokio::test]
async fn a_file_of_an_older_program_is_read_mended_and_all_are_invited_at_once() {
    let house = House::new().await;
    let team = actions::save_team(&house.app, &house.school, None, "Nurses", &BTreeSet::new()).await.unwrap();
    let mut file = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"staff.csv\"\r\nContent-Type: text/csv\r\n\r\n".to_vec();
    file.extend_from_slice(
        b"name;e-mail;job;roles;team\r\n=Zo\xeb Vale;z.vale@fernbank.example;Nurse;practitioner;nurses\r\n",
    );
    file.extend_from_slice(b"Ash Moor;a.moor@fernbank.example;Head;manager,adviser;\r\n\r\n--x--\r\n");
    let (status, page) = sent(&house, "/organisation/import/file", "multipart/form-data; boundary=x", file).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("Zoë Vale") && page.contains("Invite everybody in it"), "{page}");
    let text = "name;e-mail;job;roles;team\n=Zoë Vale;z.vale@fernbank.example;Nurse;practitioner;nurses\nAsh Moor;a.moor@fernbank.example;Head;manager,adviser;";
    let (status, page) = form(&house, "/organisation/import", &[("text", text), ("go", "invite")]).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let sealed = page.split("name=\"sealed\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let (_, links) = form(&house, "/organisation/import/links", &[("sealed", sealed)]).await;
    assert!(
        links.starts_with("name,e-mail,link\n'=Zoë Vale,z.vale@fernbank.example,http://127.0.0.1:8080/link#"),
        "{links}"
    );
    assert_eq!(links.lines().count(), 3);
    let members = actions::members(&house.app, &house.school).await.unwrap();
    let nurse = members.iter().find(|member| member.email == "z.vale@fernbank.example").unwrap();
    assert_eq!((nurse.membership, members.len()), (Membership::Invited, 3));
    let teams = actions::teams_to_administer(&house.app, &house.school).await.unwrap().teams;
    assert_eq!(teams.iter().find(|one| one.id == team.id).unwrap().members, BTreeSet::from([nurse.id]));
    let link = links.lines().nth(1).unwrap().rsplit(',').next().unwrap();
    actions::use_link(&house.app, link, "orchid thimble quarry").await.unwrap();
    // What was carried is of no use later, nor to anybody else.
    house.app.clock.put_forward(15 * 60);
    let (status, _) = form(&house, "/organisation/import/links", &[("sealed", sealed)]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_address_taken_elsewhere_invites_nobody() {
    let house = House::new().await;
    house.neighbour().await;
    let table = format!("{HEAD}A B;a.b@fernbank.example;T;manager;\nC D;doctor@harrowlane.example;T;manager;");
    let refused = actions::invite_all(&house.app, &house.school, &table).await.unwrap_err();
    assert!(refused.to_string().contains("line 3"), "{refused}");
    assert_eq!(actions::members(&house.app, &house.school).await.unwrap().len(), 1);
    let many = format!("{HEAD}{}", "A;a@b.example;T;manager;\n".repeat(actions::MOST_ROWS + 1));
    assert_eq!(fields(&actions::look_at_table(&house.app, &house.school, &many).await.unwrap_err()), ["text"]);
}

#[tokio::test]
async fn a_file_that_is_no_table_becomes_no_members() {
    let house = House::new().await;
    let before = std::fs::read_dir(house.folder.path()).unwrap().count();
    let packed = [&b"PK\x03\x04\x14\0\0\0\x08\0xl/workbook.xml\0\0"[..], &[0x9c; 300]].concat();
    for (name, file) in [
        ("staff.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("staff.csv", packed),
        ("staff.exe", b"MZ\x90\0\x03\0\0\0".to_vec()),
        ("../../keys/installation.key", b"name\n".to_vec()),
        ("/etc/passwd", Vec::new()),
        ("staff.csv", b"<script>alert(1)</script>\n1,2,3".to_vec()),
        ("staff.csv", vec![0; 100_000]),
        ("staff.csv", b"\"".repeat(100_000)),
    ] {
        let head = format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), &file, b"\r\n--x--\r\n"].concat();
        let (status, page) = sent(&house, "/organisation/import/file", "multipart/form-data; boundary=x", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {page}");
        assert!(!page.contains("<script>alert") && !page.contains("Invite everybody in it"), "{name}");
    }
    let huge = [
        &b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"[..],
        &vec![b'a'; 3_000_000],
        b"\r\n--x--\r\n",
    ];
    let (status, _) = sent(&house, "/organisation/import/file", "multipart/form-data; boundary=x", huge.concat()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(actions::members(&house.app, &house.school).await.unwrap().len(), 1);
    assert_eq!(std::fs::read_dir(house.folder.path()).unwrap().count(), before, "nothing was laid down");
}

#[tokio::test]
async fn teams_are_made_renamed_filled_and_closed_and_whoever_leaves_is_in_none() {
    let house = House::new().await;
    let nurse = house.colleague("nurse@fernbank.example", Role::Practitioner).await;
    let save = async |earlier, name: &str, members: &[casework::MemberId]| {
        let members: BTreeSet<_> = members.iter().copied().collect();
        actions::save_team(&house.app, &house.school, earlier, name, &members).await
    };
    let team = save(None, " Nurses ", &[nurse.id]).await.unwrap();
    assert_eq!(team.name, "Nurses");
    assert_eq!(fields(&save(None, "NURSES", &[]).await.unwrap_err()), ["name"]);
    let neighbour = house.neighbour().await;
    let elsewhere = save(Some((team.id, 1)), "", &[neighbour.member.id]).await.unwrap_err();
    assert_eq!(fields(&elsewhere), ["name", "members"]);
    let renamed = save(Some((team.id, 1)), "Night nurses", &[nurse.id]).await.unwrap();
    assert!(matches!(save(Some((team.id, 1)), "Late", &[]).await, Err(AppError::Conflict)));
    assert!(matches!(actions::close_team(&house.app, &neighbour, team.id).await, Err(AppError::NotFound)));
    let none = HandOver::default();
    actions::hand_over(&house.app, &house.school, nurse.id, &none, true).await.unwrap();
    let teams = actions::teams_to_administer(&house.app, &house.school).await.unwrap().teams;
    assert_eq!((teams[0].version, teams[0].members.len()), (renamed.version + 1, 0));
    let closed = actions::close_team(&house.app, &house.school, team.id).await.unwrap();
    assert!(closed.closed);
    save(None, "Night nurses", &[]).await.unwrap();
}

#[tokio::test]
async fn a_team_that_alone_has_a_matter_is_neither_closed_nor_emptied_and_its_last_member_hands_on_first() {
    let house = House::new().await;
    let nurse = house.colleague("nurse@fernbank.example", Role::Practitioner).await;
    let only = BTreeSet::from([nurse.id]);
    let team = actions::save_team(&house.app, &house.school, None, "Nurses", &only).await.unwrap();
    let matter = actions::open_matter(&house.app, &house.school, "Missed meals".into()).await.unwrap();
    let terms = Terms { until: None, why: "They see the children".into() };
    actions::involve(&house.app, &house.school, matter.id, Involve::Team(team.id), &terms).await.unwrap();
    // Whoever opened it is involved too: then the team may go.
    let closable = actions::save_team(&house.app, &house.school, Some((team.id, 1)), "Nurses", &BTreeSet::new()).await;
    let team =
        actions::save_team(&house.app, &house.school, Some((team.id, closable.unwrap().version)), "Nurses", &only);
    let team = team.await.unwrap();
    let own = InvolvedBy::Assignment(house.school.member.id);
    actions::end_involvement(&house.app, &house.school, matter.id, own).await.unwrap();
    let close = async || actions::close_team(&house.app, &house.school, team.id).await;
    assert_eq!(fields(&close().await.unwrap_err()), ["members"]);
    let emptied =
        actions::save_team(&house.app, &house.school, Some((team.id, team.version)), "Nurses", &BTreeSet::new()).await;
    assert_eq!(fields(&emptied.unwrap_err()), ["members"]);
    let (status, page) = form(&house, &format!("/organisation/teams/{}/close", team.id), &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Nobody could work on some of this team’s matters"), "{page}");
    // The last of them leaves: the matter is handed on with the rest of their work.
    let leave = async |over: HandOver| actions::hand_over(&house.app, &house.school, nurse.id, &over, true).await;
    assert_eq!(fields(&leave(HandOver::default()).await.unwrap_err()), ["to"]);
    leave(HandOver { everything: Some(house.school.member.id), ..HandOver::default() }).await.unwrap();
    actions::matter(&house.app, &house.school, matter.id).await.unwrap();
    close().await.unwrap();
}

#[tokio::test]
async fn a_number_can_be_rung_and_was_checked_already() {
    let house = House::new().await;
    let today = house.app.clock.today();
    let new = NewContact {
        council: "Northmere Council".into(),
        service: "csc".into(),
        phone: "01632 960101, then 2".into(),
        hours: String::new(),
        source: "Their website".into(),
        checked_on: today.tomorrow().unwrap(),
        confirmed: true,
    };
    let record = async |earlier, new| actions::record_contact(&house.app, &house.school, earlier, new).await;
    assert_eq!(fields(&record(None, new.clone()).await.unwrap_err()), ["phone", "checked_on"]);
    let right = NewContact { phone: "01632 960101".into(), checked_on: today, ..new };
    let kept = record(None, right.clone()).await.unwrap();
    let changed = NewContact { council: "Northmere and District".into(), ..right };
    record(Some((kept.id, kept.version)), changed.clone()).await.unwrap();
    assert!(matches!(record(Some((kept.id, kept.version)), changed).await, Err(AppError::Conflict)));
    let doors = actions::contacts(&house.app, &house.school).await.unwrap();
    assert_eq!((doors.len(), doors[0].council.as_str()), (1, "Northmere and District"));
}

#[tokio::test]
async fn a_guardian_advises_and_works_here_and_an_officer_may_be_outside() {
    let house = House::new().await;
    let manager = house.colleague("head@fernbank.example", Role::Manager).await;
    let adviser = house.colleague("adviser@fernbank.example", Role::Adviser).await;
    let version = house.school.organisation.version;
    let name = async |version, responsible: Responsible| {
        actions::name_responsible(&house.app, &house.school, version, &responsible).await
    };
    let wrong = Responsible {
        guardian: Some(manager.id),
        dpo: Some(manager.id),
        dpo_outside: Some(OutsideOfficer { name: "Schools’ officer".into(), contact: String::new() }),
        ..Responsible::default()
    };
    assert_eq!(fields(&name(version, wrong).await.unwrap_err()), ["guardian", "dpo", "dpo_contact"]);
    let right = Responsible { guardian: Some(adviser.id), ..Responsible::default() };
    let named = name(version, right.clone()).await.unwrap();
    assert_eq!(named.responsible, right);
    let token = house.token("adviser@fernbank.example").await;
    assert!(actions::actor(&house.app, &token).await.unwrap().member.guardian);
    assert!(matches!(name(version, right).await, Err(AppError::Conflict)));
    let head = Actor { member: manager, ..house.school.clone() };
    let refused = actions::name_responsible(&house.app, &head, named.version, &Responsible::default()).await;
    assert!(matches!(refused, Err(AppError::NotFound)));
    let two = BTreeSet::from(["Halton".to_owned(), "Warrington".to_owned()]);
    let partners =
        actions::name_partners(&house.app, &house.school, named.version, &two, "NHS.net\n@bücher.example\n").await;
    let partners = partners.unwrap();
    assert_eq!(partners.partnerships, two);
    assert_eq!(partners.secure_domains, BTreeSet::from(["nhs.net".to_owned(), "xn--bcher-kva.example".to_owned()]));
    let wrong = actions::name_partners(&house.app, &house.school, partners.version, &two, "nhs").await;
    assert_eq!(fields(&wrong.unwrap_err()), ["domains"]);
}

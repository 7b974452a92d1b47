//! Through every page, form and route of the API, with canaries in every field.

use casework::Role;
use serde_json::{Value, json};
use sharewell::actions;

use crate::browser::{GOES, SECRET, STAYS, Voice, Walker, filled};
use crate::house::{House, pack, told_by_a_child};

/// What the walk leaves behind, to be looked at afterwards.
pub struct Left {
    /// The person who was destroyed, and their matter's page.
    pub matter_gone: String,
    /// What is handed to others: receipts, certificates and their list.
    pub handed_out: Vec<(String, Vec<u8>)>,
}

fn own(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The id that stands after `before` in a text.
fn id_after(text: &str, before: &str) -> String {
    let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.chars().take(36).collect()
}

pub async fn walk(house: &House, walker: &Walker<'_>) -> Left {
    door(walker).await;
    let decided = decide(walker).await;
    talk(walker).await;
    matters(walker, &decided).await;
    people(walker).await;
    organisation(walker).await;
    involving(walker).await;
    emergency(house, walker, &decided).await;
    account(walker).await;
    reading(walker).await;
    let (decision, person) = over_the_api(walker).await;
    actions::tend_ledgers(&house.app).await.unwrap();
    let mut left = retention(house, walker).await;
    for address in [format!("{decided}/receipt"), format!("/api/v1/decisions/{decision}/receipt")] {
        let receipt = walker.get(&address).await;
        assert!(receipt.text.starts_with("c2sp.org/tlog-proof"), "{}", receipt.text);
        left.handed_out.push((address, receipt.bytes));
    }
    retention_over_the_api(house, walker, &person).await;
    conflicts(house, walker).await;
    for (name, address) in [("healthz", "/healthz"), ("readyz", "/readyz"), ("openapi", "/api/v1/openapi.json")] {
        left.handed_out.push((name.to_owned(), walker.get(address).await.bytes));
    }
    walker.get("/assets/tag/css/Quillfeather.css").await;
    let witness = format!("/witness/{}", house.school.organisation.id);
    walker.post(&format!("{witness}/add-checkpoint"), &own(&[("song", STAYS.song)])).await;
    walker.get(&format!("{witness}/Quillfeather/checkpoint")).await;
    left
}

/// Last of all: it ends the sessions.
pub async fn sign_out(house: &House, walker: &Walker<'_>) {
    let token = house.token("teacher@fernbank.example").await;
    walker.post_as("/sign-out", &own(&[("song", STAYS.song)]), &token).await;
    walker.api("DELETE", "/api/v1/sessions", Some(json!({ "song": STAYS.song }))).await;
}

async fn door(walker: &Walker<'_>) {
    walker.get(&format!("/sign-in?then={}", serde_urlencoded::to_string([("x", STAYS.song)]).unwrap())).await;
    walker
        .post_as(
            "/sign-in",
            &own(&[("email", STAYS.email), ("password", SECRET), ("then", STAYS.song), ("kept", STAYS.song)]),
            "",
        )
        .await;
    walker.post_as("/sign-in/as", &own(&[("member", STAYS.song)]), "").await;
    let canaries = own(&[("kept", STAYS.song), ("then", STAYS.song)]);
    walker.post_as("/sign-in/with/Quillfeather", &canaries, "").await;
    let answer = [("code", STAYS.song), ("state", STAYS.song), ("error", STAYS.song), ("iss", STAYS.song)];
    walker.get(&format!("/sign-in/back?{}", serde_urlencoded::to_string(answer).unwrap())).await;
    for second in [
        "/sign-in/code",
        "/sign-in/set-up",
        "/sign-in/go-on",
        "/sign-in/confirm",
        "/sign-in/confirm/passkey",
        "/sign-in/confirm/passkey/ask",
        "/sign-in/confirm/provider",
        "/sign-in/passkey",
        "/sign-in/passkey/ask",
        "/sign-in/set-up/passkey",
        "/sign-in/set-up/passkey/ask",
    ] {
        let fields = ["half", "offer", "code", "password", "kept", "then", "question", "answer", "name"]
            .map(|field| (field, STAYS.song));
        walker.post_as(second, &own(&fields), "").await;
    }
    // A form that comes too late is kept, sealed, on the sign-in page, and sent again after signing in.
    let kept = walker
        .post_as("/decide/not-sharing", &own(&[("about", STAYS.song), ("reasons", STAYS.song)]), STAYS.song)
        .await;
    assert!(kept.text.contains("name=\"kept\""), "{}", kept.text);
}

/// A decision kept in a draft, question by question; the address of its record.
async fn decide(walker: &Walker<'_>) -> String {
    walker.get("/").await;
    let facts: Vec<(String, String)> = told_by_a_child()
        .facts
        .keys()
        .map(|fact| {
            let value = match fact.as_str() {
                "recipient_kind" => "council-children",
                "consent" => "not-asked",
                _ => "yes",
            };
            (format!("fact-{fact}"), value.to_owned())
        })
        .collect();
    let given: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let begun =
        walker.fill("/decide", "/decide", STAYS, &[("fact-immediate_danger", "yes"), ("fact-crime", "no")]).await;
    let draft = begun.location.rsplit_once('/').unwrap_or_else(|| panic!("{}", begun.text)).0.to_owned();
    walker.get(&draft).await;
    let now = format!("{draft}/now");
    let page = walker.get(&now).await.text;
    walker.post(&now, &filled(&page, &now, STAYS, &[("go", "next")]).unwrap()).await;
    for question in pack().pack.questions.iter().skip(1) {
        let address = format!("{draft}/{}", question.id);
        let page = walker.get(&address).await.text;
        let Some(mut fields) = filled(&page, &address, STAYS, &[("go", "next")]) else { continue };
        for (name, value) in &given {
            if let Some(field) = fields.iter_mut().find(|field| field.0 == *name) {
                (*value).clone_into(&mut field.1);
            }
        }
        let sent = walker.post(&address, &fields).await;
        assert!(sent.status.is_redirection() || sent.status.as_u16() == 422, "{address}: {}", sent.text);
    }
    let new = format!("{draft}/items/new");
    for _ in 0..2 {
        let added = walker.fill(&new, &new, STAYS, &[]).await;
        assert!(added.status.is_redirection(), "{}", added.text);
    }
    let list = walker.get(&format!("{draft}/items")).await.text;
    let item = id_after(&list, &format!("{draft}/items/"));
    walker.fill(&format!("{draft}/items/{item}"), &format!("{draft}/items/{item}"), STAYS, &[]).await;
    let other = list
        .split(&format!("{draft}/items/"))
        .map(|rest| rest.chars().take(36).collect::<String>())
        .find(|id| id.len() == 36 && *id != item && id.starts_with("01"));
    walker.post(&format!("{draft}/items/{}/remove", other.unwrap()), &own(&[("song", STAYS.song)])).await;
    for page in ["tasks", "check", "result"] {
        walker.get(&format!("{draft}/{page}")).await;
    }
    let record = format!("{draft}/record");
    let mistaken = walker
        .fill(&record, &record, STAYS, &[("people", "Zephyrine Quillfeather, 45 6 1987"), ("choice", "share")])
        .await;
    assert!(mistaken.text.contains("Enter a date of birth"), "{}", mistaken.text);
    let recorded =
        walker.fill(&record, &record, STAYS, &[("choice", "share"), ("told", "no"), ("matter", "new")]).await;
    assert!(recorded.location.starts_with("/decisions/"), "{} {}", recorded.status, recorded.text);
    // Another draft is begun and thrown away, and one is left.
    for thrown_away in [true, false] {
        let begun =
            walker.fill("/decide", "/decide", STAYS, &[("fact-immediate_danger", "no"), ("fact-crime", "no")]).await;
        let draft = begun.location.rsplit_once('/').unwrap().0.to_owned();
        let new = format!("{draft}/items/new");
        walker.fill(&new, &new, STAYS, &[]).await;
        if thrown_away {
            walker.post(&format!("{draft}/discard"), &own(&[("song", STAYS.song)])).await;
        }
    }
    recorded.location
}

async fn talk(walker: &Walker<'_>) {
    walker.get("/talk").await;
    let mut page = walker.post("/talk", &own(&[("fact-immediate_danger", "no"), ("fact-crime", "no")])).await.text;
    for question in ["recipient", "purpose", "items/new"] {
        let go = own(&[("state", &id_of(&page, "state")), ("at", &id_of(&page, "at")), ("go", question)]);
        page = walker.post("/talk", &go).await.text;
        if let Some(fields) = filled(&page, "/talk", STAYS, &[("go", "items")]) {
            page = walker.post("/talk", &fields).await.text;
        }
    }
    let kept = walker.post("/talk/keep", &own(&[("state", &id_of(&page, "state"))])).await;
    assert!(kept.location.starts_with("/decide/"), "{}", kept.text);
}

fn id_of(page: &str, field: &str) -> String {
    let value = page.split(&format!("name=\"{field}\" value=\"")).nth(1);
    value.unwrap_or_else(|| panic!("no {field} in {page}")).split('"').next().unwrap().to_owned()
}

/// Records quickly that nothing is shared about somebody; the addresses of the record and of its matter.
async fn not_shared(walker: &Walker<'_>, voice: Voice) -> (String, String) {
    let action = "/decide/not-sharing";
    let recorded = walker.fill(action, action, voice, &[("choice", "do-not-share")]).await;
    assert!(recorded.location.starts_with("/decisions/"), "{} {}", recorded.status, recorded.text);
    let page = walker.get(&recorded.location).await.text;
    (recorded.location, format!("/matters/{}", id_after(&page, "href=\"/matters/")))
}

async fn matters(walker: &Walker<'_>, decided: &str) {
    for part in ["", "/record.pdf", "/record.json", "/replay"] {
        let shown = walker.get(&format!("{decided}{part}")).await;
        assert!(shown.status.is_success(), "{decided}{part}: {}", shown.text);
    }
    let corrected = walker.post(&format!("{decided}/correct"), &own(&[("song", STAYS.song)])).await;
    let draft = corrected.location.rsplit_once('/').unwrap().0.to_owned();
    let record = format!("{draft}/record");
    let recorded = walker.fill(&record, &record, STAYS, &[("choice", "share"), ("told", "no")]).await;
    assert!(recorded.location.starts_with("/decisions/"), "{} {}", recorded.status, recorded.text);
    let list = walker.get("/matters").await.text;
    let matter = format!("/matters/{}", id_after(&list, "href=\"/matters/"));
    let named = walker.fill(&matter, &format!("{matter}/people"), STAYS, &[]).await;
    assert!(named.status.is_redirection(), "{}", named.text);
    walker.post(&format!("{matter}/decide"), &own(&[("song", STAYS.song)])).await;
}

/// Somebody is looked up for a reason, and their address is kept, protected and read.
async fn people(walker: &Walker<'_>) {
    let asked = [("name", STAYS.name), ("born", "1987")];
    walker.fill("/people", "/people", STAYS, &asked).await;
    let list = walker.get("/matters").await.text;
    let matter = walker.get(&format!("/matters/{}", id_after(&list, "href=\"/matters/"))).await.text;
    let person = format!("/people/{}", id_after(&matter, "href=\"/people/"));
    let address = format!("{person}/address");
    for protect in [vec![], vec![("protect", "yes")]] {
        let mut fields = own(&[("address", STAYS.song)]);
        fields.extend(own(&protect));
        let kept = walker.post(&address, &fields).await;
        assert_eq!(kept.location, person, "{}", kept.text);
        walker.get(&person).await;
    }
    let read = walker.post(&format!("{address}/read"), &own(&[("reason", STAYS.song)])).await;
    assert!(read.text.contains("17 Umbrellathorn"), "{}", read.text);
    walker.post(&format!("{address}/release"), &own(&[("release_reason", STAYS.song)])).await;
    walker.get(&format!("{person}/readers")).await;
    let api = format!("/api/v1{person}");
    walker.api("GET", &api, None).await;
    walker.api("GET", &format!("{api}/readers"), None).await;
    let look_up = json!({ "name": STAYS.name, "born": 1987, "reason": STAYS.song });
    walker.api("POST", "/api/v1/people/look-up", Some(look_up)).await;
    let kept =
        walker.api("PUT", &format!("{api}/address"), Some(json!({ "address": STAYS.song, "protect": true }))).await;
    assert_eq!(kept.status.as_u16(), 204, "{}", kept.text);
    walker.api("POST", &format!("{api}/address/read"), Some(json!({ "reason": STAYS.song }))).await;
    let release = json!({ "reason": STAYS.song });
    walker.api("POST", &format!("{api}/address/release"), Some(release)).await;
}

async fn organisation(walker: &Walker<'_>) {
    let step = pack().pack.questions[0].id.clone();
    walker.get("/organisation").await;
    for (action, more) in [
        ("/organisation/profile", vec![("body", "school-maintained")]),
        ("/organisation/contacts", vec![]),
        ("/organisation/procedures", vec![("step", step.as_str())]),
    ] {
        let sent = walker.fill(action, action, STAYS, &more).await;
        assert!(sent.location.contains("?saved="), "{action}: {}", sent.text);
    }
    let settings = "/organisation/sign-in";
    let saved = walker.fill(settings, settings, STAYS, &[("second_step", "offered")]).await;
    assert_eq!(saved.location, "/organisation/sign-in?saved=yes", "{}", saved.text);
    let sent = walker.fill("/organisation/responsible", "/organisation/responsible", STAYS, &[("dpo", "")]).await;
    assert!(sent.status.is_redirection() || sent.status.as_u16() == 422, "{}", sent.text);
    let partners = "/organisation/partners";
    let sent = walker.fill(partners, partners, STAYS, &[("domains", "hidden.example")]).await;
    assert!(sent.location.ends_with("?saved=yes"), "{}", sent.text);
    teams(walker).await;
    memberships(walker).await;
    table(walker).await;
}

/// A team is made, changed and closed.
async fn teams(walker: &Walker<'_>) {
    let new = "/organisation/teams/new";
    let made = walker.fill(new, new, STAYS, &[]).await;
    assert!(made.location.ends_with("?saved=yes"), "{}", made.text);
    let list = walker.get("/organisation/teams").await.text.replace("/organisation/teams/new", "");
    let team = format!("/organisation/teams/{}", id_after(&list, "href=\"/organisation/teams/"));
    let changed = walker.fill(&team, &team, STAYS, &[]).await;
    assert!(changed.location.ends_with("?saved=yes"), "{}", changed.text);
    walker.post(&format!("{team}/close"), &own(&[("song", STAYS.song)])).await;
}

/// A table with a mistake in it is looked at, mended, and everybody in it invited.
async fn table(walker: &Walker<'_>) {
    let import = "/organisation/import";
    walker.get(import).await;
    walker.get("/organisation/import/file").await;
    walker.post("/organisation/import/file", &own(&[("file", STAYS.song)])).await;
    let row = |roles: &str, email: &str| {
        format!("name;e-mail;job;roles;team\n{};{email};{};{roles};", STAYS.name, STAYS.song.replace(';', ""))
    };
    let look = own(&[("text", &row(STAYS.song, STAYS.email)), ("go", "look")]);
    let wrong = walker.post(import, &look).await;
    assert_eq!(wrong.status.as_u16(), 422, "{}", wrong.text);
    let mended = row("practitioner", "quillfeather.zephyrine@hidden.example");
    let links = walker.post(import, &own(&[("text", &mended), ("go", "invite")])).await;
    let sealed = id_of(&links.text, "sealed");
    let file = walker.post("/organisation/import/links", &own(&[("sealed", &sealed)])).await;
    assert!(file.text.contains("/link#"), "{}", file.text);
}

/// The code of the link that a page shows.
fn code_on(page: &str) -> String {
    let code = page.split("/link#").nth(1).unwrap_or_else(|| panic!("no link on {page}"));
    code.chars().take_while(|letter| letter.is_ascii_hexdigit() || ['-', '.'].contains(letter)).collect()
}

/// Somebody is invited, comes in by the link, is suspended, let in again and leaves; another comes in and stays.
async fn memberships(walker: &Walker<'_>) {
    let invite = "/organisation/members/invite";
    let invited = walker.fill(invite, invite, STAYS, &[("roles", "practitioner")]).await.text;
    let member = format!("/organisation/members/{}", id_after(&invited, "href=\"/organisation/members/"));
    walker.get("/organisation/members?status=invited").await;
    walker.get(&member).await;
    let empty = own(&[("song", STAYS.song)]);
    walker.post(&format!("{member}/withdraw"), &empty).await;
    let again = walker.post(&format!("{member}/link"), &empty).await.text;
    walker.get("/link").await;
    walker.post_as("/link", &own(&[("code", STAYS.song)]), "").await;
    let code = code_on(&again);
    let welcome = walker.post_as("/link", &own(&[("code", &code)]), "").await;
    assert!(welcome.text.contains(STAYS.email), "{}", welcome.text);
    let entered = walker.post_as("/link/password", &own(&[("code", &code), ("password", SECRET)]), "").await;
    assert!(entered.status.is_redirection(), "{}", entered.text);
    for step in ["suspend", "reactivate"] {
        let done = walker.post(&format!("{member}/{step}"), &empty).await;
        assert!(done.location.starts_with(&format!("{member}?done=")), "{}", done.text);
    }
    let out = walker.post(&format!("{member}/sign-out"), &empty).await;
    assert_eq!(out.location, format!("{member}?done=signed-out"), "{}", out.text);
    let everybody = walker.post("/organisation/sign-everybody-out", &empty).await;
    assert_eq!(everybody.location, "/organisation/sign-in?saved=everybody-out", "{}", everybody.text);
    let reset = walker.post(&format!("{member}/new-way-in"), &empty).await;
    assert!(reset.text.contains("/link#"), "{}", reset.text);
    let changed = walker.fill(&member, &member, STAYS, &[]).await;
    assert_eq!(changed.location, format!("{member}?done=changed"), "{}", changed.text);
    let gone = walker.fill(&format!("{member}/leave"), &format!("{member}/leave"), STAYS, &[]).await;
    assert_eq!(gone.location, format!("{member}?done=left"), "{}", gone.text);
    let again = walker.post(&format!("{member}/link"), &empty).await.text;
    let entered = walker.post_as("/link/password", &own(&[("code", &code_on(&again)), ("password", SECRET)]), "").await;
    // Whoever was given a new way in sets up a code of their own before anything else.
    assert!(entered.text.contains("<title>Set up a second way to prove who you are"), "{}", entered.text);
}

/// A matter is opened to the member who was just added, and closed to them again.
async fn involving(walker: &Walker<'_>) {
    let list = walker.get("/matters").await.text;
    let matter = format!("/matters/{}", id_after(&list, "href=\"/matters/"));
    let involve = format!("{matter}/involve");
    walker.fill(&involve, &involve, STAYS, &[("way", "invite"), ("name", STAYS.song)]).await;
    let invited = walker.fill(&involve, &involve, STAYS, &[("way", "invite"), ("name", STAYS.name)]).await;
    assert_eq!(invited.location, format!("{matter}?done=opened"), "{}", invited.text);
    let page = walker.get(&matter).await.text;
    let by = format!("invitation:{}", id_after(&page, "value=\"invitation:"));
    let ended = walker.post(&format!("{matter}/involvement/end"), &own(&[("by", &by), ("song", STAYS.song)])).await;
    assert_eq!(ended.location, format!("{matter}?done=ended"), "{}", ended.text);
}

/// A colleague opens the matter of a decision in an emergency and reads it; a manager reviews that.
async fn emergency(house: &House, walker: &Walker<'_>, decided: &str) {
    let mut tokens = Vec::new();
    for (email, role) in [("night@fernbank.example", Role::Practitioner), ("manager@fernbank.example", Role::Manager)] {
        house.colleague(email, role).await;
        tokens.push(house.token(email).await);
    }
    let (night, manager) = (&tokens[0], &tokens[1]);
    let begin = "/emergency-access";
    let asked = serde_urlencoded::to_string([("matter", STAYS.song), ("person", STAYS.song)]).unwrap();
    walker.get(&format!("{begin}?{asked}")).await;
    let wrong = walker.fill(begin, begin, STAYS, &[]).await;
    assert_eq!(wrong.status.as_u16(), 422, "{}", wrong.text);
    let open = walker.post_as(begin, &own(&[("matter", decided), ("reason", STAYS.song)]), night).await;
    assert!(open.location.starts_with("/matters/"), "{} {}", open.status, open.text);
    for address in [open.location.as_str(), decided] {
        let read = walker.get_as(address, night).await;
        assert!(read.status.is_success() && read.text.contains("Emergency access until"), "{}", read.text);
    }
    walker.get_as("/oversight", manager).await;
    let list = walker.get_as("/oversight/emergency", manager).await.text;
    let access = id_after(&list, "href=\"/oversight/emergency/");
    let record = format!("/oversight/emergency/{access}");
    let page = walker.get_as(&record, manager).await.text;
    let ended = walker.post_as(&format!("{begin}/{access}/end"), &own(&[("song", STAYS.song)]), night).await;
    assert_eq!(ended.location, record, "{}", ended.text);
    let review = format!("{record}/review");
    let fields = filled(&page, &review, STAYS, &[("outcome", "ask further")]).unwrap();
    let asked = walker.post_as(&review, &fields, manager).await;
    assert_eq!(asked.location, record, "{}", asked.text);
    let own_page = walker.get_as(&record, night).await.text;
    assert!(own_page.contains("Your emergency access") && own_page.contains(STAYS.song), "{own_page}");
    walker.get_as("/oversight/decisions?before=Quillfeather", manager).await;
    let api = "/api/v1/emergency-access";
    let sent = json!({ "matter": decided, "reason": STAYS.song });
    assert_eq!(walker.api("POST", api, Some(sent)).await.status.as_u16(), 422, "it is the member's own already");
    walker.api("POST", &format!("{api}/openable"), Some(json!({ "person": STAYS.song, "reason": STAYS.song }))).await;
    walker.api_as("GET", api, None, manager).await;
    walker.api_as("GET", &format!("{api}/{access}"), None, manager).await;
    walker.api_as("POST", &format!("{api}/{access}/end"), None, night).await;
    let found = json!({ "outcome": "right", "note": STAYS.song });
    let reviewed = walker.api_as("POST", &format!("{api}/{access}/review"), Some(found), manager).await;
    assert_eq!(reviewed.status.as_u16(), 200, "{}", reviewed.text);
}

/// Conflicts of interest, declared, decided and lifted. Last but for signing out: whoever declares somebody does not find them any more.
async fn conflicts(house: &House, walker: &Walker<'_>) {
    let colleague = house.colleague("neighbour@fernbank.example", casework::Role::Practitioner).await;
    manages(house).await;
    // Somebody of no likeness to whom a colleague must not see: of those somebody else would have to look after.
    let fields = [("name", "Perpetua Nightjar"), ("former_surname", "Nightjar"), ("relation", "neighbour")];
    let declared = walker.fill("/account/conflicts", "/account/conflicts", STAYS, &fields).await;
    assert_eq!(declared.location, "/account/conflicts?done=declared", "{}", declared.text);
    walker.get("/account/conflicts").await;
    let hers = format!("/conflicts/{}", colleague.id);
    // Her year is left out, so that a manager is asked.
    let years = [("born-day", ""), ("born-month", ""), ("born-year", ""), ("name", STAYS.name)];
    let set = walker.fill(&hers, &hers, STAYS, &years).await;
    assert_eq!(set.location, format!("{hers}?done=declared"), "{}", set.text);
    let waiting = walker.get("/conflicts").await.text;
    assert!(waiting.contains("17 Umbrellathorn"), "{waiting}");
    let decide = format!(
        "/conflicts/{}/decide",
        waiting.split("action=\"/conflicts/").nth(1).unwrap().split("/decide").next().unwrap()
    );
    let person = id_after(&waiting, "name=\"person\" value=\"");
    let decided = walker.post(&decide, &own(&[("person", &person), ("same", "yes"), ("song", STAYS.song)])).await;
    assert_eq!(decided.location, "/conflicts?done=decided", "{}", decided.text);
    let page = walker.get(&hers).await.text;
    let lift = format!("{hers}/{}", id_after(&page, &format!("href=\"{hers}/")));
    let lifted = walker.fill(&lift, &lift, STAYS, &[]).await;
    assert_eq!(lifted.location, format!("{hers}?done=lifted"), "{}", lifted.text);
    unusual(house, walker, &colleague, &person).await;
    walker.get("/matters/unattended").await;
    let unattended = format!("/matters/unattended/{}", colleague.id);
    walker.get(&unattended).await;
    walker.post(&unattended, &own(&[("to", STAYS.song)])).await;
    conflicts_over_the_api(walker, &colleague.id.to_string()).await;
}

/// A colleague's reading stands out, and is marked.
async fn unusual(house: &House, walker: &Walker<'_>, colleague: &casework::Member, person: &str) {
    let actor = actions::Actor { member: colleague.clone(), ..house.school.clone() };
    actions::person(&house.app, &actor, person.parse().unwrap(), Some(STAYS.song)).await.unwrap();
    let list = walker.get("/oversight/reading").await.text;
    let view = id_after(&list, "href=\"/oversight/reading/");
    let one = format!("/oversight/reading/{view}");
    let marked = walker.fill(&one, &one, STAYS, &[]).await;
    assert_eq!(marked.location, "/oversight/reading?done=yes", "{}", marked.text);
    let shown = walker.get("/oversight/reading").await.text;
    assert!(shown.contains("marmalade lighthouse"), "{shown}");
    walker.api("GET", "/api/v1/unusual-reading", None).await;
    walker.api("GET", &format!("/api/v1/unusual-reading/{view}"), None).await;
    let note = json!({ "note": STAYS.song });
    let marked = walker.api("POST", &format!("/api/v1/unusual-reading/{view}/looked-at"), Some(note)).await;
    assert_eq!(marked.status.as_u16(), 204, "{}", marked.text);
}

async fn conflicts_over_the_api(walker: &Walker<'_>, colleague: &str) {
    let song = STAYS.song;
    let sent = |name: &str, former: &str| json!({ "name": name, "former_surname": former, "born": "", "relation": "family", "street": song, "why": song });
    let declared = walker.api("POST", "/api/v1/conflicts", Some(sent("Perpetua Nightjar", "Nightjar"))).await;
    assert_eq!(declared.status.as_u16(), 204, "{}", declared.text);
    walker.api("GET", "/api/v1/conflicts", None).await;
    let hers = format!("/api/v1/conflicts/members/{colleague}");
    let declared = walker.api("POST", &hers, Some(sent(STAYS.name, song))).await;
    assert_eq!(declared.status.as_u16(), 204, "{}", declared.text);
    let declaration = walker.api("GET", &hers, None).await.json()[0]["id"].as_str().unwrap().to_owned();
    let waiting = walker.api("GET", "/api/v1/conflicts/waiting", None).await.json();
    let decide = json!({ "person": waiting["matches"][0]["person"], "same": true });
    walker.api("POST", &format!("{hers}/{declaration}/decide"), Some(decide)).await;
    let lifted = walker.api("POST", &format!("{hers}/{declaration}/lift"), Some(json!({ "why": song }))).await;
    assert_eq!(lifted.status.as_u16(), 204, "{}", lifted.text);
    walker.api("GET", "/api/v1/matters/unattended", None).await;
    let hand_on = format!("/api/v1/matters/unattended/{colleague}/hand-on");
    walker.api("POST", &hand_on, Some(json!({ "to": song }))).await;
}

/// Whoever walks is a manager and an adviser from now on as well.
async fn manages(house: &House) {
    let id = house.school.member.id;
    let read: Result<_, store::StoreError> = house
        .app
        .store
        .read("member", house.school.organisation.id, |mut r: store::Reading| async move { r.member(id).await })
        .await;
    let now = read.unwrap().unwrap();
    let seen = actions::member_mark(&now);
    let mut new = crate::house::member(&now.email, &[]);
    new.name = now.name;
    new.roles = now.roles;
    new.roles.extend([casework::Role::Manager, casework::Role::Adviser]);
    actions::change_member(&house.app, &house.school, id, &seen, new).await.unwrap();
}

/// What a member changes of their own ways in, as far as it leaves them in.
async fn account(walker: &Walker<'_>) {
    walker.fill("/account", "/account/password", STAYS, &[("password", STAYS.song)]).await;
    walker.post("/account/sessions/end", &own(&[("session", STAYS.song)])).await;
    walker.post("/account/sessions/end-others", &own(&[("session", STAYS.song)])).await;
    walker.fill("/account/code", "/account/code", STAYS, &[]).await;
    walker.post("/account/recovery-codes", &own(&[("song", STAYS.song)])).await;
    let confirmed = walker.post("/sign-in/confirm", &own(&[("password", STAYS.song), ("code", STAYS.song)])).await;
    assert!(confirmed.text.contains("This is not your password"), "{}", confirmed.text);
    walker.fill("/account/passkeys", "/account/passkeys", STAYS, &[]).await;
    let passkey = own(&[("name", STAYS.name), ("question", STAYS.song), ("answer", STAYS.song)]);
    for address in ["ask", "Quillfeather", "Quillfeather/remove"] {
        walker.post(&format!("/account/passkeys/{address}"), &passkey).await;
    }
    for proof in ["passkey", "passkey/ask", "provider"] {
        walker.post(&format!("/sign-in/confirm/{proof}"), &passkey).await;
    }
    walker.api("GET", "/api/v1/passkeys", None).await;
    walker.api("DELETE", "/api/v1/passkeys/Quillfeather", None).await;
    walker.api("GET", "/api/v1/sessions", None).await;
    walker.api("DELETE", "/api/v1/sessions/Quillfeather", None).await;
    let proof = json!({ "password": STAYS.song, "code": STAYS.song });
    walker.api("POST", "/api/v1/sessions/confirm", Some(proof)).await;
}

/// Pages that keep nothing, asked with canaries.
async fn reading(walker: &Walker<'_>) {
    let (loaded, query) = (pack(), serde_urlencoded::to_string([("q", STAYS.song), ("on", STAYS.song)]).unwrap());
    let law = loaded.pack.entries[0].id.clone();
    for route in walker.mounted().clone() {
        let Some(address) = route.strip_prefix("GET ").filter(|route| {
            route.starts_with("/guidance") || route.starts_with("/practice") || route.starts_with("/api/v1/guidance")
        }) else {
            continue;
        };
        let address = address.replace("{kind}", "law").replace("{id}", &law);
        walker.get(&format!("{address}?{query}")).await;
    }
    let story = loaded.pack.stories[0].id.clone();
    walker.post(&format!("/practice/{story}"), &own(&[("verdict", STAYS.song), ("law", STAYS.song)])).await;
}

async fn over_the_api(walker: &Walker<'_>) -> (String, String) {
    let song = STAYS.song;
    let mut case = serde_json::to_value(told_by_a_child()).unwrap();
    case["texts"]["recipient_name"] = json!(song);
    case["items"][0]["text"] = json!(song);
    case["items"][0]["source"] = json!(song);
    walker.api("POST", "/api/v1/advice", Some(case.clone())).await;
    let recipient = json!({ "body": "council-children", "organisation": song, "name": song, "role": song });
    let person = json!({ "name": STAYS.name, "date_of_birth": "1987-06-05", "note": song });
    let decision = json!({
        "case": case, "about": song, "purpose": song, "people": [person], "choice": "share", "reasons": song, "matter_title": song,
        "departing": song, "items": [{ "item": 0, "judgement": "ask", "reason": song }], "recipient": recipient,
        "article_8": { "aim": song, "necessity": song, "proportionality": song },
        "requester_discussion": song, "advice_sought": song, "told": { "told": "no", "why": song }, "look_again_on": "2027-12-03",
        "acts_done": [{ "act": "csc", "at": song, "note": song }],
    });
    let recorded = walker.api("POST", "/api/v1/decisions", Some(decision)).await.json();
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{recorded}")).to_owned();
    let (id, matter) = (text(&recorded["id"]), text(&recorded["matter"]));
    let quick = json!({
        "matter": matter, "people": [{ "name": STAYS.name, "note": song }], "about": song, "choice": "do-not-share", "reasons": song, "requester": recipient,
        "requester_discussion": song, "look_again_on": "2027-12-03", "corrects": { "decision": id, "why": song }, "matter_title": song,
    });
    let quick = walker.api("POST", "/api/v1/decisions/not-sharing", Some(quick)).await;
    assert_eq!(quick.status.as_u16(), 201, "{}", quick.text);
    walker.api("GET", &format!("/api/v1/decisions/{id}"), None).await;
    let wrong = json!({ "email": STAYS.email, "password": STAYS.song });
    walker.api("POST", "/api/v1/sessions", Some(wrong)).await;
    // Right, and not enough: whoever was given a new way in has a code to set up first.
    let half = walker.api("POST", "/api/v1/sessions", Some(json!({ "email": STAYS.email, "password": SECRET }))).await;
    assert!(half.status.as_u16() == 422 && half.text.contains("set up a one-time code first"), "{}", half.text);
    let whole = json!({ "email": "teacher@fernbank.example", "password": crate::house::PASSWORD });
    let entered = walker.api("POST", "/api/v1/sessions", Some(whole)).await;
    assert_eq!(entered.status.as_u16(), 201, "{}", entered.text);
    (id, text(&recorded["people"][0]["id"]))
}

/// Somebody is held, released and destroyed, and the certificate handed out.
async fn retention(house: &House, walker: &Walker<'_>) -> Left {
    let (_, matter) = not_shared(walker, GOES).await;
    let page = walker.get(&matter).await.text;
    let person = id_after(&page, "/retention/people/");
    // What was corrected, left in a draft, and looked at: all of it goes too.
    walker.fill(&matter, &format!("{matter}/people"), STAYS, &[("name", ""), ("note", GOES.song)]).await;
    let draft = walker.post(&format!("{matter}/decide"), &[]).await.location.rsplit_once('/').unwrap().0.to_owned();
    let new = format!("{draft}/items/new");
    walker.fill(&new, &new, GOES, &[]).await;
    let hold = [("kind", "matter"), ("reference", matter.trim_start_matches("/matters/"))];
    let placed = walker.fill("/retention/holds", "/retention/holds", STAYS, &hold).await;
    assert_eq!(placed.location, "/retention?done=held", "{}", placed.text);
    let list = walker.get("/retention").await.text;
    let hold = format!("/retention/holds/{}", id_after(&list, "href=\"/retention/holds/"));
    let released = walker.fill(&hold, &hold, STAYS, &[]).await;
    assert_eq!(released.location, "/retention?done=released", "{}", released.text);
    walker.get(&format!("/retention/destroy?{}", serde_urlencoded::to_string([("person", STAYS.song)]).unwrap())).await;
    let (records, keys) = (house.folder.path().join("before.records"), house.folder.path().join("before.keys"));
    house.app.store.back_up(&records, &keys).await.unwrap();
    let page = format!("/retention/people/{person}");
    let gone = walker
        .fill(&page, &page, STAYS, &[("ground", "retention rule"), ("rule", "25 years after birth"), ("sure", "yes")])
        .await;
    assert!(gone.location.starts_with("/retention/destructions/"), "{} {}", gone.status, gone.text);
    actions::tend_ledgers(&house.app).await.unwrap();
    let mut handed_out = Vec::new();
    for part in ["", "/certificate.pdf", "/certificate.json", "/receipt"] {
        let address = format!("{}{part}", gone.location);
        let mut shown = walker.get(&address).await;
        // On a server an entry gets its place within a second, and its proofs with the checkpoint after that.
        for _ in 0..40 {
            if shown.status.as_u16() != 503 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            actions::tend_ledgers(&house.app).await.unwrap();
            shown = walker.get(&address).await;
        }
        assert!(shown.status.is_success(), "{address}: {}", shown.text);
        // The page itself shows its reader the numbers that their organisation keeps.
        if !part.is_empty() {
            handed_out.push((address, shown.bytes));
        }
    }
    let id = gone.location.rsplit('/').next().unwrap();
    for address in [
        "/api/v1/retention/destructions".to_owned(),
        format!("/api/v1/retention/destructions/{id}"),
        "/api/v1/retention/recoveries".to_owned(),
    ] {
        handed_out.push((address.clone(), walker.get(&address).await.bytes));
    }
    Left { matter_gone: matter, handed_out }
}

/// Somebody else is destroyed under a rule that is itself a canary.
async fn retention_over_the_api(house: &House, walker: &Walker<'_>, person: &str) {
    let address = format!("/api/v1/retention/people/{person}");
    let placed = walker
        .api("POST", "/api/v1/retention/holds", Some(json!({ "person": person, "reason": STAYS.song })))
        .await
        .json();
    walker.api("GET", "/api/v1/retention/holds", None).await;
    let release = format!("/api/v1/retention/holds/{}/release", placed["id"].as_str().unwrap());
    walker.api("POST", &release, Some(json!({ "reason": STAYS.song }))).await;
    let seen = walker.api("GET", &address, None).await.json();
    let sent = json!({ "ground": "instruction", "rule": STAYS.song, "seen": seen["seen"] });
    let gone = walker.api("POST", &format!("{address}/destroy"), Some(sent)).await;
    assert_eq!(gone.status.as_u16(), 201, "{}", gone.text);
    actions::tend_ledgers(&house.app).await.unwrap();
}

//! A browser that fills in whatever form a page holds, field by field, with canaries.

use std::cell::RefCell;
use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::house::House;
use crate::routes::{mounted, route_of};

/// Who sings, and with what voice.
#[derive(Clone, Copy)]
pub struct Voice {
    /// A line with every canary.
    pub song: &'static str,
    /// A name with a date of birth, as a form takes it.
    pub named: &'static str,
    pub name: &'static str,
    pub born: [&'static str; 3],
    pub email: &'static str,
    pub phone: &'static str,
}

pub const STAYS: Voice = Voice {
    song: "Zephyrine Quillfeather of 17 Umbrellathorn Passage, 01632 960417, born 5 June 1987 (1987-06-05): the marmalade lighthouse hums",
    named: "Zephyrine Quillfeather, 5 6 1987",
    name: "Zephyrine Quillfeather",
    born: ["5", "6", "1987"],
    email: "philomena.tattersnipe@hidden.example",
    phone: "01632 960417",
};

pub const GOES: Voice = Voice {
    song: "Barnabasque Wrenthorpe of 4 Gooseberrynook, 01632 960733, born 1991-04-09: a cobalt teapot sang",
    named: "Barnabasque Wrenthorpe, 9 4 1991",
    name: "Barnabasque Wrenthorpe",
    born: ["9", "4", "1991"],
    email: "barnabasque@hidden.example",
    phone: "01632 960733",
};

pub const SECRET: &str = "plum-lantern-zygote-93";

pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }
}

/// A browser and a program, each signed in as the member of the token.
pub struct Walker<'h> {
    house: &'h House,
    token: String,
    mounted: BTreeSet<String>,
    /// The routes that were walked, and every address that was opened.
    pub walked: RefCell<BTreeSet<String>>,
    pub addresses: RefCell<BTreeSet<String>>,
    /// Every name under which something was sent as JSON.
    pub sent_names: RefCell<BTreeSet<String>>,
}

impl<'h> Walker<'h> {
    pub async fn new(house: &'h House, email: &str) -> Self {
        let token = house.token(email).await;
        let mounted = mounted(&house.router());
        Self {
            house,
            token,
            mounted,
            walked: RefCell::default(),
            addresses: RefCell::default(),
            sent_names: RefCell::default(),
        }
    }

    pub fn not_walked(&self) -> Vec<String> {
        self.mounted.difference(&self.walked.borrow()).cloned().collect()
    }

    pub fn mounted(&self) -> &BTreeSet<String> {
        &self.mounted
    }

    fn note(&self, method: &str, address: &str) {
        let route =
            route_of(&self.mounted, method, address).unwrap_or_else(|| panic!("{method} {address} is not mounted"));
        self.walked.borrow_mut().insert(route);
        if method == "GET" {
            self.addresses.borrow_mut().insert(address.split('?').next().unwrap().to_owned());
        }
    }

    async fn ask(&self, request: axum::http::request::Builder, body: String) -> Answer {
        let response: Response = self.house.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let location = response.headers().get(header::LOCATION).map_or("", |value| value.to_str().unwrap()).to_owned();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        assert!(
            !status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE,
            "{status}: {}",
            String::from_utf8_lossy(&bytes)
        );
        Answer { status, location, text: unescaped(&String::from_utf8_lossy(&bytes)), bytes }
    }

    pub async fn get(&self, address: &str) -> Answer {
        self.get_as(address, &self.token).await
    }

    pub async fn get_as(&self, address: &str, token: &str) -> Answer {
        self.note("GET", address);
        let request = Request::get(address).header(header::COOKIE, format!("sharewell={token}"));
        self.ask(request.header("host", "127.0.0.1:8080"), String::new()).await
    }

    pub async fn post(&self, address: &str, fields: &[(String, String)]) -> Answer {
        self.post_as(address, fields, &self.token).await
    }

    pub async fn post_as(&self, address: &str, fields: &[(String, String)], token: &str) -> Answer {
        self.note("POST", address);
        let request = Request::post(address)
            .header(header::COOKIE, format!("sharewell={token}"))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request, serde_urlencoded::to_string(fields).unwrap()).await
    }

    /// Fills in the form that is sent to `action` on a page, and sends it.
    pub async fn fill(&self, page: &str, action: &str, voice: Voice, own: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).await;
        let fields = filled(&shown.text, action, voice, own)
            .unwrap_or_else(|| panic!("{page} has no form for {action}: {}", shown.text));
        self.post(action, &fields).await
    }

    /// Sends JSON, or nothing, to the API.
    pub async fn api(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.api_as(method, path, body, &self.token).await
    }

    pub async fn api_as(&self, method: &str, path: &str, body: Option<Value>, token: &str) -> Answer {
        self.note(method, path);
        let mut request =
            Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(body) = &body {
            names(body, &mut self.sent_names.borrow_mut());
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        self.ask(request, body.map(|body| body.to_string()).unwrap_or_default()).await
    }
}

fn names(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                into.insert(name.clone());
                names(value, into);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| names(value, into)),
        _ => {}
    }
}

fn unescaped(html: &str) -> String {
    let mut text = html.to_owned();
    for (written, meant) in
        [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
    {
        text = text.replace(written, meant);
    }
    text
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()
}

/// The fields of the form for an action, every one filled in; `own` has the last word, and adds what buttons send.
pub fn filled(html: &str, action: &str, voice: Voice, own: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    let wanted = |form: &&&str| attribute(form.split('>').next().unwrap(), "action") == Some(action);
    let forms: Vec<&str> = html.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap()).collect();
    let form = forms.iter().filter(wanted).max_by_key(|form| form.len())?;
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut chosen: Vec<String> = own.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut put = |name: &str, value: String, once: bool| {
        if !(once && chosen.contains(&name.to_owned())) {
            fields.push((name.to_owned(), value));
            chosen.push(name.to_owned());
        }
    };
    // What is chosen on the page already stays chosen.
    for marked in [true, false] {
        for tag in form.split("<input").skip(1).map(|tag| tag.split('>').next().unwrap()) {
            let (Some(name), kind) = (attribute(tag, "name"), attribute(tag, "type").unwrap_or("text")) else {
                continue;
            };
            let value = attribute(tag, "value").unwrap_or_default();
            let is_choice = kind == "radio" || kind == "checkbox";
            if is_choice && marked == tag.contains(" checked") && !value.is_empty() {
                put(name, value.to_owned(), true);
            } else if !is_choice && !marked {
                put(name, if kind == "hidden" { value.to_owned() } else { sung(name, kind, voice) }, true);
            }
        }
    }
    for tag in form.split("<textarea").skip(1).map(|tag| tag.split('>').next().unwrap()) {
        let name = attribute(tag, "name").unwrap();
        put(name, sung(name, "textarea", voice), true);
    }
    for list in form.split("<select").skip(1).map(|list| list.split("</select>").next().unwrap()) {
        let name = attribute(list.split('>').next().unwrap(), "name").unwrap();
        let values =
            list.split("<option").skip(1).filter_map(|option| attribute(option.split('>').next().unwrap(), "value"));
        put(name, values.into_iter().find(|value| !value.is_empty()).unwrap_or_default().to_owned(), true);
    }
    fields.extend(own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Some(fields)
}

/// What is written into a field of this name.
fn sung(name: &str, kind: &str, voice: Voice) -> String {
    let part = |date: [&str; 3]| match name.rsplit('-').next() {
        Some("day") => date[0].to_owned(),
        Some("month") => date[1].to_owned(),
        _ => date[2].to_owned(),
    };
    let is_date = ["-day", "-month", "-year"].iter().any(|end| name.ends_with(end));
    match name {
        _ if is_date && name.contains("birth") => part(voice.born),
        _ if is_date && (name.contains("look_again") || name.contains("review") || name.contains("until")) => {
            part(["3", "12", "2027"])
        }
        _ if is_date => part(["17", "11", "2026"]),
        "people" => voice.named.to_owned(),
        "name" => voice.name.to_owned(),
        "email" => voice.email.to_owned(),
        "phone" => voice.phone.to_owned(),
        "link" => "https://hidden.example/Umbrellathorn/Quillfeather".to_owned(),
        _ if kind == "password" => SECRET.to_owned(),
        _ => voice.song.to_owned(),
    }
}

//! What every page has: a template, a title, and the frame around it.

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::assets::{AssetAddresses, addresses};
use super::words;

/// A page: the typed context of one template. Its samples are rendered by a test.
pub trait Page: Serialize + Sized {
    /// The template's path under `templates/`.
    const TEMPLATE: &'static str;
    /// The menu entry it belongs under.
    const MENU: Menu;

    /// The browser's title: what the page is, without naming anybody.
    fn title(&self) -> String;

    /// Whether something on it is to be put right; the title then says so first.
    fn in_error(&self) -> bool {
        false
    }

    /// Whether it is about a person, so that there is a quick way out.
    fn about_a_person(&self) -> bool {
        false
    }

    /// The page in each of its states, with invented content.
    fn samples() -> Vec<(&'static str, Self)>;
}

/// An entry of the menu (`design/pages.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// None of them.
    Nowhere,
    /// Start a decision.
    Decide,
    /// My work.
    Work,
    /// Matters.
    Matters,
    /// People.
    People,
    /// Guidance.
    Guidance,
    /// Practice.
    Practice,
    /// Oversight.
    Oversight,
    /// Keep or destroy.
    Retention,
    /// Organisation.
    Organisation,
}

/// An entry of the menu, as it is drawn.
#[derive(Clone, Debug, Serialize)]
pub struct MenuEntry {
    label: &'static str,
    href: &'static str,
    current: bool,
    /// How much waits there for this visitor.
    waits: usize,
}

/// Emergency access that runs: until when, and for which matter.
#[derive(Clone, Debug, Serialize)]
pub struct RunningAccess {
    /// Its id.
    pub id: String,
    /// The matter's id.
    pub matter: String,
    /// Until when, as clocks say it.
    pub until: String,
}

/// Who is signed in, as the header says it.
#[derive(Clone, Debug, Serialize)]
pub struct Who {
    /// Their name.
    pub name: String,
    /// Their job.
    pub role_title: String,
    /// Their organisation's name.
    pub organisation: String,
}

/// A number to ring.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Number {
    /// The service's id.
    pub service: String,
    /// Whose number it is.
    pub label: String,
    /// The number as people read it.
    pub phone: String,
    /// The number as a telephone takes it.
    pub dial: String,
    /// When it is answered; may be empty.
    pub hours: String,
}

impl Number {
    /// A number of a service.
    pub fn new(service: &str, label: &str, phone: &str, hours: &str) -> Self {
        Self {
            service: service.to_owned(),
            label: label.to_owned(),
            phone: phone.to_owned(),
            dial: phone.chars().filter(|sign| sign.is_ascii_digit() || *sign == '+').collect(),
            hours: hours.to_owned(),
        }
    }
}

/// What stands around every page.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    who: Option<Who>,
    menu: Vec<MenuEntry>,
    demo: bool,
    numbers: Vec<Number>,
    emergencies: Vec<RunningAccess>,
    assets: AssetAddresses,
}

/// Whom the frame is for.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each says whether one entry of the menu is shown")]
pub struct FrameFor {
    /// Who is signed in.
    pub who: Option<Who>,
    /// Whether they work with cases.
    pub casework: bool,
    /// Whether they look after the organisation.
    pub administrator: bool,
    /// Whether they oversee what others did, and how much of it waits for them.
    pub oversees: Option<usize>,
    /// Their emergency access that runs.
    pub emergencies: Vec<RunningAccess>,
    /// Whether they may destroy and hold what is kept.
    pub disposes: bool,
    /// Whether all of it is invented.
    pub demo: bool,
    /// The numbers that were confirmed.
    pub numbers: Vec<Number>,
}

impl Frame {
    /// The frame of a page under this menu entry. The menu holds what this visitor can open.
    pub fn new(of: FrameFor, here: Menu) -> Self {
        let signed_in = of.who.is_some();
        let entries = [
            (Menu::Decide, "Start a decision", "/decide", true),
            (Menu::Work, "My work", "/", signed_in),
            (Menu::Matters, "Matters", "/matters", signed_in && of.casework),
            (Menu::People, "People", "/people", signed_in && of.casework),
            (Menu::Guidance, "Guidance", "/guidance", true),
            (Menu::Practice, "Practice", "/practice", true),
            (Menu::Oversight, "Oversight", "/oversight", of.oversees.is_some()),
            (Menu::Retention, "Keep or destroy", "/retention", of.disposes),
            (Menu::Organisation, "Organisation", "/organisation", of.administrator),
        ];
        let menu = entries
            .into_iter()
            .filter(|(.., shown)| *shown)
            .map(|(entry, label, href, _)| {
                let waits = if entry == Menu::Oversight { of.oversees.unwrap_or_default() } else { 0 };
                MenuEntry { label, href, current: entry == here, waits }
            })
            .collect();
        Self { who: of.who, menu, demo: of.demo, numbers: of.numbers, emergencies: of.emergencies, assets: addresses() }
    }
}

/// Renders a page inside its frame.
///
/// # Errors
/// When the template does not fit its context, which is a fault of the program.
pub fn render<P: Page>(
    templates: &minijinja::Environment<'_>,
    frame: &Frame,
    page: &P,
) -> Result<String, minijinja::Error> {
    let context = minijinja::context! {
        frame => Value::from(Serde(frame)),
        title => page.title(),
        in_error => page.in_error(),
        about_a_person => page.about_a_person(),
        page => Value::from(Serde(page)),
    };
    templates.get_template(P::TEMPLATE)?.render(context).map(|html| words::tidy(&html))
}

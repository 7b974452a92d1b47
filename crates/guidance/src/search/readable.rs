//! Everything in a pack as titles and paragraphs.

use super::{Kind, Shown};
use crate::facts::{UNKNOWN_BIT, UNSURE_BIT};
use crate::pack::{Commencement, Entry, FactIx, FactKind, Gives, NodeIx, NodeKind, Pack, Period, SayAs};
use crate::words::date_in_words;

/// Everything that can be read, in the order in which a reader would want it.
pub(super) fn everything(pack: &Pack) -> Vec<Shown> {
    let mut all = Vec::new();
    all.extend(pack.pages.iter().map(|page| {
        let mut paragraphs = vec![page.summary.clone()];
        for section in &page.sections {
            paragraphs.push(section.title.clone());
            paragraphs.extend(section.paragraphs.iter().cloned());
        }
        shown(Kind::Page, &page.id, &page.title, paragraphs, &page.source)
    }));
    all.extend(pack.entries.iter().map(entry));
    all.extend(pack.questions.iter().map(|question| {
        let mut paragraphs = vec![question.lead.clone(), question.why.clone()];
        let facts = question.facts.iter().filter_map(|id| pack.fact(id));
        paragraphs.extend(
            facts.map(|fact| {
                format!("{}: {}", fact.label, listed(fact.values.iter().map(|value| value.label.as_str())))
            }),
        );
        shown(Kind::Question, &question.id, &question.title, paragraphs, &question.source)
    }));
    all.extend(pack.facts.iter().map(|fact| {
        let values = listed(fact.values.iter().map(|value| value.label.as_str()));
        let asked = if fact.derived {
            "It is worked out from the items.".to_owned()
        } else {
            format!("It may be: {values}; or not sure.")
        };
        shown(Kind::Fact, &fact.id, &fact.label, vec![fact.help.clone(), asked], &fact.source)
    }));
    all.extend(pack.myths.iter().map(|myth| {
        shown(Kind::Myth, &myth.id, &myth.title, vec![myth.answer.clone(), myth.r#where.clone()], &myth.source)
    }));
    all.extend(
        pack.rules.iter().map(|rule| shown(Kind::Rule, &rule.id, &rule.title, vec![rule.text.clone()], &rule.source)),
    );
    all.extend(pack.methods.iter().map(|method| {
        let checks = method.checks.iter().map(|check| format!("Check: {}", check.text));
        let paragraphs = std::iter::once(method.text.clone()).chain(checks).collect();
        shown(Kind::Method, &method.id, &method.title, paragraphs, &method.source)
    }));
    all.extend(
        pack.signs.iter().map(|sign| shown(Kind::Sign, &sign.id, &sign.title, sign.signs.clone(), &sign.source)),
    );
    all.extend(pack.schemes.iter().map(|scheme| {
        let mut paragraphs = vec![scheme.summary.clone()];
        for (at, step) in scheme.steps.iter().enumerate() {
            let limit = if step.limit.is_empty() {
                String::new()
            } else {
                format!(" Time limit: {}.", step.limit.trim_end_matches('.'))
            };
            paragraphs.push(format!("{}. {}. {}{limit}", at + 1, step.title, step.text));
        }
        paragraphs.extend(scheme.caveats.iter().map(|caveat| format!("To mind: {caveat}")));
        shown(Kind::Scheme, &scheme.id, &scheme.title, paragraphs, &scheme.source)
    }));
    all.extend(pack.says.iter().map(|say| {
        let title = if say.title.is_empty() { said_as(say.part).to_owned() } else { say.title.clone() };
        shown(Kind::Say, &say.id, &title, vec![say.text.clone()], &say.source)
    }));
    all.extend(pack.acts.iter().map(|act| shown(Kind::Act, &act.id, &act.title, vec![act.text.clone()], &act.source)));
    all.extend(pack.changes.iter().map(|change| {
        let day = date_in_words(change.date);
        shown(
            Kind::Change,
            &change.date.to_string(),
            &format!("{day}: {}", change.title),
            vec![change.text.clone()],
            &change.entries.join("; "),
        )
    }));
    all.extend(pack.resources.iter().map(|resource| {
        shown(
            Kind::Resource,
            &address_part(&resource.title),
            &resource.title,
            vec![resource.note.clone(), resource.url.clone()],
            &resource.source,
        )
    }));
    all
}

fn shown(kind: Kind, id: &str, title: &str, paragraphs: Vec<String>, source: &str) -> Shown {
    let paragraphs: Vec<String> = paragraphs.into_iter().filter(|paragraph| !paragraph.trim().is_empty()).collect();
    Shown { kind, id: id.to_owned(), title: title.to_owned(), paragraphs, source: source.to_owned() }
}

fn listed<'l>(labels: impl Iterator<Item = &'l str>) -> String {
    let labels: Vec<&str> = labels.collect();
    if labels.len() > 12 {
        format!("{} and {} more", labels[..12].join("; "), labels.len() - 12)
    } else {
        labels.join("; ")
    }
}

/// A title as the last part of an address: small letters and dashes.
#[must_use]
pub fn address_part(title: &str) -> String {
    let mut part = String::new();
    for letter in title.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            part.push(letter);
        } else if !part.ends_with('-') && !part.is_empty() {
            part.push('-');
        }
    }
    part.trim_end_matches('-').to_owned()
}

const fn said_as(part: SayAs) -> &'static str {
    match part {
        SayAs::Warning => "A warning",
        SayAs::Step => "A next step",
        SayAs::Tell => "Being open",
        SayAs::Method => "How to share",
        SayAs::Item => "What to share",
        SayAs::Words => "Words to use",
    }
}

/// How far the text of an entry has been read, for people (`law.md`, status).
#[must_use]
pub fn status_in_words(status: &str) -> &'static str {
    match status {
        "V" => "The text of this law was read for this register.",
        "V~" => {
            "This law was read in part, in a dated version or second-hand. Have it checked before you rest on a detail."
        }
        _ => "This entry is from general knowledge: the text was not read. Have it checked before you rest on it.",
    }
}

/// Whether an entry is known to be in force, for people.
#[must_use]
pub const fn commencement_in_words(commencement: Commencement) -> &'static str {
    match commencement {
        Commencement::Confirmed => "It is known to be in force in the periods below.",
        Commencement::Unconfirmed => {
            "Its start is announced and not confirmed: it is offered with a warning, and no answer rests on it alone."
        }
        Commencement::Inactive => "It is not known to have started: it is shown for reading and never counts.",
    }
}

/// The part an entry plays in a decision, for people.
#[must_use]
pub fn role_in_words(role: &str) -> &'static str {
    match role {
        "gateway" => "Duties and powers to share",
        "article-6" => "A basis in Article 6, needed for every personal detail",
        "article-9" => "Conditions for sensitive information (Article 9)",
        "article-10" => "Conditions for information about crime (Article 10)",
        "schedule-1" => "Conditions in Schedule 1 to the Data Protection Act",
        "part-3" => "Law enforcement",
        "confidence" => "The duty of confidence",
        "rights" => "People's rights, consent and capacity",
        "exemption" => "Exemptions from telling people",
        "practice" => "Guidance and good practice",
        "restriction" => "What may not simply be told",
        _ => "History: no longer in force",
    }
}

/// What an entry is, for people.
#[must_use]
pub fn nature_in_words(nature: &str) -> &'static str {
    match nature {
        "duty" => "A duty: it must be done",
        "power" => "A power: it may be done",
        "supports-task" => "It supports a public task",
        "standard" => "A standard to meet",
        "basis" => "A lawful basis",
        "condition" => "A condition",
        "common-law" => "Law made by judges",
        "exemption" => "An exemption",
        "guidance" => "Guidance",
        "restriction" => "A restriction",
        "repealed" => "No longer law",
        _ => "Law",
    }
}

/// When a period of an entry was or is in force, and what changed with it.
#[must_use]
pub fn period_in_words(period: &Period) -> String {
    let when = match (period.from, period.to) {
        (Some(from), Some(to)) => {
            format!("In force from {} until {} (that day no longer)", date_in_words(from), date_in_words(to))
        }
        (Some(from), None) => format!("In force since {}", date_in_words(from)),
        (None, Some(to)) => {
            format!("In force until {} (that day no longer); its start is not recorded", date_in_words(to))
        }
        (None, None) => "No start or end date is recorded".to_owned(),
    };
    if period.note.is_empty() { format!("{when}.") } else { format!("{when}. {}", period.note) }
}

fn entry(entry: &Entry) -> Shown {
    let labelled = |label: &str, text: &str| if text.is_empty() { String::new() } else { format!("{label}: {text}") };
    let mut paragraphs = vec![
        entry.summary.clone(),
        labelled("Where it stands", &entry.cite),
        labelled("Its part in a decision", role_in_words(&entry.role)),
        labelled("What it is", nature_in_words(&entry.nature)),
        labelled("Who", &entry.who),
        labelled("To whom", &entry.to),
        labelled("For what", &entry.purpose),
        labelled("About whom", &entry.about),
        labelled("The guidance cites", &entry.guidance_cites),
        labelled("Today", &entry.today),
    ];
    paragraphs.extend(entry.periods.iter().map(period_in_words));
    paragraphs.push(commencement_in_words(entry.commencement).to_owned());
    paragraphs.push(status_in_words(&entry.status).to_owned());
    paragraphs.extend(entry.caveats.iter().map(|caveat| format!("To mind: {caveat}")));
    paragraphs.push(labelled("Read it at", &entry.url));
    shown(Kind::Entry, &entry.id, &entry.title, paragraphs, &entry.cite)
}

/// What must hold for a condition to be met, one sentence for each part.
#[must_use]
pub fn conditions_in_words(pack: &Pack, at: NodeIx) -> Vec<String> {
    match &pack.nodes[at.0 as usize].kind {
        NodeKind::All(children) => children.iter().flat_map(|child| conditions_in_words(pack, *child)).collect(),
        _ => vec![condition(pack, at)],
    }
}

fn condition(pack: &Pack, at: NodeIx) -> String {
    let node = &pack.nodes[at.0 as usize];
    let answers = |fact: FactIx, mask: u64| {
        let definition = &pack.facts[fact.0 as usize];
        let mut labels: Vec<&str> =
            crate::words::values_in(definition, mask).map(|value| value.label.as_str()).collect();
        if mask & UNSURE_BIT != 0 {
            labels.push("not sure");
        }
        if mask & UNKNOWN_BIT != 0 {
            labels.push("not answered");
        }
        labels.join(" or ")
    };
    let label = |fact: FactIx| pack.facts[fact.0 as usize].label.as_str();
    let joined = |children: &[NodeIx], by: &str| {
        children.iter().map(|child| condition(pack, *child)).collect::<Vec<_>>().join(by)
    };
    match &node.kind {
        NodeKind::Is { fact, accept } => match (label(*fact), &node.list, pack.facts[fact.0 as usize].kind) {
            (label, Some(list), FactKind::Body) => format!("{label}: {}", pack.lists[*list].label),
            (label, _, FactKind::Body) if accept.count_ones() > 6 => format!("{label}: known"),
            (label, ..) => format!("{label}: {}", answers(*fact, *accept)),
        },
        NodeKind::Unless { fact, reject } => format!("{}: anything but {}", label(*fact), answers(*fact, *reject)),
        NodeKind::All(children) => joined(children, ", and "),
        NodeKind::Any(children) => format!("One of these: {}", joined(children, "; or ")),
        NodeKind::Not(child) => format!("Not so: {}", condition(pack, *child)),
        NodeKind::Sure(child) => condition(pack, *child),
        NodeKind::Named(index) => pack.conditions[*index].words.clone(),
        NodeKind::Entry(index) => format!("This fits: {}", pack.entries[*index].title),
        NodeKind::AnyEntry(Gives::Gateway) => "A duty or power to share fits".to_owned(),
        NodeKind::AnyEntry(Gives::Duty) => "A duty to share fits".to_owned(),
        NodeKind::AnyEntry(gives) => format!("Something in the register fits for: {}", gives.id().replace('-', " ")),
    }
}

/// The facts a condition looks at, itself and through the conditions it names, in order.
#[must_use]
pub fn facts_looked_at(pack: &Pack, at: NodeIx) -> Vec<FactIx> {
    let mut found = Vec::new();
    look(pack, at, &mut found);
    found
}

fn look(pack: &Pack, at: NodeIx, found: &mut Vec<FactIx>) {
    match &pack.nodes[at.0 as usize].kind {
        NodeKind::Is { fact, .. } | NodeKind::Unless { fact, .. } => {
            if !found.contains(fact) {
                found.push(*fact);
            }
        }
        NodeKind::All(children) | NodeKind::Any(children) => {
            for child in children {
                look(pack, *child, found);
            }
        }
        NodeKind::Not(child) | NodeKind::Sure(child) => look(pack, *child, found),
        NodeKind::Named(index) => look(pack, pack.conditions[*index].node, found),
        NodeKind::Entry(_) | NodeKind::AnyEntry(_) => {}
    }
}

//! Where each part of the guidance is read, and where it is applied.

use guidance::pack::{Entry, NodeIx, Pack, Question};
use guidance::search::{self, Kind};
use serde::Serialize;

/// A link, or words that lead nowhere when the address is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    href: String,
    text: String,
}

impl Link {
    /// A link.
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self { href: href.into(), text: text.into() }
    }

    /// The same link in other words.
    #[must_use]
    pub fn saying(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }
}

/// The page on which anything can be read.
pub(super) fn address(pack: &Pack, kind: Kind, id: &str) -> String {
    match kind {
        Kind::Page => format!("/guidance/pages/{id}"),
        Kind::Entry => format!("/guidance/law/{id}"),
        Kind::Question => format!("/guidance/questions#{id}"),
        Kind::Fact => match pack.question_asking(id) {
            Some(question) => format!("/guidance/questions#{}", question.id),
            None => format!("/guidance/read/fact/{id}"),
        },
        Kind::Myth => format!("/guidance/myths#{id}"),
        Kind::Rule => format!("/guidance/rules#{id}"),
        Kind::Method => format!("/guidance/methods#{id}"),
        Kind::Sign => format!("/guidance/signs#{id}"),
        Kind::Scheme => format!("/guidance/schemes/{id}"),
        Kind::Say => format!("/guidance/read/say/{id}"),
        Kind::Act => format!("/guidance/read/act/{id}"),
        Kind::Change => format!("/guidance/changes#on-{id}"),
        Kind::Resource => format!("/guidance/contacts#{id}"),
    }
}

pub(super) fn to_page(page: &guidance::pack::Page) -> Link {
    Link::new(format!("/guidance/pages/{}", page.id), &page.title)
}

pub(in crate::web) fn to_entry(entry: &Entry) -> Link {
    Link::new(format!("/guidance/law/{}", entry.id), &entry.title)
}

pub(in crate::web) fn to_question(question: &Question) -> Link {
    Link::new(format!("/guidance/questions#{}", question.id), &question.title)
}

/// Anything by its id, whatever kind it is.
pub(super) fn to_anything(pack: &Pack, id: &str) -> Option<Link> {
    let shown = search::show(pack, id)?;
    Some(Link::new(address(pack, shown.kind, &shown.id), shown.title))
}

/// A source such as "guidance §4; ca-2004-s11": what is in the register becomes a link.
pub(super) fn sources(pack: &Pack, source: &str) -> Vec<Link> {
    let parts = source.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match pack.entry(part) {
            Some(entry) => Link::new(format!("/guidance/law/{}", entry.id), &entry.cite),
            None => Link::new("", sentence_case(part)),
        })
        .collect()
}

/// The guidance is named with a capital where it stands alone.
fn sentence_case(part: &str) -> String {
    part.strip_prefix("guidance ").map_or_else(|| part.to_owned(), |rest| format!("Guidance {rest}"))
}

fn names(source: &str, id: &str) -> bool {
    source.split(';').any(|part| part.trim() == id)
}

/// The questions whose source, or whose facts' source, names this id.
pub(super) fn questions_naming<'p>(pack: &'p Pack, id: &str) -> Vec<&'p Question> {
    let named = |question: &&Question| {
        names(&question.source, id)
            || question.facts.iter().filter_map(|fact| pack.fact(fact)).any(|fact| names(&fact.source, id))
    };
    pack.questions.iter().filter(named).collect()
}

/// The questions that ask what these conditions look at, in the order of the flow.
pub(super) fn questions_behind(pack: &Pack, nodes: impl IntoIterator<Item = NodeIx>) -> Vec<&Question> {
    let facts: Vec<_> = nodes.into_iter().flat_map(|node| search::facts_looked_at(pack, node)).collect();
    let asks = |question: &&Question| {
        question.facts.iter().filter_map(|fact| pack.fact_index(fact)).any(|fact| facts.contains(&fact))
    };
    pack.questions.iter().filter(asks).collect()
}

/// The pages that lead to this id.
pub(super) fn pages_naming<'p>(pack: &'p Pack, id: &str) -> Vec<&'p guidance::pack::Page> {
    pack.pages.iter().filter(|page| page.links.iter().any(|link| link == id)).collect()
}

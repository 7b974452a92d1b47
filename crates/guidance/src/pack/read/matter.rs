//! Reading the parts of a pack that are for reading.

use super::{each, every, finished};
use crate::pack::Pack;
use crate::pack::matter::{
    Change, Contact, Method, MethodCheck, Myth, Page, Resource, Rule, Scheme, SchemeStep, Section, Sign, Story,
    StoryItem,
};
use crate::source::Reader;

pub(super) fn read(roots: &[Reader<'_, '_>], pack: &mut Pack) {
    pack.rules = each(roots, "rule", read_rule);
    pack.methods = each(roots, "method", read_method);
    pack.schemes = each(roots, "scheme", read_scheme);
    pack.myths = each(roots, "myth", read_myth);
    pack.signs = each(roots, "sign", read_sign);
    pack.resources = each(roots, "resource", read_resource);
    pack.contacts = each(roots, "contact", read_contact);
    pack.pages = each(roots, "page", read_page);
    pack.changes = every(roots, "change").iter().filter_map(|reader| finished(reader, read_change)).collect();
    pack.changes.sort_by_key(|change| change.date);
    pack.stories = each(roots, "story", read_story);
}

fn read_rule(reader: &Reader<'_, '_>) -> Rule {
    Rule {
        place: reader.place(),
        id: reader.text("id"),
        set: reader.text("set"),
        number: reader.number("number").unwrap_or(0),
        title: reader.text("title"),
        text: reader.text_or_empty("text"),
        shown_by: reader.text_or_empty("shown_by"),
        source: reader.text_or_empty("source"),
    }
}

fn read_method(reader: &Reader<'_, '_>) -> Method {
    let check = |reader: &Reader<'_, '_>| MethodCheck { id: reader.text("id"), text: reader.text("text") };
    Method {
        id: reader.text("id"),
        title: reader.text("title"),
        text: reader.text_or_empty("text"),
        checks: reader.tables("checks").iter().map(|one| finished(one, check)).collect(),
        source: reader.text_or_empty("source"),
    }
}

fn read_scheme(reader: &Reader<'_, '_>) -> Scheme {
    let step = |reader: &Reader<'_, '_>| SchemeStep {
        title: reader.text("title"),
        text: reader.text_or_empty("text"),
        limit: reader.text_or_empty("limit"),
    };
    Scheme {
        id: reader.text("id"),
        title: reader.text("title"),
        summary: reader.text("summary"),
        steps: reader.tables("steps").iter().map(|one| finished(one, step)).collect(),
        caveats: reader.texts("caveats"),
        source: reader.text_or_empty("source"),
    }
}

fn read_myth(reader: &Reader<'_, '_>) -> Myth {
    Myth {
        id: reader.text("id"),
        title: reader.text("title"),
        answer: reader.text("answer"),
        r#where: reader.text_or_empty("where"),
        source: reader.text_or_empty("source"),
    }
}

fn read_sign(reader: &Reader<'_, '_>) -> Sign {
    Sign {
        id: reader.text("id"),
        kind: reader.text_or_empty("kind"),
        title: reader.text("title"),
        signs: reader.texts("signs"),
        source: reader.text_or_empty("source"),
    }
}

fn read_resource(reader: &Reader<'_, '_>) -> Resource {
    Resource {
        title: reader.text("title"),
        url: reader.text_or_empty("url"),
        note: reader.text_or_empty("note"),
        source: reader.text_or_empty("source"),
        checked: reader.date("checked"),
    }
}

fn read_contact(reader: &Reader<'_, '_>) -> Contact {
    let contact = Contact {
        id: reader.text("id"),
        council: reader.text("council"),
        service: reader.text("service"),
        phone: reader.text_or_empty("phone"),
        hours: reader.text_or_empty("hours"),
        source: reader.text_or_empty("source"),
        checked: reader.date("checked"),
        confirmed: reader.flag("confirmed", false),
    };
    if contact.confirmed && (contact.phone.is_empty() || contact.source.is_empty() || contact.checked.is_none()) {
        reader.fault("a confirmed contact needs its phone, its source and the day it was checked.");
    }
    contact
}

fn read_section(reader: &Reader<'_, '_>) -> Section {
    Section { title: reader.text_or_empty("title"), paragraphs: reader.texts("paragraphs") }
}

fn read_page(reader: &Reader<'_, '_>) -> Page {
    let mut sections: Vec<Section> = Vec::new();
    let opening = reader.texts("paragraphs");
    if !opening.is_empty() {
        sections.push(Section { title: String::new(), paragraphs: opening });
    }
    sections.extend(reader.tables("sections").iter().map(|one| finished(one, read_section)));
    if sections.is_empty() {
        reader.fault("a page needs `paragraphs` or `sections`.");
    }
    let _ = reader.number("order");
    Page {
        place: reader.place(),
        id: reader.text("id"),
        title: reader.text("title"),
        summary: reader.text_or_empty("summary"),
        sections,
        links: reader.texts("links"),
        source: reader.text_or_empty("source"),
    }
}

fn read_change(reader: &Reader<'_, '_>) -> Option<Change> {
    let date = reader.date("date");
    if date.is_none() {
        reader.fault("a change needs its `date`.");
    }
    Some(Change {
        place: reader.place(),
        title: reader.text("title"),
        text: reader.text_or_empty("text"),
        entries: reader.texts("entries"),
        date: date?,
    })
}

fn read_story_item(reader: &Reader<'_, '_>) -> StoryItem {
    let fields = reader
        .keys()
        .into_iter()
        .filter(|(key, _)| key != "text")
        .map(|(key, _)| (key.clone(), reader.text_or_empty(&key)))
        .collect();
    StoryItem { text: reader.text("text"), fields }
}

fn read_story(reader: &Reader<'_, '_>) -> Story {
    let pairs = |key: &str| -> Vec<(String, Vec<String>)> {
        reader
            .table(key)
            .map(|table| table.keys().into_iter().map(|(fact, _)| (fact.clone(), table.texts(&fact))).collect())
            .unwrap_or_default()
    };
    let facts = pairs("facts");
    let texts = pairs("texts").into_iter().map(|(id, values)| (id, values.join(" "))).collect();
    let expect = reader.table("expect");
    if expect.is_none() {
        reader.fault("a story needs `expect`: the verdict and what must and must not be relied on.");
    }
    let list = |key: &str| expect.as_ref().map(|expect| expect.texts(key)).unwrap_or_default();
    let story = Story {
        place: reader.place(),
        id: reader.text("id"),
        title: reader.text("title"),
        story: reader.text("story"),
        on: reader.date("on"),
        facts,
        texts,
        items: reader.tables("items").iter().map(|one| finished(one, read_story_item)).collect(),
        verdict: expect.as_ref().map(|expect| expect.text("verdict")).unwrap_or_default(),
        act_now: list("act_now"),
        rely_on: list("rely_on"),
        not_rely_on: list("not_rely_on"),
        say: list("say"),
        discussion: reader.text_or_empty("discussion"),
    };
    if let Some(expect) = &expect {
        expect.finish();
    }
    story
}

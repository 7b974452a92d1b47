//! Reading the law register.

use super::conditions::Conditions;
use super::finished;
use crate::pack::condition::Gives;
use crate::pack::model::{Commencement, Entry, Period};
use crate::source::{Reader, did_you_mean};

fn read_gives(reader: &Reader<'_, '_>) -> Vec<Gives> {
    reader
        .texts_at("gives")
        .into_iter()
        .filter_map(|(word, at)| {
            let found = Gives::ALL.into_iter().find(|gives| gives.id() == word);
            if found.is_none() {
                reader.document.fault(
                    at,
                    format!("an entry cannot give `{word}`.{}", did_you_mean(&word, Gives::ALL.map(Gives::id))),
                );
            }
            found
        })
        .collect()
}

fn read_period(reader: &Reader<'_, '_>, conditions: &mut Conditions<'_>) -> Period {
    Period {
        from: reader.date("from"),
        to: reader.date("to"),
        note: reader.text_or_empty("note"),
        when: reader.table("when").map(|when| conditions.read(&when, &[])),
    }
}

const ROLES: [&str; 12] = [
    "gateway",
    "article-6",
    "article-9",
    "article-10",
    "schedule-1",
    "part-3",
    "confidence",
    "rights",
    "exemption",
    "practice",
    "restriction",
    "history",
];

pub(super) fn read_entry(reader: &Reader<'_, '_>, conditions: &mut Conditions<'_>) -> Entry {
    let role = reader.text("role");
    if !ROLES.contains(&role.as_str()) {
        reader.fault(format!(
            "`role` cannot be `{role}`.{} It may be: {}.",
            did_you_mean(&role, ROLES),
            ROLES.join(", ")
        ));
    }
    let status = reader.text("status");
    if !["V", "V~", "G"].contains(&status.as_str()) {
        reader.fault("`status` is V (text read), V~ (read in part or second-hand) or G (general knowledge).");
    }
    let commencement = match reader.opt_text("commencement").as_deref() {
        None | Some("confirmed") => Commencement::Confirmed,
        Some("unconfirmed") => Commencement::Unconfirmed,
        Some("inactive") => Commencement::Inactive,
        Some(other) => {
            reader.fault(format!("`commencement` is confirmed, unconfirmed or inactive, not `{other}`."));
            Commencement::Inactive
        }
    };
    let mut periods: Vec<Period> = reader
        .tables("period")
        .iter()
        .map(|period| finished(period, |period| read_period(period, conditions)))
        .collect();
    if periods.is_empty() {
        periods.push(read_period(reader, conditions));
    } else if reader.has("when") || reader.has("from") || reader.has("to") {
        reader.fault("write from, to and when either in the entry or in its periods, not in both.");
    }
    let _ = (reader.value("from_note"), reader.value("note"));
    Entry {
        id: reader.text("id"),
        title: reader.text("title"),
        cite: reader.text("cite"),
        role,
        nature: reader.text("nature"),
        gives: read_gives(reader),
        status,
        commencement,
        from_guidance: reader.flag("from_guidance", false),
        guidance_cites: reader.text_or_empty("guidance_cites"),
        today: reader.text_or_empty("today"),
        summary: reader.text("summary"),
        who: reader.text_or_empty("who"),
        to: reader.text_or_empty("to_whom"),
        purpose: reader.text_or_empty("purpose"),
        about: reader.text_or_empty("about"),
        why: reader.text_or_empty("why"),
        caveats: reader.texts("caveats"),
        url: reader.text_or_empty("url"),
        periods,
        place: reader.place(),
    }
}

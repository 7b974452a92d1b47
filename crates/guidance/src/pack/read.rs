//! Reading a pack: files to types, names to positions, every fault with its file and line.

use std::cell::RefCell;
use std::collections::HashMap;

use super::condition::Condition;
use super::model::{
    Act, Body, BodyList, BodyPart, FactDefinition, FactIx, FactKind, FactValue, Inference, ItemField, ItemRule,
    Judgement, Line, LineIx, Question, QuestionKind, Say, SayAs, Stage, TextField, VerdictWords,
};
use super::{Pack, digest};
use crate::pack::condition::NodeIx;
use crate::source::{Document, Fault, Reader, SourceFile, did_you_mean};
use crate::verdict::LineConditions;

mod conditions;
mod law;
mod links;
mod matter;
mod order;

use conditions::Conditions;
pub(super) use links::steering;

/// The kinds of table a pack file may hold.
const TABLES: [&str; 27] = [
    "fact",
    "list",
    "body",
    "condition",
    "entry",
    "stage",
    "question",
    "say",
    "rule",
    "act",
    "line",
    "verdict",
    "item_field",
    "item_rule",
    "method",
    "scheme",
    "myth",
    "sign",
    "resource",
    "contact",
    "page",
    "change",
    "story",
    "infer",
    "id",
    "version",
    "title",
];

/// Reads all files into a pack, or says everything that is wrong with them.
pub(super) fn load(files: &[SourceFile]) -> Result<Pack, Vec<Fault>> {
    let faults = RefCell::new(Vec::new());
    let mut ordered: Vec<&SourceFile> = files.iter().filter(|file| is_toml(&file.path)).collect();
    ordered.sort_by(|a, b| a.path.cmp(&b.path));
    let documents: Vec<Document<'_>> =
        ordered.iter().map(|file| Document::new(&file.path, &file.text, &faults)).collect();
    let tables: Vec<_> = documents.iter().map(super::super::source::Document::parse).collect();
    let roots: Vec<Reader<'_, '_>> = documents
        .iter()
        .zip(&tables)
        .filter_map(|(document, table)| table.as_ref().map(|table| Reader::new(document, table.get_ref(), 0, "file")))
        .collect();
    if !faults.borrow().is_empty() {
        return Err(sorted(faults.into_inner()));
    }
    let mut pack = read_all(&roots, &faults);
    pack.digest = digest(files);
    for root in &roots {
        root.finish();
    }
    if faults.borrow().is_empty() {
        links::check(&pack, &faults);
    }
    let faults = faults.into_inner();
    if faults.is_empty() { Ok(pack) } else { Err(sorted(faults)) }
}

fn is_toml(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("toml"))
}

fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort();
    faults.dedup();
    faults
}

/// Every table of a kind, over all files in order.
fn every<'d, 't>(roots: &[Reader<'d, 't>], key: &str) -> Vec<Reader<'d, 't>> {
    roots.iter().filter(|root| root.has(key)).flat_map(|root| root.tables(key)).collect()
}

fn read_all(roots: &[Reader<'_, '_>], faults: &RefCell<Vec<Fault>>) -> Pack {
    let mut pack = empty();
    read_head(roots, &mut pack, faults);
    pack.lists = each(roots, "list", read_list);
    pack.bodies = each(roots, "body", read_body);
    unique(roots, "list", faults);
    unique(roots, "body", faults);
    let bodies = pack.bodies.clone();
    pack.facts =
        every(roots, "fact").iter().map(|reader| finished(reader, |reader| read_fact(reader, &bodies))).collect();
    pack.fact_index = index(pack.facts.iter().map(|fact| &fact.id))
        .into_iter()
        .map(|(id, at)| (id, FactIx(u16::try_from(at).unwrap_or(u16::MAX))))
        .collect();
    for kind in ["fact", "condition", "entry", "question", "say", "page", "story", "myth", "method", "scheme", "rule"] {
        unique(roots, kind, faults);
    }
    let condition_readers = every(roots, "condition");
    let entry_readers = every(roots, "entry");
    pack.condition_index = index(condition_readers.iter().map(|reader| reader.text("id")).collect::<Vec<_>>().iter());
    pack.entry_index = index(entry_readers.iter().map(|reader| reader.text("id")).collect::<Vec<_>>().iter());
    let mut conditions = Conditions::new(&pack);
    let named = condition_readers
        .iter()
        .map(|reader| finished(reader, |reader| read_condition(reader, &mut conditions)))
        .collect();
    let entries = entry_readers
        .iter()
        .map(|reader| finished(reader, |reader| law::read_entry(reader, &mut conditions)))
        .collect();
    let stages = each(roots, "stage", read_stage);
    let questions = every(roots, "question")
        .iter()
        .map(|reader| finished(reader, |reader| read_question(reader, &mut conditions)))
        .collect();
    let says =
        every(roots, "say").iter().map(|reader| finished(reader, |reader| read_say(reader, &mut conditions))).collect();
    let acts = every(roots, "act")
        .iter()
        .filter_map(|reader| finished(reader, |reader| read_act(reader, &mut conditions)))
        .collect();
    let inferences = every(roots, "infer")
        .iter()
        .filter_map(|reader| finished(reader, |reader| read_inference(reader, &mut conditions)))
        .collect();
    pack.nodes = conditions.into_nodes();
    pack.inferences = inferences;
    pack.conditions = named;
    pack.entries = entries;
    pack.stages = stages;
    pack.questions = questions;
    pack.says = says;
    pack.acts = acts;
    pack.line_words = each(roots, "line", read_line);
    pack.verdicts = each(roots, "verdict", read_verdict);
    pack.item_fields = each(roots, "item_field", read_item_field);
    pack.item_rules = each(roots, "item_rule", read_item_rule);
    matter::read(roots, &mut pack);
    for root in roots {
        for (key, at) in root.keys() {
            if !TABLES.contains(&key.as_str()) && !["summary", "based_on"].contains(&key.as_str()) {
                root.document.fault(at, format!("a pack has no `{key}`.{}", did_you_mean(&key, TABLES)));
                let _ = root.value(&key);
            }
        }
    }
    pack.order = order::order(&pack, &condition_readers, &entry_readers);
    pack.lines = LineConditions::find(&pack, faults);
    pack
}

fn read_head(roots: &[Reader<'_, '_>], pack: &mut Pack, faults: &RefCell<Vec<Fault>>) {
    let Some(head) = roots.iter().find(|root| root.has("version")) else {
        faults.borrow_mut().push(Fault {
            file: "pack.toml".into(),
            line: 0,
            message: "the pack needs a file with its id, version and title.".into(),
        });
        return;
    };
    pack.id = head.text("id");
    pack.version = head.text("version");
    pack.title = head.text("title");
    pack.summary = head.text_or_empty("summary");
    pack.based_on = head.text_or_empty("based_on");
}

fn index<'i>(ids: impl Iterator<Item = &'i String>) -> HashMap<String, usize> {
    ids.enumerate().map(|(at, id)| (id.clone(), at)).collect()
}

/// Reads one table and then reports keys that mean nothing there.
fn finished<'d, 't, T>(reader: &Reader<'d, 't>, read: impl FnOnce(&Reader<'d, 't>) -> T) -> T {
    let value = read(reader);
    reader.finish();
    value
}

fn each<'d, 't, T>(roots: &[Reader<'d, 't>], key: &str, read: impl Fn(&Reader<'d, 't>) -> T) -> Vec<T> {
    every(roots, key).iter().map(|reader| finished(reader, &read)).collect()
}

fn unique(roots: &[Reader<'_, '_>], kind: &str, faults: &RefCell<Vec<Fault>>) {
    let mut seen: HashMap<String, String> = HashMap::new();
    for reader in every(roots, kind) {
        let id = reader.text("id");
        let place = reader.place();
        if let Some(before) = seen.get(&id) {
            faults.borrow_mut().push(place.fault(format!("there is another {kind} `{id}` at {before}.")));
        } else {
            seen.insert(id, format!("{}:{}", place.file, place.line));
        }
    }
}

fn read_list(reader: &Reader<'_, '_>) -> BodyList {
    BodyList {
        id: reader.text("id"),
        label: reader.text("label"),
        outside: reader.text("outside"),
        source: reader.text_or_empty("source"),
    }
}

fn read_body(reader: &Reader<'_, '_>) -> Body {
    let label = reader.text("label");
    let parts = reader.texts_at("as");
    let part = |(word, at): &(String, usize)| match word.as_str() {
        "discloser" => Some(BodyPart::Discloser),
        "recipient" => Some(BodyPart::Recipient),
        other => {
            reader.document.fault(*at, format!("`as` is discloser or recipient, not `{other}`."));
            None
        }
    };
    Body {
        id: reader.text("id"),
        phrase: reader.opt_text("phrase").unwrap_or_else(|| label.clone()),
        label,
        group: reader.text_or_empty("group"),
        lists: reader.texts("lists"),
        place: reader.place(),
        parts: if parts.is_empty() {
            vec![BodyPart::Discloser, BodyPart::Recipient]
        } else {
            parts.iter().filter_map(part).collect()
        },
    }
}

fn read_value(reader: &Reader<'_, '_>) -> FactValue {
    let id = reader.text("id");
    if ["unsure", "unknown"].contains(&id.as_str()) {
        reader.fault(format!("`{id}` is always allowed and never listed."));
    }
    FactValue {
        id,
        label: reader.text("label"),
        hint: reader.text_or_empty("hint"),
        group: reader.text_or_empty("group"),
    }
}

fn body_values(bodies: &[Body], part: BodyPart) -> Vec<FactValue> {
    bodies
        .iter()
        .filter(|body| body.parts.contains(&part))
        .map(|body| FactValue {
            id: body.id.clone(),
            label: body.label.clone(),
            hint: String::new(),
            group: body.group.clone(),
        })
        .collect()
}

fn read_fact(reader: &Reader<'_, '_>, bodies: &[Body]) -> FactDefinition {
    let id = reader.text("id");
    let kind = match reader.opt_text("kind").as_deref() {
        None | Some("one") => FactKind::One,
        Some("many") => FactKind::Many,
        Some("body") => FactKind::Body,
        Some(other) => {
            reader.fault(format!("`kind` of a fact is one, many or body, not `{other}`."));
            FactKind::One
        }
    };
    let listed: Vec<FactValue> = reader.tables("values").iter().map(|value| finished(value, read_value)).collect();
    let values = match (kind, id.as_str()) {
        (FactKind::Body, "discloser_kind") => body_values(bodies, BodyPart::Discloser),
        (FactKind::Body, _) => body_values(bodies, BodyPart::Recipient),
        _ => listed,
    };
    if values.is_empty() || values.len() > 60 {
        reader.fault(format!("the fact `{id}` needs between 1 and 60 values."));
    }
    FactDefinition {
        label: reader.text("label"),
        help: reader.text_or_empty("help"),
        missing: reader.text("missing"),
        source: reader.text_or_empty("source"),
        profile: reader.flag("profile", false),
        derived: reader.flag("derived", false),
        kind,
        values,
        place: reader.place(),
        id,
    }
}

fn read_condition(reader: &Reader<'_, '_>, conditions: &mut Conditions<'_>) -> Condition {
    Condition {
        id: reader.text("id"),
        words: reader.text("words"),
        source: reader.text_or_empty("source"),
        node: conditions.read(reader, &["id", "words", "source"]),
        place: reader.place(),
    }
}

fn read_stage(reader: &Reader<'_, '_>) -> Stage {
    Stage {
        id: reader.text("id"),
        title: reader.text("title"),
        summary: reader.text_or_empty("summary"),
        place: reader.place(),
    }
}

fn read_text_field(reader: &Reader<'_, '_>) -> TextField {
    TextField {
        id: reader.text("id"),
        label: reader.text("label"),
        hint: reader.text_or_empty("hint"),
        long: reader.flag("long", false),
        date: reader.flag("date", false),
    }
}

fn read_question(reader: &Reader<'_, '_>, conditions: &mut Conditions<'_>) -> Question {
    let kind = match reader.opt_text("kind").as_deref() {
        None | Some("facts") => QuestionKind::Facts,
        Some("items") => QuestionKind::Items,
        Some(other) => {
            reader.fault(format!("`kind` of a question is facts or items, not `{other}`."));
            QuestionKind::Facts
        }
    };
    Question {
        id: reader.text("id"),
        stage: reader.text("stage"),
        title: reader.text("title"),
        lead: reader.text_or_empty("lead"),
        why: reader.text("why"),
        source: reader.text("source"),
        kind,
        facts: reader.texts("facts"),
        texts: reader.tables("texts").iter().map(|text| finished(text, read_text_field)).collect(),
        ask_when: reader.table("ask_when").map(|when| conditions.read(&when, &[])),
        later: reader.flag("later", false),
        signs: reader.flag("signs", false),
        myths: reader.texts("myths"),
        place: reader.place(),
    }
}

fn read_say(reader: &Reader<'_, '_>, conditions: &mut Conditions<'_>) -> Say {
    let part = match reader.text("as").as_str() {
        "warning" => SayAs::Warning,
        "step" => SayAs::Step,
        "tell" => SayAs::Tell,
        "method" => SayAs::Method,
        "item" => SayAs::Item,
        "words" => SayAs::Words,
        other => {
            reader.fault(format!("`as` is warning, step, tell, method, item or words, not `{other}`."));
            SayAs::Step
        }
    };
    Say {
        id: reader.text("id"),
        part,
        title: reader.text_or_empty("title"),
        text: reader.text("text"),
        when: reader.table("when").map(|when| conditions.read(&when, &[])),
        verdicts: reader.texts("verdicts"),
        applies: reader.texts("applies"),
        source: reader.text_or_empty("source"),
        place: reader.place(),
    }
}

fn read_act(reader: &Reader<'_, '_>, conditions: &mut Conditions<'_>) -> Option<Act> {
    let Some(when) = reader.table("when") else {
        reader.fault("an act needs `when`: it says when this must be done first.");
        return None;
    };
    let when: NodeIx = conditions.read(&when, &[]);
    Some(Act {
        id: reader.text("id"),
        title: reader.text("title"),
        text: reader.text("text"),
        phone: reader.text_or_empty("phone"),
        phone_else: reader.text_or_empty("phone_else"),
        source: reader.text_or_empty("source"),
        when,
    })
}

fn read_inference(reader: &Reader<'_, '_>, conditions: &mut Conditions<'_>) -> Option<Inference> {
    let fact = conditions.fact_named(reader)?;
    let mask = conditions.value_mask(reader, "then", fact);
    let Some(when) = reader.table("when") else {
        reader.fault("an inference needs `when`: what it follows from.");
        return None;
    };
    Some(Inference {
        id: reader.text("id"),
        fact,
        mask,
        words: reader.text("words"),
        when: conditions.read(&when, &[]),
        place: reader.place(),
    })
}

fn read_line(reader: &Reader<'_, '_>) -> Line {
    let id = reader.text("id");
    if !LineIx::ALL.iter().any(|line| line.id() == id) {
        reader.fault(format!("there is no line `{id}`.{}", did_you_mean(&id, LineIx::ALL.map(LineIx::id))));
    }
    Line {
        id,
        question: reader.text("question"),
        chart: reader.flag("chart", false),
        yes: reader.text("yes"),
        no: reader.text("no"),
        unsure: reader.text("unsure"),
        unknown: reader.text("unknown"),
        in_danger: reader.text_or_empty("in_danger"),
        source: reader.text_or_empty("source"),
    }
}

fn read_verdict(reader: &Reader<'_, '_>) -> VerdictWords {
    VerdictWords {
        id: reader.text("id"),
        title: reader.text("title"),
        sentence: reader.text("sentence"),
        meaning: reader.text_or_empty("meaning"),
        next: reader.text("next"),
    }
}

fn read_item_field(reader: &Reader<'_, '_>) -> ItemField {
    ItemField {
        id: reader.text("id"),
        label: reader.text("label"),
        help: reader.text_or_empty("help"),
        values: reader.tables("values").iter().map(|value| finished(value, read_item_value)).collect(),
        source: reader.text_or_empty("source"),
    }
}

/// Values of an item field may be `unsure`, unlike those of facts.
fn read_item_value(reader: &Reader<'_, '_>) -> FactValue {
    FactValue {
        id: reader.text("id"),
        label: reader.text("label"),
        hint: reader.text_or_empty("hint"),
        group: String::new(),
    }
}

fn read_item_rule(reader: &Reader<'_, '_>) -> ItemRule {
    let note = reader.flag("note", false);
    let judgement = match reader.opt_text("judgement").as_deref() {
        Some("in") => Some(Judgement::In),
        Some("out") => Some(Judgement::Out),
        Some("ask") => Some(Judgement::Ask),
        None if note => None,
        _ => {
            reader.fault("an item rule needs `judgement` in, out or ask, or `note = true`.");
            None
        }
    };
    let when = reader
        .table("when")
        .map(|when| when.keys().into_iter().map(|(key, _)| (key.clone(), when.texts(&key))).collect());
    ItemRule {
        id: reader.text("id"),
        holds: reader.flag("holds", false),
        judgement: if note { None } else { judgement },
        text: reader.text("text"),
        source: reader.text_or_empty("source"),
        when: when.unwrap_or_default(),
    }
}

fn empty() -> Pack {
    Pack {
        id: String::new(),
        version: String::new(),
        digest: String::new(),
        title: String::new(),
        summary: String::new(),
        based_on: String::new(),
        facts: Vec::new(),
        lists: Vec::new(),
        bodies: Vec::new(),
        nodes: Vec::new(),
        conditions: Vec::new(),
        entries: Vec::new(),
        order: Vec::new(),
        lines: LineConditions::default(),
        stages: Vec::new(),
        questions: Vec::new(),
        says: Vec::new(),
        acts: Vec::new(),
        line_words: Vec::new(),
        verdicts: Vec::new(),
        inferences: Vec::new(),
        item_fields: Vec::new(),
        item_rules: Vec::new(),
        rules: Vec::new(),
        methods: Vec::new(),
        schemes: Vec::new(),
        myths: Vec::new(),
        signs: Vec::new(),
        resources: Vec::new(),
        contacts: Vec::new(),
        pages: Vec::new(),
        changes: Vec::new(),
        stories: Vec::new(),
        fact_index: HashMap::new(),
        condition_index: HashMap::new(),
        entry_index: HashMap::new(),
    }
}

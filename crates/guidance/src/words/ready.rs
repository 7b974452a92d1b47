//! Advice written as JSON out of what was written in advance. Nine tenths of an advice are the pack's own words, the same for every case: they
//! are turned into JSON once, as the *wording* of the pack, and an advice says which pieces of it stand where. Put together, the text is the
//! one that [`in_words`](super::in_words) gives as JSON, to the letter.
//!
//! The wording is made of the pack alone, before there is any case: nothing that anybody answered or wrote can be in it.

use std::cell::OnceCell;
use std::fmt::Write as _;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::fill::{PLACES, parts_of};
use super::{Always, Filling, NOT_YET, Wording, date_in_words};
use crate::advice::{Advice, Fit, Judged};
use crate::case::Case;
use crate::pack::{BodyPart, Commencement, Entry, FactIx, LineIx, NodeIx, NodeKind, Pack, SayAs};

/// A pack's words, written in advance.
#[derive(Debug)]
pub struct Ready {
    wording: Arc<str>,
    digest: String,
    /// By verdict's id, until the line that decided.
    verdicts: Vec<(String, Text)>,
    acts: Vec<Text>,
    entries: Vec<EntryText>,
    says: Vec<Text>,
    nodes: Vec<NodeText>,
    /// By part of the lawful reason: until its answer, and after it.
    parts: Vec<[Text; 2]>,
    /// By line: the facts on which its conditions rest.
    lines: Vec<Vec<FactIx>>,
    /// By fact: what it is taken as where nobody answered.
    taken_as: Vec<String>,
    not_yet: Text,
    nothing: Text,
    pack: Text,
}

/// An advice as JSON: its own text, and where in it pieces of the pack's wording stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// What is this advice's own.
    pub own: String,
    /// Each piece of the wording, in order: how many bytes of `own` stand before it, after the piece before; its first byte in the wording;
    /// and how many bytes it has.
    pub fixed: Vec<[u32; 3]>,
    /// How many bytes of `own` stand before the last piece.
    placed: usize,
}

/// A text with places to be filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Text(Vec<Part>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A piece of the wording: its first byte, and how many.
    Fixed(u32, u32),
    /// One of [`PLACES`].
    Place(usize),
    /// The kind of body that plays a part, as a sentence begins with it or holds it.
    Body(BodyPart, bool),
}

#[derive(Debug)]
struct EntryText {
    /// Until why.
    before: Text,
    /// Why it fits.
    fits: Text,
    after: Text,
}

#[derive(Debug)]
struct NodeText {
    fails: Fails,
    missing: Text,
}

#[derive(Debug)]
enum Fails {
    Said(Text),
    /// What the fact was answered stands between the two.
    Wanted(FactIx, Text, Text),
}

/// Writes the wording.
#[derive(Default)]
struct Writer {
    wording: String,
    known: FxHashMap<String, (u32, u32)>,
}

impl Writer {
    /// A piece of JSON, kept once however often it is needed.
    fn piece(&mut self, json: String) -> Part {
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        if let Some(&(from, len)) = self.known.get(&json) {
            return Part::Fixed(from, len);
        }
        let (from, len) = (length(&self.wording), length(&json));
        self.wording.push_str(&json);
        self.known.insert(json, (from, len));
        Part::Fixed(from, len)
    }

    fn text(&mut self) -> Making<'_> {
        Making { writer: self, parts: Vec::new(), json: String::new() }
    }

    /// A sentence that is always the same.
    fn always(&mut self, text: &str) -> Text {
        self.text().json(&json(text)).done()
    }
}

/// A text in the making.
struct Making<'w> {
    writer: &'w mut Writer,
    parts: Vec<Part>,
    /// What came after the last place.
    json: String,
}

impl Making<'_> {
    fn json(mut self, json: &str) -> Self {
        self.json.push_str(json);
        self
    }

    fn value<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Self {
        self.json(name).json(&json(value))
    }

    fn part(&mut self, part: Part) {
        let before = std::mem::take(&mut self.json);
        if !before.is_empty() {
            let before = self.writer.piece(before);
            self.parts.push(before);
        }
        self.parts.push(part);
    }

    /// A sentence with its places.
    fn filled(mut self, name: &str, text: &str) -> Self {
        self.json.push_str(name);
        self.json.push('"');
        for part in parts_of(text) {
            match part {
                Ok(text) => self.json.push_str(&escaped(text)),
                Err(place) => self.part(Part::Place(place)),
            }
        }
        self.json.push('"');
        self
    }

    /// The sentence of a list about a body outside it.
    fn outside(mut self, sentence: &str, part: BodyPart) -> Self {
        self.json.push('"');
        let mut rest = sentence;
        while let Some(at) = rest.find("{Body}").into_iter().chain(rest.find("{body}")).min() {
            self.json.push_str(&escaped(&rest[..at]));
            self.part(Part::Body(part, rest[at..].starts_with("{B")));
            rest = &rest[at + "{body}".len()..];
        }
        self.json.push_str(&escaped(rest));
        self.json.push('"');
        self
    }

    fn done(mut self) -> Text {
        if !self.json.is_empty() {
            let rest = self.writer.piece(self.json);
            self.parts.push(rest);
        }
        Text(self.parts)
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    // Nothing here has maps with keys that are no texts, or numbers that JSON lacks: it cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}

/// A text as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let json = json(text);
    json.get(1..json.len() - 1).unwrap_or_default().to_owned()
}

impl Ready {
    /// Writes a pack's words in advance.
    #[must_use]
    pub fn new(pack: &Pack) -> Self {
        let (mut writer, always) = (Writer::default(), Always { pack });
        let mut verdicts = Vec::new();
        for words in &pack.verdicts {
            let text = writer.text().value("{\"verdict\":", &words.id).filled(",\"title\":", &words.title);
            let text = text.filled(",\"sentence\":", &words.sentence).filled(",\"meaning\":", &words.meaning);
            verdicts.push((words.id.clone(), text.filled(",\"next\":", &words.next).json(",\"line\":").done()));
        }
        let mut acts = Vec::new();
        for act in &pack.acts {
            let text = writer.text().value("{\"id\":", &act.id).value(",\"title\":", &act.title);
            let text = text.filled(",\"text\":", &act.text).value(",\"phone\":", &act.phone);
            let text = text.value(",\"phone_else\":", &act.phone_else).value(",\"source\":", &act.source);
            acts.push(text.json("}").done());
        }
        let entries = pack.entries.iter().map(|entry| entry_text(entry, &mut writer)).collect();
        let mut says = Vec::new();
        for say in &pack.says {
            let text = writer.text().value("{\"id\":", &say.id).filled(",\"title\":", &say.title);
            let text = text.filled(",\"text\":", &say.text).value(",\"source\":", &say.source);
            says.push(text.value(",\"applies\":", &say.applies).json("}").done());
        }
        let nodes = (0..pack.nodes.len()).map(|at| node_text(&always, at, &mut writer)).collect();
        let mut parts = Vec::new();
        for part in pack.lines.lawful_parts() {
            let condition = &pack.conditions[part];
            let before = writer.text().value("{\"id\":", &condition.id).value(",\"text\":", &condition.words);
            let before = before.json(",\"answer\":").done();
            parts.push([before, writer.text().value(",\"source\":", &condition.source).json("}").done()]);
        }
        let lines = LineIx::ALL.iter().map(|line| always.facts_of(*line)).collect();
        let facts = (0..pack.facts.len()).map(|at| FactIx(u16::try_from(at).unwrap_or(u16::MAX)));
        let taken_as = facts.map(|fact| always.taken_as(fact)).collect();
        let (not_yet, nothing) = (writer.always(NOT_YET), writer.always(""));
        let about = super::PackView { id: pack.id.clone(), version: pack.version.clone(), digest: pack.digest.clone() };
        let pack = writer.text().json(&json(&about)).done();
        let Writer { wording, .. } = writer;
        let digest = Sha256::digest(wording.as_bytes()).iter().fold(String::new(), |mut text, byte| {
            // Writing to a text does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        Self {
            wording: wording.into(),
            digest,
            verdicts,
            acts,
            entries,
            says,
            nodes,
            parts,
            lines,
            taken_as,
            not_yet,
            nothing,
            pack,
        }
    }

    /// The pack's words, of which an advice is put together.
    #[must_use]
    pub fn wording(&self) -> &Arc<str> {
        &self.wording
    }

    /// SHA-256 of the wording, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Writes an advice of this pack.
    #[must_use]
    pub fn write(&self, pack: &Pack, case: &Case, advice: &Advice) -> Written {
        let wording = Wording { pack, case, advice, filling: Filling::new(pack, case, advice) };
        let mut writing =
            Writing { ready: self, wording: &wording, written: Written::default(), places: OnceCell::new() };
        writing.whole();
        writing.written
    }
}

fn entry_text(entry: &Entry, writer: &mut Writer) -> EntryText {
    let before = writer.text().value("{\"id\":", &entry.id).value(",\"title\":", &entry.title);
    let before = before.value(",\"cite\":", &entry.cite).value(",\"role\":", &entry.role);
    let before = before.value(",\"nature\":", &entry.nature).value(",\"summary\":", &entry.summary);
    let before = before.json(",\"why\":[").done();
    let fits = writer.text().filled("", if entry.why.is_empty() { &entry.summary } else { &entry.why }).done();
    let after = writer.text().value("],\"caveats\":", &entry.caveats).value(",\"status\":", &entry.status);
    let after = after.value(",\"start_unconfirmed\":", &(entry.commencement == Commencement::Unconfirmed));
    let after = after.value(",\"from_guidance\":", &entry.from_guidance).value(",\"url\":", &entry.url);
    EntryText { before, fits, after: after.json("}").done() }
}

fn node_text(always: &Always<'_>, at: usize, writer: &mut Writer) -> NodeText {
    let node = &always.pack.nodes[at];
    let ix = NodeIx(u32::try_from(at).unwrap_or(u32::MAX));
    let missing = writer.always(always.missing(ix));
    let fails = match node.kind {
        _ if !node.fails.is_empty() => Fails::Said(writer.text().filled("", &node.fails).done()),
        NodeKind::Is { fact, accept } => match node.list {
            Some(list) => {
                let sentence = &always.pack.lists[list].outside;
                Fails::Said(writer.text().outside(sentence, always.part_of(fact)).done())
            }
            None => {
                let before = escaped(&format!("{}: it is “", always.fact(fact).label));
                let after = escaped(&format!("”, and would have to be “{}”.", always.labels(fact, accept)));
                let before = writer.text().json("\"").json(&before).done();
                Fails::Wanted(fact, before, writer.text().json(&after).json("\"").done())
            }
        },
        _ => Fails::Said(writer.always(&always.fails(ix))),
    };
    NodeText { fails, missing }
}

/// An advice being written.
struct Writing<'a> {
    ready: &'a Ready,
    wording: &'a Wording<'a>,
    written: Written,
    /// What fills the places, as it stands in JSON.
    places: OnceCell<Vec<String>>,
}

/// Why an entry does not fit, or what is missing.
enum Sentence<'a> {
    Text(&'a Text),
    Wanted(&'a Text, String, &'a Text),
}

impl<'a> Writing<'a> {
    fn whole(&mut self) {
        let (ready, advice) = (self.ready, self.wording.advice);
        let id = advice.verdict.id();
        match ready.verdicts.iter().find(|(verdict, _)| verdict == id) {
            Some((_, head)) => self.text(head),
            None => self.own(&format!(
                "{{\"verdict\":{},\"title\":\"\",\"sentence\":\"\",\"meaning\":\"\",\"next\":\"\",\"line\":",
                json(&advice.verdict)
            )),
        }
        self.value(advice.line.id());
        self.list(",\"act_now\":", advice.act_now.iter(), |writing, at| writing.text(&ready.acts[usize::from(*at)]));
        self.entries(",\"rely_on\":", &[Fit::Fits]);
        self.entries(",\"nearly\":", &[Fit::Nearly]);
        self.entries(",\"not_fitting\":", &[Fit::Not, Fit::NotInForce]);
        self.own(",\"items\":");
        self.value(&self.wording.items());
        self.said(",\"warnings\":", &[SayAs::Warning, SayAs::Item]);
        self.said(",\"next_steps\":", &[SayAs::Step]);
        self.said(",\"how\":", &[SayAs::Method]);
        self.said(",\"tell\":", &[SayAs::Tell]);
        self.said(",\"words\":", &[SayAs::Words]);
        self.own(",\"would_change\":");
        self.value(&self.wording.changes());
        self.own(",\"explanation\":");
        self.value(&self.wording.path_because(|line| self.wording.answers_to(&ready.lines[line as usize])));
        let parts = ready.parts.iter().zip(advice.lawful_parts);
        self.list(",\"lawful_reason\":", parts, |writing, ([before, after], answer)| {
            writing.text(before);
            writing.value(&answer);
            writing.text(after);
        });
        self.own(",\"missing\":");
        self.value(&self.wording.missing());
        self.own(",\"assumed\":");
        self.value(&self.wording.assumed_as(|fact| ready.taken_as[usize::from(fact.0)].clone()));
        self.own(",\"applies\":");
        self.value(&self.wording.applies());
        self.own(",\"pack\":");
        self.text(&ready.pack);
        self.own(",\"on\":");
        self.value(&advice.on);
        self.own("}");
    }

    fn entries(&mut self, name: &str, fits: &[Fit]) {
        let (ready, wording) = (self.ready, self.wording);
        let judged = fits.iter().flat_map(|fit| wording.advice.entries.iter().filter(move |judged| judged.fit == *fit));
        let judged = judged.filter(|judged| !wording.only_for_reading(judged));
        self.list(name, judged, |writing, judged| {
            let entry = &ready.entries[usize::from(judged.entry)];
            writing.text(&entry.before);
            writing.why(judged, entry);
            writing.text(&entry.after);
        });
    }

    fn why(&mut self, judged: &Judged, text: &'a EntryText) {
        let advice = self.wording.advice;
        match judged.fit {
            Fit::Fits => self.text(&text.fits),
            Fit::Nearly | Fit::Not => {
                let mut said: Vec<Sentence<'a>> = Vec::new();
                for node in &advice.reasons[judged.reasons_from as usize..judged.reasons_to as usize] {
                    let sentence = self.reason(*node);
                    if said.iter().any(|earlier| self.are_alike(earlier, &sentence)) {
                        continue;
                    }
                    if !said.is_empty() {
                        self.own(",");
                    }
                    self.sentence(&sentence);
                    said.push(sentence);
                }
            }
            Fit::NotInForce => {
                let entry = &self.wording.pack.entries[usize::from(judged.entry)];
                if entry.commencement == Commencement::Inactive {
                    self.text(&self.ready.not_yet);
                } else {
                    self.value(&format!("It is not in force on {}.", date_in_words(advice.on)));
                }
            }
        }
    }

    fn reason(&self, node: NodeIx) -> Sentence<'a> {
        let Some(text) = self.ready.nodes.get(node.0 as usize) else { return Sentence::Text(&self.ready.nothing) };
        if self.wording.is_open(node) {
            return Sentence::Text(&text.missing);
        }
        match &text.fails {
            Fails::Said(said) => Sentence::Text(said),
            Fails::Wanted(fact, before, after) => {
                Sentence::Wanted(before, escaped(&self.wording.answered(*fact)), after)
            }
        }
    }

    fn sentence(&mut self, sentence: &Sentence<'_>) {
        match sentence {
            Sentence::Text(text) => self.text(text),
            Sentence::Wanted(before, answered, after) => {
                self.text(before);
                self.own(answered);
                self.text(after);
            }
        }
    }

    /// Whether two sentences read the same, however they are put together.
    fn are_alike(&self, one: &Sentence<'_>, other: &Sentence<'_>) -> bool {
        if let (Sentence::Text(one), Sentence::Text(other)) = (one, other)
            && one == other
        {
            return true;
        }
        self.read(one) == self.read(other)
    }

    fn read(&self, sentence: &Sentence<'_>) -> String {
        let mut read = String::new();
        let text = |read: &mut String, text: &Text| {
            for part in &text.0 {
                match *part {
                    Part::Fixed(from, len) => {
                        let piece = self.ready.wording.get(from as usize..from as usize + len as usize);
                        read.push_str(piece.unwrap_or_default());
                    }
                    Part::Place(place) => read.push_str(&self.places()[place]),
                    Part::Body(part, begins) => read.push_str(&escaped(&self.wording.filling.body(part, begins))),
                }
            }
        };
        match sentence {
            Sentence::Text(one) => text(&mut read, one),
            Sentence::Wanted(before, answered, after) => {
                text(&mut read, before);
                read.push_str(answered);
                text(&mut read, after);
            }
        }
        read
    }

    fn said(&mut self, name: &str, parts: &[SayAs]) {
        let (ready, wording) = (self.ready, self.wording);
        let says = parts.iter().flat_map(|part| {
            wording.advice.says.iter().filter(move |at| wording.pack.says[usize::from(**at)].part == *part)
        });
        self.list(name, says, |writing, at| writing.text(&ready.says[usize::from(*at)]));
    }

    fn list<T>(&mut self, name: &str, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.own(name);
        self.own("[");
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.own(",");
            }
            write(self, item);
        }
        self.own("]");
    }

    fn text(&mut self, text: &Text) {
        for part in &text.0 {
            match *part {
                Part::Fixed(from, len) => self.written.fixed(from, len),
                Part::Place(place) => {
                    let filled = self.places.get_or_init(|| places(self.wording));
                    self.written.own.push_str(&filled[place]);
                }
                Part::Body(part, begins) => {
                    let body = escaped(&self.wording.filling.body(part, begins));
                    self.written.own.push_str(&body);
                }
            }
        }
    }

    fn places(&self) -> &[String] {
        self.places.get_or_init(|| places(self.wording))
    }

    fn own(&mut self, json: &str) {
        self.written.own.push_str(json);
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.own(&json(value));
    }
}

fn places(wording: &Wording<'_>) -> Vec<String> {
    debug_assert_eq!(wording.filling.places().len(), PLACES.len());
    wording.filling.places().iter().map(|place| escaped(place)).collect()
}

impl Written {
    fn fixed(&mut self, from: u32, len: u32) {
        let before = u32::try_from(self.own.len() - self.placed).unwrap_or(u32::MAX);
        match self.fixed.last_mut() {
            Some(last) if before == 0 && last[1] + last[2] == from => last[2] += len,
            _ => self.fixed.push([before, from, len]),
        }
        self.placed = self.own.len();
    }
}

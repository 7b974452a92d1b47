//! The result of a decision, in the order in which it is read: what to do now, the answer, why, the law, what, how, what would change it.

use guidance::Pack;
use guidance::words::{AdviceView, ChangeView, EntryView, ItemView, MissingView, PackView, SaidView, StepView};
use guidance::{Truth, Verdict};
use serde::Serialize;

use super::journey::{Journey, Way};
use super::now::{ActNow, acts};
use crate::AppError;
use crate::web::Visit;
use crate::web::page::{Menu, Page};
use crate::web::words::day;

/// Law of one part in a decision.
#[derive(Debug, Serialize)]
pub struct LawGroup {
    title: &'static str,
    entries: Vec<EntryView>,
}

/// A way of sharing with its checks.
#[derive(Debug, Serialize)]
pub struct MethodChecks {
    title: String,
    text: String,
    checks: Vec<String>,
}

/// A rule that was applied.
#[derive(Debug, Serialize)]
pub struct AppliedRule {
    set: &'static str,
    title: String,
    text: String,
}

/// What the result and the record of it show of the advice.
#[derive(Debug, Serialize)]
pub struct ResultParts {
    advice: AdviceView,
    tone: &'static str,
    law: Vec<LawGroup>,
    rules: Vec<AppliedRule>,
    method: Option<MethodChecks>,
    on: String,
}

impl ResultParts {
    /// What these words of advice show, with the pack's words for rules and the method chosen.
    pub fn new(pack: &Pack, advice: AdviceView, method: Option<&str>) -> Self {
        let tone = match advice.verdict.id() {
            "share" => "share",
            "share-anonymised" => "share-limited",
            "advice" => "ask",
            "do-not-share" => "do-not-share",
            _ => "more-needed",
        };
        let rules = pack.rules.iter().filter(|rule| advice.applies.contains(&rule.id)).map(|rule| AppliedRule {
            set: match rule.set.as_str() {
                "golden" => "Golden rule",
                "caldicott" => "Caldicott principle",
                _ => "Principle",
            },
            title: rule.title.clone(),
            text: rule.text.clone(),
        });
        let method =
            method.and_then(|id| pack.methods.iter().find(|method| method.id == id)).map(|method| MethodChecks {
                title: method.title.clone(),
                text: method.text.clone(),
                checks: method.checks.iter().map(|check| check.text.clone()).collect(),
            });
        Self { tone, law: law(&advice), rules: rules.collect(), method, on: day(advice.on), advice }
    }
}

/// The law that fits, by its part in the decision: what lets one share first.
fn law(advice: &AdviceView) -> Vec<LawGroup> {
    const PARTS: [(&str, &[&str]); 4] = [
        ("Duties and powers to share", &["gateway"]),
        ("Data protection law", &["article-6", "article-9", "article-10", "schedule-1", "part-3", "exemption"]),
        ("Confidence and human rights", &["confidence", "rights"]),
        ("Practice and special rules", &["practice", "restriction", "history"]),
    ];
    let group = |(title, roles): (&'static str, &[&str])| {
        let entries: Vec<EntryView> =
            advice.rely_on.iter().filter(|entry| roles.contains(&entry.role.as_str())).cloned().collect();
        (!entries.is_empty()).then_some(LawGroup { title, entries })
    };
    PARTS.into_iter().filter_map(group).collect()
}

/// The result page.
#[derive(Debug, Serialize)]
pub struct ResultPage {
    way: Way,
    acts: Vec<ActNow>,
    parts: ResultParts,
    drawing: String,
    drawing_in_words: Vec<String>,
    look_again: String,
    signed_in: bool,
}

impl ResultPage {
    /// The result of a journey as it stands.
    pub fn new(visit: &Visit, journey: &Journey<'_>) -> Result<Self, AppError> {
        let advised = journey.advised()?;
        let method = journey.draft.answers.get("method").and_then(|method| method.first());
        Ok(Self {
            way: journey.way.clone(),
            acts: acts(visit, journey, &advised),
            drawing: guidance::draw::flowchart(journey.pack, Some(&advised.advice)),
            drawing_in_words: guidance::draw::flowchart_in_words(journey.pack, Some(&advised.advice)),
            look_again: journey.draft.texts.get("look_again_on").cloned().unwrap_or_default(),
            signed_in: visit.visitor().is_some(),
            parts: ResultParts::new(journey.pack, advised.view, method.map(String::as_str)),
        })
    }
}

impl Page for ResultPage {
    const TEMPLATE: &'static str = "decide/result.html";
    const MENU: Menu = Menu::Decide;

    fn title(&self) -> String {
        "The answer".to_owned()
    }

    fn about_a_person(&self) -> bool {
        true
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let kept = || Way::Kept { id: "0198a".into() };
        let page = |way, verdict| {
            let parts = sample_parts(verdict);
            Self {
                way,
                acts: vec![ActNow::sample()],
                parts,
                drawing: "<svg viewBox=\"0 0 1 1\" role=\"img\" aria-label=\"The path\"></svg>".into(),
                drawing_in_words: vec!["Is there danger? No.".into()],
                look_again: "30 November 2026".into(),
                signed_in: false,
            }
        };
        vec![
            ("share", page(kept(), Verdict::Share)),
            ("talked through, do not share", page(Way::Talk { state: "c2VhbGVk".into() }, Verdict::DoNotShare)),
            ("something missing", page(kept(), Verdict::Incomplete)),
        ]
    }
}

/// An invented piece of information, for samples.
pub(super) fn sample_item(index: usize, judgement: &str) -> ItemView {
    ItemView {
        index,
        text: "Attendance since September".into(),
        judgement: judgement.into(),
        why: "It is needed.".into(),
        notes: vec!["Say that it is an opinion.".into()],
    }
}

/// The parts of an invented case, for samples.
pub(in crate::web) fn sample_parts(verdict: Verdict) -> ResultParts {
    let said = |text: &str| SaidView {
        id: "one".into(),
        title: "To the duty social worker".into(),
        text: text.into(),
        source: "guidance §5".into(),
        applies: vec!["golden-2".into()],
    };
    let entry = |title: &str, role: &str| EntryView {
        id: "ca-2004-s11".into(),
        title: title.into(),
        cite: "Children Act 2004 s.11".into(),
        role: role.into(),
        nature: "duty".into(),
        summary: "Bodies that work with children keep them safe.".into(),
        why: vec!["It is your task to keep pupils safe.".into()],
        caveats: vec!["It does not name the information.".into()],
        status: "V~".into(),
        start_unconfirmed: false,
        from_guidance: true,
        url: "https://www.legislation.gov.uk/ukpga/2004/31/section/11".into(),
    };
    let advice = AdviceView {
        verdict,
        title: "Share".into(),
        sentence: "Share the school attendance with the duty social worker.".into(),
        meaning: "You may share this.".into(),
        next: "Share what is needed and no more.".into(),
        line: "danger".into(),
        act_now: vec![],
        rely_on: vec![
            entry("Safeguarding in everything we do", "gateway"),
            entry("A task in the public interest", "article-6"),
        ],
        nearly: vec![entry("Consent", "article-6")],
        not_fitting: vec![entry("Contract", "article-6")],
        items: vec![sample_item(0, "in"), sample_item(1, "out"), sample_item(2, "ask")],
        warnings: vec![said("Do not wait.")],
        next_steps: vec![said("Write down whom you spoke to.")],
        how: vec![said("Ask for a name.")],
        tell: vec![said("Tell the mother, unless that is unsafe.")],
        words: vec![said("I am ringing about a child.")],
        would_change: vec![ChangeView {
            fact: "purpose".into(),
            answers: vec!["no".into()],
            verdict: Verdict::DoNotShare,
            text: "If “the purpose” were “no”, the answer would be: do not share.".into(),
            unanswered: false,
        }],
        explanation: vec![StepView {
            line: "danger".into(),
            question: "Is there danger?".into(),
            answer: Truth::Yes,
            text: "There is likely harm.".into(),
            source: "guidance §4".into(),
            decided: true,
            because: vec!["Harm: yes".into()],
        }],
        lawful_reason: vec![],
        missing: vec![MissingView {
            fact: "purpose".into(),
            text: "Say whether there is a clear reason.".into(),
            question: "purpose".into(),
            decides: verdict == Verdict::Incomplete,
            unsure: false,
        }],
        assumed: vec!["Nobody said otherwise: no court order forbids it.".into()],
        applies: vec!["golden-2".into()],
        pack: PackView { id: "pan-cheshire".into(), version: "2026.11.23".into(), digest: "3f5a9c1b".into() },
        on: jiff::civil::date(2026, 11, 23),
    };
    ResultParts {
        tone: "share",
        law: law(&advice),
        rules: vec![AppliedRule { set: "Golden rule", title: "Be open".into(), text: "Tell people.".into() }],
        method: Some(MethodChecks {
            title: "Telephone".into(),
            text: "Ring back.".into(),
            checks: vec!["Who is it?".into()],
        }),
        on: day(advice.on),
        advice,
    }
}

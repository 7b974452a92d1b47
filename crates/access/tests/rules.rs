//! The policy's text: it is whole, and no rule or condition in it can be lost unseen.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail; it uses a part of what it shares"
)]

mod cases;
mod naive;

use std::collections::BTreeSet;
use std::path::Path;

use cases::{Case, Chance};
use sharewell_access as access;
use sharewell_access::{Action, Answer, Policy, PolicyFault, SCHEMA, TEXTS, built_in};

/// Mutants that answer as the rules do, because another rule says the same. Each names the words that may be lost and why.
const SAID_TWICE: &[(&str, &str)] = &[
    // The forbidding rule "only-roles-that-work-with-cases" says it too.
    ("start-casework", "all of when"),
    ("start-casework", "principal in [Role::\"practitioner\", Role::\"manager\", Role::\"adviser\"] => true"),
];

#[test]
fn the_policy_is_whole_and_fits_its_schema() {
    let policy = built_in().unwrap();
    for rule in policy.rules() {
        let plain = rule.id.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(plain && !rule.says.is_empty() && !rule.says.ends_with('.'), "{rule:?}");
    }
    assert_eq!(policy.rules().iter().map(|rule| &rule.id).collect::<BTreeSet<_>>().len(), policy.rules().len());
}

#[test]
fn every_file_of_the_folder_is_part_of_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "cedar"))
        .collect();
    assert_eq!(files, TEXTS.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn every_action_of_the_schema_can_be_asked_and_is_granted_by_some_rule() {
    let asked: BTreeSet<&str> = Action::all().map(Action::word).collect();
    for word in &asked {
        assert!(SCHEMA.contains(word), "the schema lacks {word}");
        let grants = TEXTS.iter().any(|(_, text)| text.contains(&format!("Action::\"{word}\"")));
        assert!(grants, "no rule names {word}");
    }
}

#[test]
fn a_policy_with_a_misspelt_word_or_without_a_sentence_is_refused() {
    let wrong = |text: &str| Policy::read(SCHEMA, [("some.cedar", text)]).unwrap_err();
    let named = "@id(\"one\") @says(\"because\")";
    assert!(matches!(wrong("permit ("), PolicyFault::Unreadable { .. }));
    assert!(matches!(wrong("permit (principal, action, resource);"), PolicyFault::Unnamed { .. }));
    let twice = format!("{named} permit (principal, action == Action::\"read_matter\", resource);").repeat(2);
    assert!(matches!(wrong(&twice), PolicyFault::Unnamed { .. }));
    for misfit in [
        "permit (principal in Role::\"manger\", action == Action::\"read_matter\", resource);",
        "permit (principal, action == Action::\"read_mater\", resource);",
        "permit (principal, action == Action::\"read_matter\", resource) when { resource.writer == principal };",
        "permit (principal, action == Action::\"read_matter\", resource) when { context.team_until > context.now };",
        "permit (principal, action == Action::\"read_matter\", resource) when { principal.membership == Membership::\"gone\" };",
    ] {
        let fault = wrong(&format!("{named} {misfit}"));
        assert!(matches!(fault, PolicyFault::Misfit(_)), "{misfit}: {fault:?}");
    }
}

/// A rule's text with what it is called, and the text around it.
struct Placed {
    file: usize,
    id: String,
    from: usize,
    to: usize,
}

fn placed() -> Vec<Placed> {
    let mut found = Vec::new();
    for (file, (_, text)) in TEXTS.iter().enumerate() {
        for (from, _) in text.match_indices("@id(\"") {
            let id = text[from + 5..].split('"').next().unwrap().to_owned();
            let to = from + text[from..].find(";\n").unwrap() + 1;
            found.push(Placed { file, id, from, to });
        }
    }
    found
}

/// The policy with one rule in other words.
fn with(rule: &Placed, words: &str) -> Result<Policy, PolicyFault> {
    let texts = TEXTS.iter().enumerate().map(|(file, (name, text))| {
        let text = if file == rule.file {
            format!("{}{words}{}", &text[..rule.from], &text[rule.to..])
        } else {
            (*text).to_owned()
        };
        (*name, text)
    });
    let texts: Vec<(&str, String)> = texts.collect();
    Policy::read(SCHEMA, texts.iter().map(|(name, text)| (*name, text.as_str())))
}

/// Whether the made-up cases tell this policy from the plain rules. Most mutants fall within some hundred cases.
fn noticed(policy: &Policy) -> bool {
    (0..60_000_u64).any(|number| {
        let case = Case::by(&mut Chance(number.wrapping_mul(0x2545_f491_4f6c_dd1d)));
        let question = case.question();
        let answer = policy.ask(&question);
        matches!(answer, Answer::Unanswered(_)) || answer.is_permitted() != naive::may(&question)
    })
}

/// The single conditions of a rule: what stands between "&&" and "||", without the brackets around several.
fn conditions(body: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in body.split("&&").flat_map(|part| part.split("||")) {
        let mut part = part.trim();
        while part.matches('(').count() > part.matches(')').count() {
            part = part.trim_start_matches('(').trim();
        }
        while part.matches(')').count() > part.matches('(').count() {
            part = part[..part.len() - 1].trim();
        }
        found.push(part);
    }
    found
}

/// Every way of losing a piece of a rule: the whole rule, all its conditions, each condition (taken as met, and as not met), who it is
/// for, and each of several actions.
fn mutants(words: &str) -> Vec<(String, String)> {
    let mut all = vec![("the rule".to_owned(), String::new())];
    for (whole, kind) in [("permit (", "forbid ("), ("forbid (", "permit (")] {
        if words.contains(whole) {
            all.push((format!("{whole} turned round"), words.replacen(whole, kind, 1)));
        }
    }
    for clause in ["\nwhen {", "\nunless {"] {
        let Some(from) = words.find(clause) else { continue };
        let body = &words[from + clause.len()..words.rfind('}').unwrap()];
        all.push((format!("all of {}", clause.trim_matches(['\n', ' ', '{'])), format!("{};", &words[..from])));
        let start = from + clause.len();
        let mut after = start;
        for condition in conditions(body) {
            let at = after + words[after..].find(condition).unwrap();
            after = at + condition.len();
            for instead in ["true", "false"] {
                let mutated = format!("{}{instead}{}", &words[..at], &words[after..]);
                all.push((format!("{condition} => {instead}"), mutated));
            }
        }
    }
    // Roles and actions named together: each alone.
    let scope = &words[words.find(" (").unwrap()..];
    if let Some(from) = scope.find("principal in Role") {
        let one = scope[from..].split([',', ')']).next().unwrap();
        all.push((one.to_owned(), words.replacen(one, "principal", 1)));
    }
    let roles: Vec<&str> = words
        .match_indices("Role::\"")
        .map(|(at, _)| &words[at..at + 8 + words[at + 7..].find('"').unwrap()])
        .collect();
    for role in roles.iter().filter(|_| roles.len() > 1) {
        let fewer = words.replacen(&format!("{role}, "), "", 1);
        let fewer = if fewer == words { words.replacen(&format!(", {role}"), "", 1) } else { fewer };
        all.push((format!("without {role}"), fewer));
    }
    let actions: Vec<&str> = words
        .match_indices("Action::\"")
        .map(|(at, _)| &words[at..at + 10 + words[at + 9..].find('"').unwrap()])
        .collect();
    for action in actions.iter().filter(|_| actions.len() > 1) {
        let fewer = words.replacen(&format!("{action}, "), "", 1);
        let fewer = if fewer == words { words.replacen(&format!(", {action}"), "", 1) } else { fewer };
        all.push((format!("without {action}"), fewer));
    }
    all
}

#[test]
fn no_rule_and_no_condition_can_be_lost_unseen() {
    let (mut seen, mut refused, mut twice) = (0, 0, 0);
    let mut unseen = Vec::new();
    for rule in &placed() {
        let words = &TEXTS[rule.file].1[rule.from..rule.to];
        for (lost, mutated) in mutants(words) {
            assert_ne!(mutated, words, "{}: {lost} changes nothing", rule.id);
            match with(rule, &mutated) {
                Err(PolicyFault::Misfit(_)) => refused += 1,
                Err(fault) => panic!("{}: {lost}: {fault}", rule.id),
                Ok(policy) if noticed(&policy) => seen += 1,
                Ok(_) if SAID_TWICE.contains(&(rule.id.as_str(), lost.as_str())) => twice += 1,
                Ok(_) => unseen.push(format!("{}: {lost}", rule.id)),
            }
        }
    }
    println!("{seen} seen by the made-up cases, {refused} refused by the schema, {twice} said twice");
    assert!(unseen.is_empty(), "not seen: {unseen:#?}");
    assert_eq!(twice, SAID_TWICE.len());
    assert!(seen > 100, "{seen}");
}

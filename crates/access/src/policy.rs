//! The policy: read and checked once, then asked.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::{
    ActionConstraint, Authorizer, Decision, Effect, Entities, EntityUid, PolicyId, PolicySet, Request, Schema,
    ValidationMode, Validator,
};

use crate::lately::Lately;
use crate::question::Question;
use crate::terms::Terms;
use crate::words::Action;

/// The schema, as it stands in `policies/`.
pub const SCHEMA: &str = include_str!("../../../policies/sharewell.cedarschema");

/// The policies, each file with its name, in the order in which a refusal is explained.
pub const TEXTS: &[(&str, &str)] = &[
    ("1-everywhere.cedar", include_str!("../../../policies/1-everywhere.cedar")),
    ("2-conflicts-of-interest.cedar", include_str!("../../../policies/2-conflicts-of-interest.cedar")),
    ("3-matters-and-records.cedar", include_str!("../../../policies/3-matters-and-records.cedar")),
    ("4-people-and-addresses.cedar", include_str!("../../../policies/4-people-and-addresses.cedar")),
    ("5-emergency-access.cedar", include_str!("../../../policies/5-emergency-access.cedar")),
    ("6-administration.cedar", include_str!("../../../policies/6-administration.cedar")),
    ("7-statistics.cedar", include_str!("../../../policies/7-statistics.cedar")),
];

/// Why a policy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// The schema is wrong, or lacks a word that questions hold.
    #[error("sharewell.cedarschema: {0}")]
    Schema(String),
    /// A file cannot be read.
    #[error("{file}: {fault}")]
    Unreadable {
        /// The file.
        file: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A rule has no `@id` or no `@says`, or shares its id with another.
    #[error("{file}: {fault}")]
    Unnamed {
        /// The file.
        file: String,
        /// What is missing.
        fault: String,
    },
    /// Rules that do not fit the schema.
    #[error("the rules do not fit the schema: {0}")]
    Misfit(String),
}

/// One rule of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it is called.
    pub id: String,
    /// What it says, as a sentence for the log. It names nobody.
    pub says: String,
    /// Whether it forbids; if not, it permits.
    pub forbids: bool,
    /// The file that it stands in.
    pub file: String,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.says, self.id)
    }
}

/// What the policy answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a question is asked for its answer"]
pub enum Answer<'p> {
    /// It may be done, under this rule: the first of those that permit it.
    Permitted(&'p Rule),
    /// A rule forbids it: the first of those that do. Whatever else permits it counts for nothing.
    Forbidden(&'p Rule),
    /// No rule permits it, and without one it is not allowed.
    NothingPermits,
    /// The question could not be answered, so the answer is no. The sentence is for the log.
    Unanswered(String),
}

impl Answer<'_> {
    /// Whether it may be done.
    #[must_use]
    pub const fn is_permitted(&self) -> bool {
        matches!(self, Self::Permitted(_))
    }
}

/// A policy that was read and checked.
#[derive(Debug)]
pub struct Policy {
    schema: Schema,
    set: PolicySet,
    /// For each action the rules whose scope lets them speak of it. Cedar works every rule out that it is given; one about other actions
    /// never holds, so that leaving it out changes no answer.
    by_action: HashMap<&'static str, PolicySet>,
    rules: Vec<Rule>,
    terms: Terms,
    authorizer: Authorizer,
    lately: Lately,
}

impl Policy {
    /// Reads a policy and checks it strictly against its schema.
    ///
    /// # Errors
    /// The first fault, with its file.
    pub fn read<'t>(schema: &str, texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, PolicyFault> {
        let (schema, warnings) =
            Schema::from_cedarschema_str(schema).map_err(|fault| PolicyFault::Schema(fault.to_string()))?;
        if let Some(warning) = warnings.into_iter().next() {
            return Err(PolicyFault::Schema(warning.to_string()));
        }
        let terms = Terms::new(&schema)?;
        let (mut set, mut rules) = (PolicySet::new(), Vec::<Rule>::new());
        for (file, text) in texts {
            for (rule, policy) in rules_of(file, text)? {
                if rules.iter().any(|other| other.id == rule.id) {
                    let fault = format!("another rule is called “{}”", rule.id);
                    return Err(PolicyFault::Unnamed { file: file.to_owned(), fault });
                }
                let added = set.add(policy.new_id(PolicyId::new(&rule.id)));
                added.map_err(|fault| PolicyFault::Unnamed { file: file.to_owned(), fault: fault.to_string() })?;
                rules.push(rule);
            }
        }
        let checked = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        if !checked.validation_passed_without_warnings() {
            let faults = checked.validation_errors().map(ToString::to_string);
            let faults = faults.chain(checked.validation_warnings().map(ToString::to_string));
            return Err(PolicyFault::Misfit(faults.collect::<Vec<_>>().join("; ")));
        }
        let by_action = by_action(&schema, &set, &terms)?;
        let (authorizer, lately) = (Authorizer::new(), Lately::default());
        Ok(Self { schema, set, by_action, rules, terms, authorizer, lately })
    }

    /// Every rule, in the order in which a refusal is explained.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// May this be done? The one place that asks.
    ///
    /// The answer follows from the question and the policy alone, so that a question asked a moment ago, the same in every respect and at
    /// the same time, is not worked out again.
    pub fn ask(&self, question: &Question<'_>) -> Answer<'_> {
        if let Some(found) = self.lately.answer(question) {
            return self.found(found);
        }
        let action = question.asks.action().word();
        let found = match (self.by_action.get(action), self.terms.say(question, None)) {
            (Some(rules), Ok((request, entities))) => self.find(rules, &request, &entities),
            (None, _) => Err(format!("the action “{action}” is missing")),
            (_, Err(unsayable)) => Err(unsayable),
        };
        match found {
            Ok(found) => {
                self.lately.remember(question, found);
                self.found(found)
            }
            Err(fault) => Answer::Unanswered(fault),
        }
    }

    /// Asks with the question checked against the schema first: what a question tells is what the schema says that it tells.
    /// Slower, and for tests.
    pub fn ask_strictly(&self, question: &Question<'_>) -> Answer<'_> {
        let found = self.terms.say(question, Some(&self.schema));
        match found.and_then(|(request, entities)| self.find(&self.set, &request, &entities)) {
            Ok(found) => self.found(found),
            Err(fault) => Answer::Unanswered(fault),
        }
    }

    fn find(&self, rules: &PolicySet, request: &Request, entities: &Entities) -> Result<Found, String> {
        let response = self.authorizer.is_authorized(request, rules, entities);
        // A rule that cannot be worked out is left out by Cedar. A "forbid" must never be: so there is no answer without all of them.
        if let Some(fault) = response.diagnostics().errors().next() {
            return Err(fault.to_string());
        }
        let decisive: Vec<&PolicyId> = response.diagnostics().reason().collect();
        let rule = self.rules.iter().position(|rule| decisive.iter().any(|id| AsRef::<str>::as_ref(*id) == rule.id));
        match (response.decision(), rule) {
            (Decision::Allow, Some(rule)) => Ok(Found::Permitted(rule)),
            (Decision::Deny, Some(rule)) => Ok(Found::Forbidden(rule)),
            (Decision::Deny, None) => Ok(Found::NothingPermits),
            (Decision::Allow, None) => Err("permitted by a rule that is not known".to_owned()),
        }
    }

    fn found(&self, found: Found) -> Answer<'_> {
        let unknown = || Answer::Unanswered("decided by a rule that is not known".to_owned());
        match found {
            Found::Permitted(rule) => self.rules.get(rule).map_or_else(unknown, Answer::Permitted),
            Found::Forbidden(rule) => self.rules.get(rule).map_or_else(unknown, Answer::Forbidden),
            Found::NothingPermits => Answer::NothingPermits,
        }
    }
}

/// An answer with the position of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Permitted(usize),
    Forbidden(usize),
    NothingPermits,
}

/// The rules that may speak of each action: those for any, for it, or for a group that it is in.
fn by_action(schema: &Schema, set: &PolicySet, terms: &Terms) -> Result<HashMap<&'static str, PolicySet>, PolicyFault> {
    let fault = |fault: &dyn fmt::Display| PolicyFault::Schema(fault.to_string());
    let actions = schema.action_entities().map_err(|error| fault(&error))?;
    let mut by_action = HashMap::new();
    for word in Action::all().map(Action::word) {
        let action = terms.action(word).map_err(|missing| fault(&missing))?;
        let speaks = |scope: &ActionConstraint| match scope {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(one) => *one == action,
            ActionConstraint::In(several) => {
                several.iter().any(|one: &EntityUid| *one == action || actions.is_ancestor_of(one, &action))
            }
        };
        let rules = set.policies().filter(|policy| speaks(&policy.action_constraint())).cloned();
        by_action.insert(word, PolicySet::from_policies(rules).map_err(|error| fault(&error))?);
    }
    Ok(by_action)
}

/// The rules of a file in the order in which they stand, each with its policy.
fn rules_of(file: &str, text: &str) -> Result<Vec<(Rule, cedar_policy::Policy)>, PolicyFault> {
    let unnamed = |fault: &str| PolicyFault::Unnamed { file: file.to_owned(), fault: fault.to_owned() };
    let set = PolicySet::from_str(text)
        .map_err(|fault| PolicyFault::Unreadable { file: file.to_owned(), fault: fault.to_string() })?;
    if set.num_of_templates() > 0 {
        return Err(unnamed("rules with ?principal or ?resource are not used here"));
    }
    // Cedar calls them policy0, policy1, … as it reads them, and keeps no order.
    let place = |policy: &cedar_policy::Policy| {
        AsRef::<str>::as_ref(policy.id()).trim_start_matches("policy").parse::<usize>().unwrap_or(usize::MAX)
    };
    let mut policies: Vec<cedar_policy::Policy> = set.policies().cloned().collect();
    policies.sort_by_key(place);
    policies
        .into_iter()
        .map(|policy| {
            let (Some(id), Some(says)) = (policy.annotation("id"), policy.annotation("says")) else {
                return Err(unnamed("each rule needs an @id and a sentence in @says"));
            };
            let rule = Rule {
                id: id.to_owned(),
                says: says.to_owned(),
                forbids: policy.effect() == Effect::Forbid,
                file: file.to_owned(),
            };
            Ok((rule, policy))
        })
        .collect()
}

/// The policy that is part of the program. It is read once, when it is first asked for.
///
/// # Errors
/// Its fault, which a test of this crate keeps from ever being built; whoever meets one answers no.
pub fn built_in() -> Result<&'static Policy, &'static PolicyFault> {
    static BUILT_IN: LazyLock<Result<Policy, PolicyFault>> =
        LazyLock::new(|| Policy::read(SCHEMA, TEXTS.iter().copied()));
    BUILT_IN.as_ref()
}

//! The small flow in other engines, each in the way its own documentation calls fastest.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use datalogic_rs::bumpalo::Bump;
use datalogic_rs::{DataValue, Logic, ParsedData};
use serde_json::{Map, Value};
use sharewell_guidance::Verdict;
use zen_engine::model::DecisionContent;
use zen_engine::{Decision, DecisionEngine, DecisionGraphResponse, EvaluationOptions, Variable};

use crate::Failure;
use crate::cases::Answers;
use crate::packs::{Answer, GATEWAYS};

fn rules(file: &str) -> Result<Value, Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rivals").join(file);
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

/// zen-engine with a decision graph, compiled; the cases are its own values already.
pub struct Zen {
    decision: Decision,
    cases: Vec<Variable>,
    tables: bool,
}

impl Zen {
    /// Reads a graph: `tables` with decision tables, otherwise one node of expressions.
    ///
    /// # Errors
    /// When the graph cannot be read.
    pub fn new(cases: &[Answers], tables: bool) -> Result<Zen, Failure> {
        let file = if tables { "small-flow.zen-tables.json" } else { "small-flow.zen-expressions.json" };
        let content: DecisionContent = serde_json::from_value(rules(file)?)?;
        let mut decision = DecisionEngine::default()
            .create_decision(content.into())
            .map_err(|wrong| format!("{file} is a {}", wrong.got))?;
        decision.compile();
        decision.validate().map_err(|error| format!("{file}: {error:?}"))?;
        Ok(Zen { decision, cases: cases.iter().map(|case| case.json().into()).collect(), tables })
    }

    fn decide(&self, case: &Variable, trace: bool) -> Result<DecisionGraphResponse, Failure> {
        let options = EvaluationOptions { trace, ..EvaluationOptions::default() };
        let evaluation = pin!(self.decision.evaluate_with_opts(case.clone(), options));
        // Nothing in this graph waits for anything, so that polling once is all an executor would do.
        match evaluation.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(response) => Ok(response.map_err(|error| format!("zen: {error:?}"))?),
            Poll::Pending => Err("zen: the graph waits for something".into()),
        }
    }

    /// The answer to each case; with a trace, every response is checked to have one for every node.
    ///
    /// # Errors
    /// When it fails, or says something that is no answer.
    pub fn answers(&self, trace: bool) -> Result<Vec<Answer>, Failure> {
        let nodes = if self.tables { 5 } else { 3 };
        let answer = |case: &Variable| {
            let response = self.decide(case, trace)?;
            let traced = response.trace.as_ref().and_then(|trace| trace.as_graph()).map_or(0, HashMap::len);
            if traced != if trace { nodes } else { 0 } {
                return Err(format!("zen: a trace of {traced} nodes").into());
            }
            let verdict = verdict(&response).ok_or("zen: no verdict")?;
            let output: Value = response.result.to_value();
            let fits = GATEWAYS.map(|gateway| {
                if self.tables {
                    output["fits"].as_array().is_some_and(|fits| fits.iter().any(|fit| fit == gateway))
                } else {
                    output[gateway.replace('-', "_")] == Value::Bool(true)
                }
            });
            Ok(Answer::new(verdict, fits.into_iter()))
        };
        self.cases.iter().map(answer).collect()
    }

    /// One pass: the sum of the verdicts.
    #[must_use]
    pub fn pass(&self, trace: bool) -> u64 {
        let decided =
            self.cases.iter().map(|case| self.decide(case, trace).ok().and_then(|response| verdict(&response)));
        decided.map(|verdict| verdict.map_or(u64::MAX >> 16, |verdict| verdict as u64)).sum()
    }
}

fn verdict(response: &DecisionGraphResponse) -> Option<Verdict> {
    Verdict::from_id(response.result.dot("verdict")?.as_str()?)
}

/// datalogic-rs: the rule compiled, the data parsed, the arena used again, the result borrowed.
pub struct Datalogic {
    engine: datalogic_rs::Engine,
    logic: Logic,
    cases: Vec<ParsedData>,
}

impl Datalogic {
    /// Reads the rule. JSON Logic has no names for parts of a rule; the file has (`where`), and they are put in place here. The
    /// engine finds parts that are the same and works them out once.
    ///
    /// # Errors
    /// When the rule cannot be read.
    pub fn new(cases: &[Answers]) -> Result<Datalogic, Failure> {
        let file = rules("small-flow.datalogic.json")?;
        let parts = file["where"].as_object().ok_or("the rule has no parts")?;
        let engine = datalogic_rs::Engine::new();
        let logic = engine.compile(put_in_place(&file["rule"], parts).to_string().as_str())?;
        let parsed = cases.iter().map(|case| ParsedData::from_json(&case.json().to_string()));
        Ok(Datalogic { engine, logic, cases: parsed.collect::<Result<_, _>>()? })
    }

    /// The answer to each case.
    ///
    /// # Errors
    /// When it fails, or says something that is no answer.
    pub fn answers(&self) -> Result<Vec<Answer>, Failure> {
        let answer = |case: &ParsedData| {
            let arena = Bump::new();
            let result = self.engine.evaluate(&self.logic, case, &arena)?.as_array().ok_or("datalogic: no list")?;
            let verdict = result[0].as_str().and_then(Verdict::from_id).ok_or("datalogic: no verdict")?;
            Ok(Answer::new(verdict, result[1..].iter().map(|fits| fits.as_bool() == Some(true))))
        };
        self.cases.iter().map(answer).collect()
    }

    /// One pass: the sum of the verdicts.
    #[must_use]
    pub fn pass(&self, arena: &mut Bump) -> u64 {
        let mut sum = 0;
        for case in &self.cases {
            let result = self.engine.evaluate(&self.logic, case, arena).ok().and_then(DataValue::as_array);
            let verdict = result.and_then(|list| list.first()?.as_str().and_then(Verdict::from_id));
            sum += verdict.map_or(u64::MAX >> 16, |verdict| verdict as u64);
            arena.reset();
        }
        sum
    }
}

fn put_in_place(rule: &Value, parts: &Map<String, Value>) -> Value {
    match rule {
        Value::Object(object) => match object.get("use").and_then(Value::as_str).and_then(|name| parts.get(name)) {
            Some(part) => put_in_place(part, parts),
            None => {
                Value::Object(object.iter().map(|(key, value)| (key.clone(), put_in_place(value, parts))).collect())
            }
        },
        Value::Array(values) => Value::Array(values.iter().map(|value| put_in_place(value, parts)).collect()),
        other => other.clone(),
    }
}

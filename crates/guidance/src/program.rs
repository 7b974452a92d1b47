//! A pack's conditions, flattened for one day: every condition once, each after what it uses, so that a case is worked out in
//! one pass, and a single changed answer by touching only what depends on it.
//!
//! `verdict::node` says what conditions mean; this says the same faster, and `lanes.rs` the same for many cases at once. `check`
//! compares them on made-up cases.

use crate::facts::{FIRST_VALUE_BIT, Facts, UNKNOWN_BIT, UNSURE_BIT};
use crate::pack::{FactIx, Gives, NodeIx, NodeKind, Pack, Step};
use crate::truth::Truth;
use crate::verdict::DayPlan;

/// Where the truth of a condition stands after working out.
pub(crate) type Slot = u32;

/// One operation; its result goes into the slot of the same number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    /// Always this code.
    Constant(u8),
    /// Looks at a fact: yes for `yes`, else the code for unknown or unsure if that bit is set, else no.
    Look { fact: u16, yes: u64, unknown: u8, unsure: u8 },
    /// Met unless the answer is one of these.
    Unless { fact: u16, reject: u64 },
    /// All of a range of arguments.
    All(u32, u32),
    /// Any of a range of arguments.
    Any(u32, u32),
    /// The opposite.
    Not(Slot),
    /// Certainly.
    Sure(Slot),
}

/// The flattened conditions of a pack on one day.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) operations: Vec<Operation>,
    pub(crate) arguments: Vec<Slot>,
    /// By node of the pack; `Slot::MAX` where nothing uses it on this day.
    slots: Vec<Slot>,
    pub(crate) conditions: Vec<Slot>,
    /// The operations that can matter to the verdict, each after what it uses.
    pub(crate) cone: Vec<Slot>,
    /// All others: what they come to is only said.
    rest: Vec<Slot>,
    entries: Vec<Slot>,
    /// By operation: where its users start, those that can matter to the verdict.
    users: Vec<(u32, u32)>,
    /// By operation: whether the verdict rests on it directly.
    carries: Vec<bool>,
    user_list: Vec<Slot>,
    /// By fact: the operations that look at it and can matter to the verdict.
    looks: Vec<Vec<Slot>>,
    /// By fact: one answer of each class that no condition tells apart.
    classes: Vec<Vec<u64>>,
}

/// The truths of all conditions for one case.
#[derive(Debug, Default)]
pub(crate) struct Truths {
    codes: Vec<u8>,
}

/// For each set of truths among the arguments (bit by code), what all of them, and any of them, come to.
const ALL_OF: [u8; 16] = table(true);
const ANY_OF: [u8; 16] = table(false);

const fn table(all: bool) -> [u8; 16] {
    let mut table = [0u8; 16];
    let mut set = 0;
    while set < 16 {
        let mut result = if all { Truth::Yes } else { Truth::No };
        let mut code = 0;
        while code < 4 {
            if set >> code & 1 == 1 {
                let truth = Truth::from_code(code);
                result = if all { result.and(truth) } else { result.or(truth) };
            }
            code += 1;
        }
        table[set] = result.code();
        set += 1;
    }
    table
}

impl Program {
    /// Flattens a pack for a day. `verdict` are the conditions on which the verdict rests.
    pub(crate) fn new(pack: &Pack, plan: &DayPlan, verdict: &[usize]) -> Program {
        let mut flattening = Flattening::new(pack, plan);
        for step in &pack.order {
            match *step {
                Step::Condition(index) => flattening.conditions[index] = flattening.node(pack.conditions[index].node),
                Step::Entry(index) => {
                    if let Some(when) = plan.when[index] {
                        flattening.entries[index] = flattening.node(when);
                    }
                }
            }
        }
        let said = pack.says.iter().filter_map(|say| say.when);
        let asked = pack.questions.iter().filter_map(|question| question.ask_when);
        for when in said.chain(asked).chain(pack.acts.iter().map(|act| act.when)) {
            flattening.node(when);
        }
        flattening.finish(verdict)
    }

    /// Works out every condition that can matter to the verdict.
    pub(crate) fn run_cone(&self, facts: &Facts, truths: &mut Truths) {
        self.make_room(truths);
        self.run_slots(&self.cone, facts, &mut truths.codes);
    }

    /// Works out all other conditions, once those that can matter to the verdict are worked out.
    pub(crate) fn run_rest(&self, facts: &Facts, truths: &mut Truths) {
        self.run_slots(&self.rest, facts, &mut truths.codes);
    }

    /// Makes room for the truth of every condition; what was there before is overwritten, not read.
    pub(crate) fn make_room(&self, truths: &mut Truths) {
        truths.codes.resize(self.operations.len(), 0);
    }

    fn run_slots(&self, slots: &[Slot], facts: &Facts, codes: &mut [u8]) {
        for &slot in slots {
            codes[slot as usize] = self.operate(self.operations[slot as usize], facts, codes);
        }
    }

    #[inline]
    fn operate(&self, operation: Operation, facts: &Facts, codes: &[u8]) -> u8 {
        let set = |from: u32, to: u32| {
            self.arguments[from as usize..to as usize].iter().fold(0usize, |set, slot| set | 1 << codes[*slot as usize])
        };
        match operation {
            Operation::Constant(code) => code,
            Operation::Look { fact, yes, unknown, unsure } => {
                let mask = facts.mask(FactIx(fact));
                if mask & yes != 0 {
                    Truth::Yes.code()
                } else if mask & UNKNOWN_BIT != 0 {
                    unknown
                } else if mask & UNSURE_BIT != 0 {
                    unsure
                } else {
                    Truth::No.code()
                }
            }
            Operation::Unless { fact, reject } => Truth::from(facts.mask(FactIx(fact)) & reject == 0).code(),
            Operation::All(from, to) => ALL_OF[set(from, to)],
            Operation::Any(from, to) => ANY_OF[set(from, to)],
            Operation::Not(slot) => Truth::from_code(codes[slot as usize]).negate().code(),
            Operation::Sure(slot) => Truth::from_code(codes[slot as usize]).sure().code(),
        }
    }

    /// The truth of a node of the pack; a node that is not in force on the day is not met.
    pub(crate) fn node(&self, truths: &Truths, at: NodeIx) -> Truth {
        match self.slots[at.0 as usize] {
            Slot::MAX => Truth::No,
            slot => Truth::from_code(truths.codes[slot as usize]),
        }
    }

    /// The truth of a named condition.
    pub(crate) fn condition(&self, truths: &Truths, index: usize) -> Truth {
        Truth::from_code(truths.codes[self.conditions[index] as usize])
    }

    /// The truth of an entry.
    pub(crate) fn entry(&self, truths: &Truths, index: usize) -> Truth {
        Truth::from_code(truths.codes[self.entries[index] as usize])
    }

    /// Whether a condition that can matter to the verdict looks at this fact.
    pub(crate) fn looked_at(&self, fact: FactIx) -> bool {
        !self.looks[usize::from(fact.0)].is_empty()
    }

    /// One answer of each class of answers to a fact that no condition tells apart.
    pub(crate) fn classes(&self, fact: FactIx) -> &[u64] {
        &self.classes[fact.0 as usize]
    }

    /// Works out again what depends on these facts and can matter to the verdict; what changed is written to `undo`.
    pub(crate) fn rerun(&self, changed: &[FactIx], facts: &Facts, truths: &mut Truths, scratch: &mut Scratch) {
        scratch.start(self.operations.len());
        for fact in changed {
            for &slot in &self.looks[fact.0 as usize] {
                scratch.wait(slot);
            }
        }
        while let Some(slot) = scratch.next() {
            let code = self.operate(self.operations[slot as usize], facts, &truths.codes);
            let before = truths.codes[slot as usize];
            if code != before {
                scratch.undo.push((slot, before));
                scratch.verdict_touched |= self.carries[slot as usize];
                truths.codes[slot as usize] = code;
                let (from, to) = self.users[slot as usize];
                for &user in &self.user_list[from as usize..to as usize] {
                    scratch.wait(user);
                }
            }
        }
    }
}

impl Truths {
    /// Sets the truth of one operation, by its code.
    #[inline]
    pub(crate) fn set(&mut self, slot: Slot, code: u8) {
        self.codes[slot as usize] = code;
    }

    /// Takes back the changes of the last rerun.
    pub(crate) fn undo(&mut self, scratch: &Scratch) {
        for &(slot, before) in scratch.undo.iter().rev() {
            self.codes[slot as usize] = before;
        }
    }
}

/// Room for reruns.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// A bit for each operation that waits; users come after what they use, so one sweep upwards does.
    waiting: Vec<u64>,
    /// The first word in which a bit may be set, and one past the last.
    lowest: usize,
    highest: usize,
    /// What the last rerun changed, with the code before.
    undo: Vec<(Slot, u8)>,
    /// Whether the last rerun changed a condition on which the verdict rests directly.
    pub(crate) verdict_touched: bool,
}

impl Scratch {
    fn start(&mut self, operations: usize) {
        self.waiting.resize(operations.div_ceil(64), 0);
        self.lowest = self.waiting.len();
        self.highest = 0;
        self.undo.clear();
        self.verdict_touched = false;
    }

    fn wait(&mut self, slot: Slot) {
        let word = slot as usize / 64;
        self.waiting[word] |= 1 << (slot % 64);
        self.lowest = self.lowest.min(word);
        self.highest = self.highest.max(word + 1);
    }

    fn next(&mut self) -> Option<Slot> {
        while self.lowest < self.highest {
            let word = self.waiting[self.lowest];
            if word != 0 {
                self.waiting[self.lowest] = word & (word - 1);
                return Some(slot(self.lowest * 64) + word.trailing_zeros());
            }
            self.lowest += 1;
        }
        None
    }
}

struct Flattening<'p> {
    pack: &'p Pack,
    plan: &'p DayPlan,
    operations: Vec<Operation>,
    arguments: Vec<Slot>,
    slots: Vec<Slot>,
    conditions: Vec<Slot>,
    entries: Vec<Slot>,
    givers: Vec<Option<Slot>>,
}

impl<'p> Flattening<'p> {
    fn new(pack: &'p Pack, plan: &'p DayPlan) -> Self {
        Flattening {
            pack,
            plan,
            operations: vec![Operation::Constant(Truth::No.code())],
            arguments: Vec::new(),
            slots: vec![Slot::MAX; pack.nodes.len()],
            conditions: vec![0; pack.conditions.len()],
            entries: vec![0; pack.entries.len()],
            givers: vec![None; Gives::ALL.len()],
        }
    }

    fn push(&mut self, operation: Operation) -> Slot {
        self.operations.push(operation);
        slot(self.operations.len() - 1)
    }

    fn node(&mut self, at: NodeIx) -> Slot {
        if self.slots[at.0 as usize] != Slot::MAX {
            return self.slots[at.0 as usize];
        }
        let pack = self.pack;
        let result = match &pack.nodes[at.0 as usize].kind {
            NodeKind::Is { fact, accept } => {
                let open = |bit: u64, truth: Truth| if accept & bit == 0 { truth.code() } else { Truth::Yes.code() };
                let (unknown, unsure) = (open(UNKNOWN_BIT, Truth::Unknown), open(UNSURE_BIT, Truth::Unsure));
                self.push(Operation::Look { fact: fact.0, yes: *accept, unknown, unsure })
            }
            NodeKind::Unless { fact, reject } => self.push(Operation::Unless { fact: fact.0, reject: *reject }),
            NodeKind::All(children) | NodeKind::Any(children) if children.len() == 1 => self.node(children[0]),
            NodeKind::All(children) => {
                let slots: Vec<Slot> = children.iter().map(|child| self.node(*child)).collect();
                let (from, to) = self.range(&slots);
                self.push(Operation::All(from, to))
            }
            NodeKind::Any(children) => {
                let slots: Vec<Slot> = children.iter().map(|child| self.node(*child)).collect();
                let (from, to) = self.range(&slots);
                self.push(Operation::Any(from, to))
            }
            NodeKind::Not(child) => {
                let child = self.node(*child);
                self.push(Operation::Not(child))
            }
            NodeKind::Sure(child) => {
                let child = self.node(*child);
                self.push(Operation::Sure(child))
            }
            NodeKind::Named(index) => self.conditions[*index],
            NodeKind::Entry(index) => self.entries[*index],
            NodeKind::AnyEntry(gives) => self.any_entry(*gives),
        };
        self.slots[at.0 as usize] = result;
        result
    }

    fn range(&mut self, slots: &[Slot]) -> (u32, u32) {
        let from = slot(self.arguments.len());
        self.arguments.extend_from_slice(slots);
        (from, slot(self.arguments.len()))
    }

    fn any_entry(&mut self, gives: Gives) -> Slot {
        let number = Gives::ALL.iter().position(|one| *one == gives).unwrap_or(0);
        if let Some(known) = self.givers[number] {
            return known;
        }
        let slots: Vec<Slot> = self.plan.givers(gives).iter().map(|index| self.entries[*index]).collect();
        let (from, to) = self.range(&slots);
        let result = self.push(Operation::Any(from, to));
        self.givers[number] = Some(result);
        result
    }

    fn finish(self, verdict: &[usize]) -> Program {
        let mut matters = vec![false; self.operations.len()];
        for &condition in verdict {
            matters[self.conditions[condition] as usize] = true;
        }
        let carries = matters.clone();
        let mut users: Vec<Vec<Slot>> = vec![Vec::new(); self.operations.len()];
        let mut looks: Vec<Vec<Slot>> = vec![Vec::new(); self.pack.facts.len()];
        for at in (0..self.operations.len()).rev() {
            if !matters[at] {
                continue;
            }
            let used: &[Slot] = match &self.operations[at] {
                Operation::All(from, to) | Operation::Any(from, to) => &self.arguments[*from as usize..*to as usize],
                Operation::Not(child) | Operation::Sure(child) => std::slice::from_ref(child),
                Operation::Look { fact, .. } | Operation::Unless { fact, .. } => {
                    looks[usize::from(*fact)].push(slot(at));
                    &[]
                }
                Operation::Constant(_) => &[],
            };
            for &child in used {
                matters[child as usize] = true;
                users[child as usize].push(slot(at));
            }
        }
        let classes = (0..self.pack.facts.len()).map(|fact| self.classes_of(fact, &looks[fact])).collect();
        let mut user_list = Vec::new();
        let ranges = users
            .iter()
            .map(|users| {
                let from = slot(user_list.len());
                user_list.extend_from_slice(users);
                (from, slot(user_list.len()))
            })
            .collect();
        let (cone, rest) = (0..slot(self.operations.len())).partition(|at| matters[*at as usize]);
        Program {
            cone,
            rest,
            operations: self.operations,
            arguments: self.arguments,
            slots: self.slots,
            conditions: self.conditions,
            entries: self.entries,
            users: ranges,
            carries,
            user_list,
            looks,
            classes,
        }
    }

    /// Masks of values that no operation in `looks` and no inference tells apart.
    fn classes_of(&self, fact: usize, looks: &[Slot]) -> Vec<u64> {
        let looked = looks.iter().filter_map(|look| match self.operations[*look as usize] {
            Operation::Look { yes, .. } => Some(yes),
            Operation::Unless { reject, .. } => Some(reject),
            _ => None,
        });
        // What is inferred from an answer tells answers apart as well.
        let inferring = self.pack.inferences.iter().flat_map(|inference| self.pack.looks(inference.when));
        let inferring = inferring.filter(|(looked, _)| usize::from(looked.0) == fact).map(|(_, mask)| mask);
        let masks: Vec<u64> = looked.chain(inferring).collect();
        let mut classes: Vec<(Vec<bool>, u64)> = Vec::new();
        for position in 0..self.pack.facts[fact].values.len() {
            let bit = 1u64 << (u32::try_from(position).unwrap_or(0) + FIRST_VALUE_BIT);
            let signature: Vec<bool> = masks.iter().map(|mask| mask & bit != 0).collect();
            match classes.iter_mut().find(|(known, _)| *known == signature) {
                Some((_, class)) => *class |= bit,
                None => classes.push((signature, bit)),
            }
        }
        classes.into_iter().map(|(_, class)| class).collect()
    }
}

fn slot(at: usize) -> Slot {
    Slot::try_from(at).unwrap_or(Slot::MAX)
}

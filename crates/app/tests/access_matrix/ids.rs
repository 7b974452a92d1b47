//! Names of records and what stands for them in a request: ids, names and versions, so that the same request can be made for a record that
//! is there and for one that nobody has.

use std::collections::{BTreeMap, HashMap};
use std::ops::Index;

use uuid::Uuid;

/// What a request is made with, by name.
#[derive(Debug, Clone, Default)]
pub struct Ids(BTreeMap<&'static str, String>);

impl Index<&str> for Ids {
    type Output = String;

    fn index(&self, name: &str) -> &String {
        self.0.get(name).unwrap_or_else(|| panic!("nothing is called {name} here: {:?}", self.0.keys()))
    }
}

impl Ids {
    pub fn put(&mut self, name: &'static str, value: impl ToString) {
        self.0.insert(name, value.to_string());
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// These, and those of the other where the names are the same.
    pub fn and(&self, more: &Self) -> Self {
        let mut all = self.clone();
        all.0.extend(more.0.iter().map(|(name, value)| (*name, value.clone())));
        all
    }

    /// The same names for ids that nobody has, and for a person who is not known. What is no id stays, and so does a colleague whom everybody
    /// knows and whose record is what is asked for.
    pub fn nowhere(&self) -> Self {
        self.nowhere_but(&[])
    }

    /// The same, with these as they are.
    pub fn nowhere_but(&self, own: &[&str]) -> Self {
        let other = |(at, (name, value)): (usize, (&&'static str, &String))| {
            let nobody = format!("0193a5c0-0000-7000-8000-{at:012x}");
            let value = match *name {
                "name" => "Nobody Atall".to_owned(),
                known if known.starts_with("known_") || own.contains(&known) => value.clone(),
                _ if value.parse::<Uuid>().is_ok() => nobody,
                _ => value.clone(),
            };
            (*name, value)
        };
        Self(self.0.iter().enumerate().map(other).collect())
    }

    /// A text in which `{name}` stands for a value.
    pub fn fill(&self, template: &str) -> String {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or_else(|| panic!("{template}"));
            filled += before;
            filled += &self[name];
            rest = after;
        }
        filled + rest
    }

    /// A text with the names in place of the ids and names, so that what was answered for one record can be compared with what was
    /// answered for another.
    pub fn named(&self, text: &str) -> String {
        let names = self.by_id();
        let (mut named, mut done) = (String::with_capacity(text.len()), 0);
        // An id is told by its first dash: each text is gone through once, whatever ids there are.
        for (dash, _) in text.match_indices('-') {
            let Some(from) = dash.checked_sub(8).filter(|from| *from >= done) else { continue };
            let Some(name) = text.get(from..from + 36).and_then(|id| names.get(id)) else { continue };
            named += &text[done..from];
            named.extend(["{", name, "}"]);
            done = from + 36;
        }
        named += &text[done..];
        match self.0.get("name") {
            Some(called) if named.contains(called) => named.replace(called, "{name}"),
            _ => named,
        }
    }

    /// The name of each id; the first where it has several.
    fn by_id(&self) -> HashMap<&str, &'static str> {
        let mut names = HashMap::new();
        for (name, value) in self.0.iter().filter(|(_, value)| value.len() == 36 && value.as_bytes()[8] == b'-') {
            names.entry(value.as_str()).or_insert(*name);
        }
        names
    }
}

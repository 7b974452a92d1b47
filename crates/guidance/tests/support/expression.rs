//! "a | b" (either), "a + b" (both), brackets where they mix: what a story must be able to rely on.

/// A requirement on the entries that fit.
#[derive(Debug, PartialEq, Eq)]
pub enum Expression {
    /// This entry.
    Entry(String),
    /// All of these.
    All(Vec<Expression>),
    /// Any of these.
    Any(Vec<Expression>),
}

impl Expression {
    /// Reads a line; where `|` and `+` mix without brackets it is refused, for it could mean two things.
    pub fn parse(line: &str) -> Result<Expression, String> {
        let mut tokens = tokens(line)?;
        tokens.reverse();
        let expression = joined(&mut tokens)?;
        if let Some(token) = tokens.pop() { Err(format!("`{token}` is left over")) } else { Ok(expression) }
    }

    /// Whether it holds, given which entries fit.
    pub fn holds(&self, fits: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Expression::Entry(id) => fits(id),
            Expression::All(parts) => parts.iter().all(|part| part.holds(fits)),
            Expression::Any(parts) => parts.iter().any(|part| part.holds(fits)),
        }
    }

    /// Whether it names this entry anywhere.
    pub fn names(&self, id: &str) -> bool {
        match self {
            Expression::Entry(named) => named == id,
            Expression::All(parts) | Expression::Any(parts) => parts.iter().any(|part| part.names(id)),
        }
    }
}

fn tokens(line: &str) -> Result<Vec<String>, String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut id = String::new();
    for letter in line.chars().chain([' ']) {
        if letter.is_ascii_alphanumeric() || letter == '-' {
            id.push(letter);
            continue;
        }
        if !id.is_empty() {
            tokens.push(std::mem::take(&mut id));
        }
        match letter {
            '(' | ')' | '|' | '+' => tokens.push(letter.to_string()),
            ' ' => {}
            other => return Err(format!("`{other}` means nothing here")),
        }
    }
    Ok(tokens)
}

/// Reads from the end of a reversed list.
fn joined(tokens: &mut Vec<String>) -> Result<Expression, String> {
    let mut parts = vec![part(tokens)?];
    let mut by: Option<String> = None;
    while let Some(sign) = tokens.pop_if(|token| token == "|" || token == "+") {
        if by.as_ref().is_some_and(|by| *by != sign) {
            return Err("`|` and `+` mix: use brackets".to_owned());
        }
        by = Some(sign);
        parts.push(part(tokens)?);
    }
    Ok(match by.as_deref() {
        Some("|") => Expression::Any(parts),
        Some(_) => Expression::All(parts),
        None => parts.remove(0),
    })
}

fn part(tokens: &mut Vec<String>) -> Result<Expression, String> {
    match tokens.pop().as_deref() {
        Some("(") => {
            let inner = joined(tokens)?;
            match tokens.pop().as_deref() {
                Some(")") => Ok(inner),
                _ => Err("a bracket is not closed".to_owned()),
            }
        }
        None | Some(")" | "|" | "+") => Err("an id is missing".to_owned()),
        Some(id) => Ok(Expression::Entry(id.to_owned())),
    }
}

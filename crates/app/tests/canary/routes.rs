//! The routes that the program has mounted, read from the router itself: whoever adds one must say here what is written through it.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;

/// Every method and route, such as `POST /matters/{matter}/people`. The router does not list them, but says them when it is debugged; should
/// that change, [`parts`] finds none and the tests fail. A route that takes any method, or that is a service, is mounted as `ANY`.
pub fn mounted(router: &Router) -> BTreeSet<String> {
    let said = format!("{router:?}");
    // The fallback's own routes come after those that are mounted and have the same numbers: the first of a number counts.
    let mut methods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, rest) in parts(&said, "MethodRouter(MethodRouter { ") {
        let rest = rest.split("fallback").next().unwrap();
        let takes =
            |method: &&str| rest.split(", ").any(|field| field.starts_with(*method) && !field.ends_with("None"));
        let known = ["get", "post", "put", "patch", "delete"];
        methods.entry(id).or_insert_with(|| known.into_iter().filter(takes).collect());
    }
    let (mut mounted, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for (id, rest) in parts(&said, "\"").filter(|(id, _)| seen.insert(*id)) {
        let path = rest.split('"').next().unwrap();
        let methods = methods.get(id).map(Vec::as_slice).unwrap_or_default();
        for method in if methods.is_empty() { &["any"] } else { methods } {
            mounted.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    mounted
}

/// What stands after `RouteId(N): ` and these words, with N.
fn parts<'s>(said: &'s str, words: &'s str) -> impl Iterator<Item = (&'s str, &'s str)> {
    said.split("RouteId(").skip(1).filter_map(move |part| {
        let (id, rest) = part.split_once("): ")?;
        Some((id, rest.strip_prefix(words)?))
    })
}

/// The route that an address is of: its parts are the same, or stand in braces. A route that says more of it in words comes first.
pub fn route_of(mounted: &BTreeSet<String>, method: &str, address: &str) -> Option<String> {
    let path = address.split('?').next().unwrap();
    let fits = |route: &&String| {
        let Some(pattern) = route.strip_prefix(method).and_then(|rest| rest.strip_prefix(' ')) else { return false };
        let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
        let whole = pattern.last().is_some_and(|last| last.starts_with("{*"));
        (pattern.len() == path.len() || (whole && path.len() >= pattern.len()))
            && pattern.iter().zip(&path).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
    };
    mounted.iter().filter(fits).min_by_key(|route| route.matches('{').count()).cloned()
}

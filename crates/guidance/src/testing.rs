//! Packs for unit tests: a very small one, and the real one.

use std::path::Path;

use crate::pack::Pack;
use crate::source::SourceFile;

/// The conditions that carry a verdict, over a handful of facts.
pub const SMALL: &str = r#"
id = "small"
version = "1"
title = "A small pack"

[[list]]
id = "protective"
label = "able to protect"
outside = "{Body} cannot protect."
[[body]]
id = "police"
label = "Police"
phrase = "the police"
lists = ["protective"]
[[body]]
id = "club"
label = "Club"
phrase = "a club"

[[fact]]
id = "recipient_kind"
label = "Recipient"
missing = "Say who would receive it."
kind = "body"
[[fact]]
id = "raises"
label = "Raises the risk"
missing = "Say whether it raises the risk."
values = [ { id = "yes", label = "Yes" }, { id = "no", label = "No" } ]
[[fact]]
id = "danger"
label = "Danger"
missing = "Say whether there is danger."
values = [ { id = "yes", label = "Yes" }, { id = "no", label = "No" } ]
[[fact]]
id = "purpose"
label = "Purpose"
missing = "Say what it is for."
values = [ { id = "yes", label = "Yes" }, { id = "no", label = "No" } ]
[[fact]]
id = "consent"
label = "Consent"
missing = "Say whether there is consent."
values = [ { id = "yes", label = "Yes" }, { id = "no", label = "No" } ]
[[fact]]
id = "identifiable"
label = "Identifiable"
missing = "Say whether somebody can be identified."
values = [ { id = "yes", label = "Yes" }, { id = "no", label = "No" } ]
[[fact]]
id = "necessary"
label = "Necessary"
missing = "Say whether it is necessary."
values = [ { id = "yes", label = "Yes" }, { id = "no", label = "No" } ]

[[condition]]
id = "raises-risk"
words = "It raises the risk"
all = [ { fact = "raises", is = ["yes"] } ]
[[condition]]
id = "danger"
words = "There is danger"
all = [ { fact = "danger", is = ["yes"] } ]
[[condition]]
id = "told-to-protector"
words = "A protector is told"
all = [ { recipient = ["protective"] } ]
[[condition]]
id = "protective"
words = "It can protect"
all = [ { recipient = ["protective"] } ]
[[condition]]
id = "purpose"
words = "There is a purpose"
all = [ { fact = "purpose", is = ["yes"] } ]
[[condition]]
id = "consent-valid"
words = "There is consent"
all = [ { fact = "consent", is = ["yes"] } ]
[[condition]]
id = "identifies"
words = "It identifies"
all = [ { fact = "identifiable", is = ["yes"] } ]
[[condition]]
id = "gateway"
words = "A power fits"
all = [ { any_entry = "gateway" } ]
[[condition]]
id = "article-6"
words = "A basis fits"
all = [ { any_entry = "article-6" } ]
[[condition]]
id = "article-9"
words = "A condition fits"
all = [ { fact = "necessary", unless = ["no"] } ]
[[condition]]
id = "article-10"
words = "A condition about crime fits"
all = [ { fact = "necessary", unless = ["no"] } ]
[[condition]]
id = "confidence-met"
words = "Confidence is answered"
all = [ { fact = "necessary", unless = ["no"] } ]
[[condition]]
id = "needed"
words = "It is needed"
all = [ { fact = "necessary", is = ["yes"] } ]
[[condition]]
id = "not-forbidden"
words = "Nothing forbids it"
all = [ { fact = "necessary", unless = ["no"] } ]
[[condition]]
id = "recipient-known"
words = "The recipient is known"
all = [ { recipient = ["anyone"] } ]
[[condition]]
id = "another-decides"
words = "Another decides"
all = [ { sure = { fact = "raises", is = ["unsure"] } } ]
[[condition]]
id = "nothing-left"
words = "Nothing is left"
all = [ { sure = { fact = "raises", is = ["unsure"] } } ]
[[condition]]
id = "all-held"
words = "All is held"
all = [ { sure = { fact = "raises", is = ["unsure"] } } ]

[[entry]]
id = "old-power"
title = "The old power to tell"
cite = "Old Act 1990 s.1"
url = "https://example.org/law"
role = "gateway"
nature = "power"
gives = ["gateway"]
status = "V"
summary = "It let a body tell another."
from = 1990-01-01
to = 2026-01-01
when = { fact = "necessary", unless = ["no"] }
[[entry]]
id = "new-duty"
title = "The new duty to tell"
cite = "New Act 2026 s.2"
url = "https://example.org/law"
role = "gateway"
nature = "duty"
gives = ["gateway", "duty"]
status = "V"
summary = "It makes a body tell another about neglect."
from = 2026-02-01
when = { fact = "necessary", unless = ["no"] }
[[entry]]
id = "basis"
title = "A basis in data protection law"
cite = "Article 6"
url = "https://example.org/law"
role = "article-6"
nature = "basis"
gives = ["article-6"]
status = "V"
summary = "It is needed for a task."
[[entry.period]]
from = 2018-05-25
to = 2026-02-05
note = "Any task would do."
when = { fact = "necessary", unless = ["no"] }
[[entry.period]]
from = 2026-02-05
note = "The task must be our own."
when = { all = [ { fact = "necessary", unless = ["no"] }, { fact = "identifiable", unless = ["no"] } ] }

[[stage]]
id = "how"
title = "How to share"
summary = "Safely & openly."
[[question]]
id = "everything"
stage = "how"
title = "What is it about?"
why = "We need to know."
source = "here"
facts = ["recipient_kind", "raises", "danger", "purpose", "consent", "identifiable", "necessary"]
myths = ["consent-always"]

[[say]]
id = "write-it-down"
as = "step"
text = "Write it down on the day."
applies = ["golden-7"]
[[say]]
id = "mind-the-child"
as = "warning"
text = "The child comes first."
when = { fact = "danger", is = ["yes"] }
[[rule]]
id = "golden-7"
set = "golden"
number = 7
title = "Keep a record"
text = "Write down what was decided and why."

[[act]]
id = "police"
title = "Tell the police"
text = "Ring them."
phone = "999"
when = { fact = "danger", is = ["yes", "unsure"] }

[[line]]
id = "raises-risk"
question = "Q raises?"
yes = "It does."
no = "It does not."
unsure = "Not sure."
unknown = "Not said."
[[line]]
id = "danger"
question = "Q danger?"
chart = true
yes = "There is."
no = "There is none."
unsure = "Not sure."
unknown = "Not said."
[[line]]
id = "protective"
question = "Q protect?"
yes = "It can."
no = "It cannot."
unsure = "Not sure."
unknown = "Not said."
[[line]]
id = "purpose"
question = "Q purpose?"
chart = true
yes = "There is."
no = "There is none."
unsure = "Not sure."
unknown = "Not said."
[[line]]
id = "consent"
question = "Q consent?"
chart = true
yes = "There is."
no = "There is none."
unsure = "Not sure."
unknown = "Not said."
[[line]]
id = "identifies"
question = "Q identified?"
chart = true
yes = "Yes."
no = "Nobody."
unsure = "Not sure."
unknown = "Not said."
[[line]]
id = "lawful-reason"
question = "Q lawful?"
chart = true
yes = "There is."
no = "There is none."
unsure = "Not sure."
unknown = "Not said."

[[verdict]]
id = "share"
title = "Share"
sentence = "Share it."
next = "Share."
[[verdict]]
id = "share-anonymised"
title = "Share without names"
sentence = "Share it without names."
next = "Share."
[[verdict]]
id = "do-not-share"
title = "Do not share"
sentence = "Do not share it."
next = "Say why."
[[verdict]]
id = "advice"
title = "Ask & learn"
sentence = "Ask first."
next = "Ask."
[[verdict]]
id = "incomplete"
title = "Something is missing"
sentence = "Something is missing."
next = "Find out."

[[page]]
id = "small-signs"
title = "Small signs add up"
summary = "Neglect is often seen in small signs."
paragraphs = ["One missed appointment says little.", "Ten of them, held in four places, say much about neglect."]
links = ["everything", "new-duty"]
[[myth]]
id = "consent-always"
title = "You always need consent"
answer = "You do not. There may be a lawful reason."
[[sign]]
id = "hunger"
kind = "neglect"
title = "Signs of neglect"
signs = ["Often hungry", "Dirty or ill-fitting clothes"]
[[method]]
id = "telephone"
title = "By telephone"
text = "Ring a number that you found yourself."
checks = [ { id = "who", text = "I know who it is." } ]
[[scheme]]
id = "right-to-ask"
title = "Right to ask"
summary = "Anyone may ask the police."
steps = [ { title = "Apply", text = "Ring 101.", limit = "24 hours" } ]
[[resource]]
title = "Where to read more"
url = "https://example.org/guide"
note = "A guide."
[[change]]
date = 2026-02-01
title = "A new duty to tell"
text = "The New Act started."
entries = ["new-duty"]
"#;

/// Loads one file as a pack.
pub fn load(text: &str) -> Pack {
    let files = [SourceFile { path: "pack.toml".to_owned(), text: text.to_owned() }];
    Pack::load(&files)
        .unwrap_or_else(|faults| panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

/// A pack of one file in which each line of the verdict hangs on one fact.
pub fn small_pack() -> Pack {
    load(SMALL)
}

/// The pack of this repository.
pub fn real_pack() -> Pack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/pan-cheshire");
    let mut files: Vec<SourceFile> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| SourceFile {
            path: entry.file_name().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(entry.path()).unwrap(),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Pack::load(&files)
        .unwrap_or_else(|faults| panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

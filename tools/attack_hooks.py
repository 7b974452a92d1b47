"""For schemathesis, started by `tools/attack`: of two made-up ids, one becomes the id of a record that is really there."""

import json
import os
from pathlib import Path

import schemathesis

KNOWN = json.loads(Path(os.environ["ATTACK_KNOWN"]).read_text(encoding="utf-8"))
# Under which page's address the ids of a part of the API are found.
KINDS = {"/decisions/": "decisions", "/people/": "people", "/holds/": "retention/holds", "/destructions/": "retention/destructions"}


def real(kind: str, made_up: object) -> str | None:
    known, chance = KNOWN.get(kind, []), sum(map(ord, str(made_up)))
    return known[chance // 2 % len(known)] if known and chance % 2 else None


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    for part, kind in KINDS.items():
        if path_parameters and "id" in path_parameters and part in context.operation.path:
            path_parameters["id"] = real(kind, path_parameters["id"]) or path_parameters["id"]
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    """The same for records that a body names."""
    kinds = {"matter": "matters", "person": "people", "id": "people", "decision": "decisions"}

    def within(value):
        if isinstance(value, dict):
            return {
                key: (real(kinds[key], one) or one) if key in kinds and isinstance(one, str) else within(one)
                for key, one in value.items()
            }
        return [within(one) for one in value] if isinstance(value, list) else value

    return within(body)


@schemathesis.hook
def before_call(context, case):
    """Its check with another session fails where a case has no cookies at all."""
    if case.cookies is None:
        case.cookies = {}

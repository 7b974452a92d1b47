"""Lets eleven minutes go by for every session of an installation: DATA is its folder.

A session is bound by a tag to all that it says (crates/store/src/bound.rs), so that nobody but who has the keys can do this; a test has them.
"""

import hmac
import sqlite3
import sys
from pathlib import Path

LATER = 11 * 60 * 1_000_000
LABEL = b"sharewell 1 rows that say who somebody is"

data = Path(sys.argv[1])


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


installation = bytes.fromhex((data / "keys" / "installation.key").read_text().split("\n")[1])
# HKDF (RFC 5869) without a salt, for 32 bytes.
key = mac(mac(bytes(32), installation), LABEL + b"\x01")


def led(field: bytes) -> bytes:
    return len(field).to_bytes(8, "big") + field


def at(moment: int) -> bytes:
    return moment.to_bytes(8, "big", signed=True)


database = sqlite3.connect(data / "sharewell.db", timeout=20)
columns = "organisation_id, token_hash, session_id, member_id, proved, browser, started_at, confirmed_at, ends_at, tag"
for row in database.execute(f"SELECT {columns} FROM session").fetchall():
    organisation, token, session, member, proved, browser, started, confirmed, ends, tag = row

    def bound(confirmed: int) -> bytes:
        words = led(token) + session + member + led(proved.encode()) + led(browser.encode())
        return mac(key, b"sharewell 1 session\0" + organisation + words + at(started) + at(confirmed) + at(ends))

    if bound(confirmed) != tag:
        sys.exit("the tag of a session is made in another way than here: see crates/store/src/bound.rs")
    changed = (confirmed - LATER, bound(confirmed - LATER), token)
    database.execute("UPDATE session SET confirmed_at = ?, tag = ? WHERE token_hash = ?", changed)
database.commit()

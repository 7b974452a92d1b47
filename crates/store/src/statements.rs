//! Every statement of the store. A test prepares each one, so that none can fail for its text while in use.

use crate::sql::Statement;

macro_rules! statements {
    ($($name:ident = $text:literal;)+) => {
        $(pub(crate) const $name: Statement = Statement { name: stringify!($name), text: $text };)+
        #[cfg(test)]
        pub(crate) const ALL: &[Statement] = &[$($name,)+];
    };
}

statements! {
    INSTALLATION = "SELECT commitment FROM installation WHERE one = 1";
    ADD_INSTALLATION = "INSERT INTO installation (one, commitment, created_at) VALUES (1, $1, $2)";

    ORGANISATION_COMMITMENTS = "SELECT organisation_id, commitment FROM organisation ORDER BY organisation_id";
    ORGANISATION_COMMITMENT = "SELECT commitment FROM organisation WHERE organisation_id = $1";
    CHANGE_COMMITMENT = "UPDATE organisation SET commitment = $2 WHERE organisation_id = $1 AND commitment = $3";
    ADD_ORGANISATION = "INSERT INTO organisation (organisation_id, version, commitment) VALUES ($1, $2, $3)";
    MEET_AT_ORGANISATION = "UPDATE organisation SET version = version WHERE organisation_id = $1";
    CHANGE_ORGANISATION = "UPDATE organisation SET version = $2 WHERE organisation_id = $1 AND version = $3";

    ADD_HOLDER_KEY = "INSERT INTO holder_key (organisation_id, holder_kind, holder_id, wrapped) VALUES ($1, $2, $3, $4)";
    HOLDER_KEY = "SELECT h.wrapped, o.commitment FROM holder_key h JOIN organisation o ON o.organisation_id = h.organisation_id WHERE h.organisation_id = $1 AND h.holder_kind = $2 AND h.holder_id = $3";
    REWRAP_HOLDER_KEY = "UPDATE holder_key SET wrapped = $4 WHERE organisation_id = $1 AND holder_kind = $2 AND holder_id = $3";
    DELETE_HOLDER_KEY = "DELETE FROM holder_key WHERE organisation_id = $1 AND holder_kind = $2 AND holder_id = $3";
    ADD_RECORD_KEY = "INSERT INTO record_key (organisation_id, kind, record_id, holder_kind, holder_id, wrapped) VALUES ($1, $2, $3, $4, $5, $6)";
    RECORD_KEYS = "SELECT k.holder_kind, k.holder_id, k.wrapped, h.wrapped, o.commitment FROM record_key k JOIN holder_key h ON h.organisation_id = k.organisation_id AND h.holder_kind = k.holder_kind AND h.holder_id = k.holder_id JOIN organisation o ON o.organisation_id = k.organisation_id WHERE k.organisation_id = $1 AND k.kind = $2 AND k.record_id = $3 ORDER BY k.holder_kind, k.holder_id";
    DELETE_RECORD_KEY = "DELETE FROM record_key WHERE organisation_id = $1 AND kind = $2 AND record_id = $3 AND holder_kind = $4 AND holder_id = $5";
    DELETE_RECORD_KEYS = "DELETE FROM record_key WHERE organisation_id = $1 AND kind = $2 AND record_id = $3";
    ADD_VERSION = "INSERT INTO record (organisation_id, kind, record_id, version, sealed, leaf_id) VALUES ($1, $2, $3, $4, $5, $6)";
    LATEST_VERSION = "SELECT r.version, r.sealed, k.holder_kind, k.holder_id, k.wrapped, h.wrapped, o.commitment FROM record r JOIN record_key k ON k.organisation_id = r.organisation_id AND k.kind = r.kind AND k.record_id = r.record_id JOIN holder_key h ON h.organisation_id = k.organisation_id AND h.holder_kind = k.holder_kind AND h.holder_id = k.holder_id JOIN organisation o ON o.organisation_id = r.organisation_id WHERE r.organisation_id = $1 AND r.kind = $2 AND r.record_id = $3 ORDER BY r.version DESC, k.holder_kind, k.holder_id LIMIT 1";

    ADD_LEAF = "INSERT INTO ledger_leaf (organisation_id, leaf_id, added_at, content) VALUES ($1, $2, $3, $4)";
    ADD_PLACED_LEAF = "INSERT INTO ledger_leaf (organisation_id, leaf_id, added_at, content, position) VALUES ($1, $2, $3, $4, $5)";
    PLACE_LEAVES = "UPDATE ledger_leaf SET position = $2 + w.place FROM (SELECT leaf_id, row_number() OVER (ORDER BY added_at, leaf_id) - 1 AS place FROM ledger_leaf WHERE organisation_id = $1 AND position IS NULL) AS w WHERE ledger_leaf.organisation_id = $1 AND ledger_leaf.leaf_id = w.leaf_id RETURNING position, content";
    ORGANISATIONS = "SELECT organisation_id FROM organisation ORDER BY organisation_id";
    STRAY_ORGANISATIONS = "SELECT DISTINCT organisation_id FROM record WHERE organisation_id NOT IN (SELECT organisation_id FROM organisation)";
    LEAVES_FROM = "SELECT position, leaf_id, added_at, content FROM ledger_leaf WHERE organisation_id = $1 AND position > $2 ORDER BY position LIMIT $3";
    UNPLACED_LEAVES = "SELECT leaf_id, content FROM ledger_leaf WHERE organisation_id = $1 AND position IS NULL";
    LEDGER_NODES_ALL = "SELECT level, position, hash FROM ledger_node WHERE organisation_id = $1 ORDER BY level, position";
    CHECKPOINTS = "SELECT epoch, size, note FROM ledger_checkpoint WHERE organisation_id = $1 ORDER BY epoch, size";
    RECORDS_FROM = "SELECT kind, record_id, version, sealed, leaf_id FROM record WHERE organisation_id = $1 AND (kind > $2 OR (kind = $2 AND record_id > $3) OR (kind = $2 AND record_id = $3 AND version > $4)) ORDER BY kind, record_id, version LIMIT $5";
    HOLDER_KEYS_ALL = "SELECT holder_kind, holder_id, wrapped FROM holder_key WHERE organisation_id = $1";
    RECORD_KEYS_ALL = "SELECT kind, record_id, holder_kind, holder_id, wrapped FROM record_key WHERE organisation_id = $1";
    MEMBER_ROWS = "SELECT member_id, version FROM member WHERE organisation_id = $1";
    TEAM_ROWS = "SELECT team_id, version FROM team WHERE organisation_id = $1";
    TEAM_MEMBER_ROWS = "SELECT team_id, member_id FROM team_member WHERE organisation_id = $1";
    PERSON_ROWS = "SELECT person_id, version FROM person WHERE organisation_id = $1";
    CONTACT_ROWS = "SELECT contact_id, version FROM contact WHERE organisation_id = $1";
    ORGANISATION_ROW = "SELECT organisation_id, version FROM organisation WHERE organisation_id = $1";
    MATTER_ROWS = "SELECT matter_id, version, opened_at FROM matter WHERE organisation_id = $1";
    MATTER_PERSON_ROWS = "SELECT matter_id, person_id FROM matter_person WHERE organisation_id = $1";
    MATTER_TEAM_ROWS = "SELECT matter_id, team_id, until FROM matter_team WHERE organisation_id = $1";
    MATTER_MEMBER_ROWS = "SELECT matter_id, member_id, until FROM matter_member WHERE organisation_id = $1";
    ITEM_ROWS = "SELECT item_id, matter_id, version, added_at FROM item WHERE organisation_id = $1";
    ITEM_PERSON_ROWS = "SELECT item_id, person_id FROM item_person WHERE organisation_id = $1";
    DECISION_ROWS = "SELECT decision_id, matter_id, member_id, corrects_id, recorded_at FROM decision WHERE organisation_id = $1";
    DECISION_PERSON_ROWS = "SELECT decision_id, person_id FROM decision_person WHERE organisation_id = $1";
    DECISION_ITEM_ROWS = "SELECT decision_id, item_id FROM decision_item WHERE organisation_id = $1";
    DESTRUCTION_ROWS = "SELECT destruction_id, person_id, decided_at FROM destruction WHERE organisation_id = $1";
    DESTROYED_RECORD_ROWS = "SELECT record_id, destruction_id FROM destroyed_record WHERE organisation_id = $1";
    HOLD_ROWS = "SELECT hold_id, version FROM legal_hold WHERE organisation_id = $1";
    RECOVERY_ROWS = "SELECT recovery_id FROM recovery WHERE organisation_id = $1";
    SIGN_IN_ROWS = "SELECT member_id, tag FROM sign_in_name WHERE organisation_id = $1";
    VERSIONS_WITHOUT_LEAF = "SELECT kind, record_id, version, sealed FROM record WHERE organisation_id = $1 AND leaf_id IS NULL ORDER BY kind, record_id, version LIMIT 200";
    GIVE_LEAF = "UPDATE record SET leaf_id = $5 WHERE organisation_id = $1 AND kind = $2 AND record_id = $3 AND version = $4 AND leaf_id IS NULL";
    LEAF_CONTENTS = "SELECT content FROM ledger_leaf WHERE organisation_id = $1 AND position >= $2 AND position < $3 ORDER BY position";
    LEAF_OF = "SELECT l.content, l.position FROM record r JOIN ledger_leaf l ON l.organisation_id = r.organisation_id AND l.leaf_id = r.leaf_id WHERE r.organisation_id = $1 AND r.kind = $2 AND r.record_id = $3 AND r.version = $4";
    LEAF_BY_ID = "SELECT content, position FROM ledger_leaf WHERE organisation_id = $1 AND leaf_id = $2";
    LEDGER_NODES = "SELECT hash FROM ledger_node WHERE organisation_id = $1 AND level = $2 AND position >= $3 AND position < $4 ORDER BY position";
    ADD_CHECKPOINT = "INSERT INTO ledger_checkpoint (organisation_id, epoch, size, signed_at, note) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organisation_id, epoch, size) DO NOTHING";
    CHECKPOINTS_UP_TO = "SELECT count(*) FROM ledger_checkpoint WHERE organisation_id = $1 AND (epoch < $2 OR (epoch = $2 AND size <= $3))";
    COSIGNATURES_UP_TO = "SELECT count(*) FROM ledger_cosignature WHERE organisation_id = $1 AND (epoch < $2 OR (epoch = $2 AND size <= $3)) AND witness = $4";
    CHECKPOINT = "SELECT signed_at, note FROM ledger_checkpoint WHERE organisation_id = $1 AND epoch = $2 AND size = $3";
    LATEST_CHECKPOINT = "SELECT epoch, size FROM ledger_checkpoint WHERE organisation_id = $1 ORDER BY epoch DESC, size DESC LIMIT 1";
    NEXT_CHECKPOINT = "SELECT epoch, size FROM ledger_checkpoint WHERE organisation_id = $1 AND size > $2 ORDER BY size, epoch LIMIT 1";
    LATEST_WITNESSED = "SELECT epoch, size FROM ledger_cosignature WHERE organisation_id = $1 AND size > $2 ORDER BY epoch DESC, size DESC LIMIT 1";
    ADD_COSIGNATURE = "INSERT INTO ledger_cosignature (organisation_id, epoch, size, witness, cosigned_at, line) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organisation_id, epoch, size, witness) DO NOTHING";
    COSIGNATURES = "SELECT witness, cosigned_at, line FROM ledger_cosignature WHERE organisation_id = $1 AND epoch = $2 AND size = $3 ORDER BY cosigned_at, witness";
    WITNESSED_LEDGER = "SELECT size, root, seen_at, note FROM witnessed_ledger WHERE organisation_id = $1 AND origin = $2";
    WITNESS_LEDGER = "INSERT INTO witnessed_ledger (organisation_id, origin, size, root, seen_at, note) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organisation_id, origin) DO UPDATE SET size = excluded.size, root = excluded.root, seen_at = excluded.seen_at, note = excluded.note";
    WITNESSED_NOTES = "SELECT origin, note FROM witnessed_ledger WHERE organisation_id = $1 AND note IS NOT NULL ORDER BY origin";
    WITNESSED_LEDGERS = "SELECT origin, size, root, note FROM witnessed_ledger WHERE organisation_id = $1 ORDER BY origin";
    OPERATOR_RESET_ROWS = "SELECT member_id, reset_at FROM operator_reset WHERE organisation_id = $1";
    FIRST_SIGNED = "SELECT min(signed_at) FROM ledger_checkpoint WHERE organisation_id = $1";
    LATEST_COSIGNED_BY = "SELECT epoch, size FROM ledger_cosignature WHERE organisation_id = $1 AND witness = $2 ORDER BY epoch DESC, size DESC LIMIT 1";
    ALL_COSIGNATURES = "SELECT epoch, size, witness, line, cosigned_at FROM ledger_cosignature WHERE organisation_id = $1 ORDER BY epoch, size, witness";
    ASKED_WITNESS = "SELECT witness, epoch, seen, confirmed_at, outcome, claimed, failures, asked_at, next_at FROM asked_witness WHERE organisation_id = $1 AND witness = $2";
    ASKED_WITNESSES = "SELECT witness, epoch, seen, confirmed_at, outcome, claimed, failures, asked_at, next_at FROM asked_witness WHERE organisation_id = $1 ORDER BY witness";
    ADD_ASKED_WITNESS = "INSERT INTO asked_witness (organisation_id, witness, epoch, seen, confirmed_at, outcome, claimed, failures, asked_at, next_at) VALUES ($1, $2, $3, 0, NULL, $4, NULL, 0, $5, $6) ON CONFLICT (organisation_id, witness) DO NOTHING";
    CLAIM_ASKED_WITNESS = "UPDATE asked_witness SET epoch = $3, seen = $4, asked_at = $5, next_at = $6 WHERE organisation_id = $1 AND witness = $2 AND next_at = $7";
    SET_ASKED_WITNESS = "UPDATE asked_witness SET seen = coalesce($3, seen), confirmed_at = coalesce($4, confirmed_at), outcome = $5, claimed = $6, failures = $7, next_at = $8 WHERE organisation_id = $1 AND witness = $2";
    LEDGER_HEAD = "SELECT size, frontier, epoch FROM ledger_head WHERE organisation_id = $1";
    ADD_LEDGER_HEAD = "INSERT INTO ledger_head (organisation_id, size, frontier, epoch) VALUES ($1, $2, $3, $4)";
    MOVE_LEDGER_HEAD = "UPDATE ledger_head SET size = $2, frontier = $3 WHERE organisation_id = $1 AND size = $4";
    ADD_LEDGER_NODE = "INSERT INTO ledger_node (organisation_id, level, position, hash) VALUES ($1, $2, $3, $4)";

    ADD_MEMBER = "INSERT INTO member (organisation_id, member_id, version) VALUES ($1, $2, $3)";
    CHANGE_MEMBER = "UPDATE member SET version = $3 WHERE organisation_id = $1 AND member_id = $2 AND version = $4";
    MEMBERS = "SELECT member_id FROM member WHERE organisation_id = $1 ORDER BY member_id";
    ADD_TEAM = "INSERT INTO team (organisation_id, team_id, version) VALUES ($1, $2, $3)";
    CHANGE_TEAM = "UPDATE team SET version = $3 WHERE organisation_id = $1 AND team_id = $2 AND version = $4";
    TEAMS = "SELECT team_id FROM team WHERE organisation_id = $1 ORDER BY team_id";
    TEAMS_OF = "SELECT t.team_id, t.version FROM team_member m JOIN team t ON t.organisation_id = m.organisation_id AND t.team_id = m.team_id WHERE m.organisation_id = $1 AND m.member_id = $2 ORDER BY t.team_id";
    CLEAR_TEAM_MEMBERS = "DELETE FROM team_member WHERE organisation_id = $1 AND team_id = $2";
    ADD_TEAM_MEMBER = "INSERT INTO team_member (organisation_id, team_id, member_id) VALUES ($1, $2, $3)";
    SIGN_IN_NAME = "SELECT organisation_id, member_id FROM sign_in_name WHERE tag = $1";
    ADD_SIGN_IN_NAME = "INSERT INTO sign_in_name (tag, organisation_id, member_id) VALUES ($1, $2, $3)";
    DELETE_SIGN_IN_NAMES = "DELETE FROM sign_in_name WHERE organisation_id = $1 AND member_id = $2";
    PASSWORD = "SELECT hash, set_at, tag FROM member_password WHERE organisation_id = $1 AND member_id = $2";
    SET_PASSWORD = "INSERT INTO member_password (organisation_id, member_id, hash, set_at, tag) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organisation_id, member_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at, tag = excluded.tag";

    DELETE_PASSWORD = "DELETE FROM member_password WHERE organisation_id = $1 AND member_id = $2";
    GIVE_LINK = "INSERT INTO member_link (organisation_id, member_id, secret_hash, made_at, ends_at, tag) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organisation_id, member_id) DO UPDATE SET secret_hash = excluded.secret_hash, made_at = excluded.made_at, ends_at = excluded.ends_at, tag = excluded.tag";
    LINK_OF = "SELECT made_at, ends_at, tag, secret_hash FROM member_link WHERE organisation_id = $1 AND member_id = $2";
    MEMBER_OF_LINK = "SELECT made_at, ends_at, tag, member_id FROM member_link WHERE organisation_id = $1 AND secret_hash = $2 AND ends_at > $3";
    END_LINK = "DELETE FROM member_link WHERE organisation_id = $1 AND member_id = $2";

    NOTE_OPERATOR_RESET = "INSERT INTO operator_reset (organisation_id, member_id, reset_at) VALUES ($1, $2, $3) ON CONFLICT (organisation_id, member_id) DO UPDATE SET reset_at = excluded.reset_at";
    OPERATOR_RESETS = "SELECT member_id, reset_at FROM operator_reset WHERE organisation_id = $1 AND reset_at > $2 ORDER BY reset_at DESC, member_id";

    FORGET_OLD_ATTEMPTS = "DELETE FROM sign_in_attempt WHERE counts_until <= $1";
    ATTEMPTS_AT = "SELECT count(*) FROM sign_in_attempt WHERE tag = $1";
    ADD_ATTEMPT = "INSERT INTO sign_in_attempt (tag, attempt_id, counts_until) VALUES ($1, $2, $3)";
    FORGET_ATTEMPTS = "DELETE FROM sign_in_attempt WHERE tag = $1";
    FIRST_ATTEMPT_ENDS = "SELECT counts_until FROM sign_in_attempt WHERE tag = $1 ORDER BY counts_until LIMIT 1";

    FORGET_TAKEN_ANSWERS = "DELETE FROM taken_answer WHERE forget_at <= $1";
    TAKEN_ANSWER = "SELECT forget_at FROM taken_answer WHERE tag = $1";
    TAKE_ANSWER = "INSERT INTO taken_answer (tag, forget_at) VALUES ($1, $2)";
    FORGET_WAITING_FORMS = "DELETE FROM waiting_form WHERE forget_at <= $1";
    WAITING_FORMS_LENGTH = "SELECT CAST(coalesce(sum(length(sealed)), 0) AS BIGINT) FROM waiting_form";
    ADD_WAITING_FORM = "INSERT INTO waiting_form (tag, forget_at, sealed) VALUES ($1, $2, $3)";
    WAITING_FORM = "SELECT sealed FROM waiting_form WHERE tag = $1 AND forget_at > $2";
    DELETE_WAITING_FORM = "DELETE FROM waiting_form WHERE tag = $1";

    SECOND_STEP = "SELECT sealed, last_step, set_at FROM second_step WHERE organisation_id = $1 AND member_id = $2";
    SET_SECOND_STEP = "INSERT INTO second_step (organisation_id, member_id, set_at, last_step, sealed) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organisation_id, member_id) DO UPDATE SET set_at = excluded.set_at, last_step = excluded.last_step, sealed = excluded.sealed";
    USE_STEP = "UPDATE second_step SET last_step = $3 WHERE organisation_id = $1 AND member_id = $2 AND last_step < $3";
    CLEAR_SECOND_STEP = "DELETE FROM second_step WHERE organisation_id = $1 AND member_id = $2";
    ADD_RECOVERY_CODE = "INSERT INTO recovery_code (organisation_id, member_id, tag) VALUES ($1, $2, $3)";
    USE_RECOVERY_CODE = "DELETE FROM recovery_code WHERE organisation_id = $1 AND member_id = $2 AND tag = $3";
    RECOVERY_CODES = "SELECT tag FROM recovery_code WHERE organisation_id = $1 AND member_id = $2 ORDER BY tag";
    RECOVERY_CODES_LEFT = "SELECT count(*) FROM recovery_code WHERE organisation_id = $1 AND member_id = $2";
    CLEAR_RECOVERY_CODES = "DELETE FROM recovery_code WHERE organisation_id = $1 AND member_id = $2";

    PASSKEYS = "SELECT passkey_id, added_at, used_at, sealed FROM passkey WHERE organisation_id = $1 AND member_id = $2 ORDER BY added_at, passkey_id";
    PASSKEY_BY_TAG = "SELECT passkey_id, added_at, used_at, sealed FROM passkey WHERE organisation_id = $1 AND member_id = $2 AND tag = $3";
    ADD_PASSKEY = "INSERT INTO passkey (organisation_id, member_id, passkey_id, tag, added_at, used_at, sealed) VALUES ($1, $2, $3, $4, $5, NULL, $6) ON CONFLICT (organisation_id, member_id, tag) DO NOTHING";
    CHANGE_PASSKEY = "UPDATE passkey SET used_at = coalesce($4, used_at), sealed = $5 WHERE organisation_id = $1 AND member_id = $2 AND passkey_id = $3";
    REMOVE_PASSKEY = "DELETE FROM passkey WHERE organisation_id = $1 AND member_id = $2 AND passkey_id = $3";
    CLEAR_PASSKEYS = "DELETE FROM passkey WHERE organisation_id = $1 AND member_id = $2";

    KNOWN_DEVICE = "SELECT known_until FROM known_device WHERE tag = $1 AND device = $2 AND known_until > $3";
    KNOW_DEVICE = "INSERT INTO known_device (tag, device, known_until) VALUES ($1, $2, $3) ON CONFLICT (tag, device) DO UPDATE SET known_until = excluded.known_until";
    FORGET_OLD_DEVICES = "DELETE FROM known_device WHERE known_until <= $1";
    FORGET_DEVICES = "DELETE FROM known_device WHERE tag = $1";

    ADD_SESSION = "INSERT INTO session (organisation_id, token_hash, session_id, member_id, proved, browser, started_at, confirmed_at, seen_at, idle_until, ends_at, tag) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8, $9, $10)";
    SESSION = "SELECT session_id, member_id, proved, browser, started_at, confirmed_at, seen_at, idle_until, ends_at, tag FROM session WHERE organisation_id = $1 AND token_hash = $2 AND idle_until > $3 AND ends_at > $3";
    VISIT = "SELECT s.session_id, s.member_id, s.proved, s.browser, s.started_at, s.confirmed_at, s.seen_at, s.idle_until, s.ends_at, s.tag, o.version, m.version, (SELECT count(*) FROM team_member t WHERE t.organisation_id = s.organisation_id AND t.member_id = s.member_id), (SELECT count(*) FROM emergency e WHERE e.organisation_id = s.organisation_id AND e.member_id = s.member_id AND e.begins_at > $4) FROM session s JOIN organisation o ON o.organisation_id = s.organisation_id JOIN member m ON m.organisation_id = s.organisation_id AND m.member_id = s.member_id WHERE s.organisation_id = $1 AND s.token_hash = $2 AND s.idle_until > $3 AND s.ends_at > $3";
    TOUCH_SESSION = "UPDATE session SET seen_at = $3, idle_until = $4 WHERE organisation_id = $1 AND token_hash = $2 AND idle_until > $3 AND ends_at > $3";
    END_SESSION = "DELETE FROM session WHERE organisation_id = $1 AND token_hash = $2";
    SESSIONS_OF = "SELECT session_id, member_id, proved, browser, started_at, confirmed_at, seen_at, idle_until, ends_at, tag, token_hash FROM session WHERE organisation_id = $1 AND member_id = $2 AND idle_until > $3 AND ends_at > $3 ORDER BY seen_at DESC, session_id";
    END_ONE_SESSION_OF = "DELETE FROM session WHERE organisation_id = $1 AND member_id = $2 AND session_id = $3";
    END_OTHER_SESSIONS_OF = "DELETE FROM session WHERE organisation_id = $1 AND member_id = $2 AND session_id <> $3";
    END_SESSIONS_OF = "DELETE FROM session WHERE organisation_id = $1 AND member_id = $2";
    END_SESSIONS_BUT = "DELETE FROM session WHERE organisation_id = $1 AND session_id <> $2";
    END_EXPIRED_SESSIONS = "DELETE FROM session WHERE organisation_id = $1 AND (idle_until <= $2 OR ends_at <= $2)";

    ADD_CONTACT = "INSERT INTO contact (organisation_id, contact_id, version) VALUES ($1, $2, $3)";
    CHANGE_CONTACT = "UPDATE contact SET version = $3 WHERE organisation_id = $1 AND contact_id = $2 AND version = $4";
    CONTACTS = "SELECT contact_id FROM contact WHERE organisation_id = $1 ORDER BY contact_id";

    ADD_PERSON = "INSERT INTO person (organisation_id, person_id, version) VALUES ($1, $2, $3)";
    CHANGE_PERSON = "UPDATE person SET version = $3 WHERE organisation_id = $1 AND person_id = $2 AND version = $4";

    ADD_MATTER = "INSERT INTO matter (organisation_id, matter_id, version, opened_at) VALUES ($1, $2, $3, $4)";
    CHANGE_MATTER = "UPDATE matter SET version = $3 WHERE organisation_id = $1 AND matter_id = $2 AND version = $4";
    MATTERS_OF_ABOUT = "SELECT p.matter_id FROM matter_person p WHERE p.organisation_id = $1 AND p.person_id = $4 AND (EXISTS (SELECT 1 FROM matter_member w WHERE w.organisation_id = $1 AND w.matter_id = p.matter_id AND w.member_id = $2 AND w.until > $3) OR EXISTS (SELECT 1 FROM matter_team m JOIN team_member t ON t.organisation_id = m.organisation_id AND t.team_id = m.team_id WHERE m.organisation_id = $1 AND m.matter_id = p.matter_id AND t.member_id = $2 AND m.until > $3)) ORDER BY p.matter_id DESC";
    MATTERS_OF = "SELECT matter_id FROM matter_member WHERE organisation_id = $1 AND member_id = $2 AND until > $3 UNION SELECT m.matter_id FROM matter_team m JOIN team_member t ON t.organisation_id = m.organisation_id AND t.team_id = m.team_id WHERE m.organisation_id = $1 AND t.member_id = $2 AND m.until > $3 ORDER BY matter_id DESC";
    MATTERS_OF_TEAM = "SELECT matter_id FROM matter_team WHERE organisation_id = $1 AND team_id = $2 AND until > $3 ORDER BY matter_id DESC";
    INVOLVED_MEMBERS = "SELECT DISTINCT member_id FROM matter_member WHERE organisation_id = $1 AND until > $2";
    INVOLVED_TEAMS = "SELECT DISTINCT team_id FROM matter_team WHERE organisation_id = $1 AND until > $2";
    MATTERS_OF_NOBODY = "SELECT matter_id FROM matter WHERE organisation_id = $1 AND NOT EXISTS (SELECT 1 FROM matter_member w WHERE w.organisation_id = $1 AND w.matter_id = matter.matter_id AND w.until > $2) AND NOT EXISTS (SELECT 1 FROM matter_team t WHERE t.organisation_id = $1 AND t.matter_id = matter.matter_id AND t.until > $2) ORDER BY matter_id DESC";
    MATTERS_ABOUT = "SELECT matter_id FROM matter_person WHERE organisation_id = $1 AND person_id = $2 ORDER BY matter_id DESC";
    CLEAR_MATTER_PEOPLE = "DELETE FROM matter_person WHERE organisation_id = $1 AND matter_id = $2";
    ADD_MATTER_PERSON = "INSERT INTO matter_person (organisation_id, matter_id, person_id) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM destruction WHERE organisation_id = $1 AND person_id = $3)";
    CLEAR_MATTER_MEMBERS = "DELETE FROM matter_member WHERE organisation_id = $1 AND matter_id = $2";
    ADD_MATTER_MEMBER = "INSERT INTO matter_member (organisation_id, matter_id, member_id, until) VALUES ($1, $2, $3, $4)";
    CLEAR_MATTER_TEAMS = "DELETE FROM matter_team WHERE organisation_id = $1 AND matter_id = $2";
    ADD_MATTER_TEAM = "INSERT INTO matter_team (organisation_id, matter_id, team_id, until) VALUES ($1, $2, $3, $4)";

    ADD_ITEM = "INSERT INTO item (organisation_id, item_id, matter_id, version, added_at) VALUES ($1, $2, $3, $4, $5)";
    CHANGE_ITEM = "UPDATE item SET version = $4 WHERE organisation_id = $1 AND item_id = $2 AND matter_id = $3 AND version = $5";
    ITEMS_ON = "SELECT item_id FROM item WHERE organisation_id = $1 AND matter_id = $2 ORDER BY item_id";
    CLEAR_ITEM_PEOPLE = "DELETE FROM item_person WHERE organisation_id = $1 AND item_id = $2";
    ADD_ITEM_PERSON = "INSERT INTO item_person (organisation_id, item_id, person_id) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM destruction WHERE organisation_id = $1 AND person_id = $3)";

    ADD_DECISION = "INSERT INTO decision (organisation_id, decision_id, matter_id, member_id, recorded_at, corrects_id) VALUES ($1, $2, $3, $4, $5, $6)";
    ADD_DECISION_PERSON = "INSERT INTO decision_person (organisation_id, decision_id, person_id) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM destruction WHERE organisation_id = $1 AND person_id = $3)";
    ADD_DECISION_ITEM = "INSERT INTO decision_item (organisation_id, decision_id, item_id) VALUES ($1, $2, $3)";
    DECISIONS_ON = "SELECT decision_id FROM decision WHERE organisation_id = $1 AND matter_id = $2 ORDER BY recorded_at DESC, decision_id DESC";
    DECISIONS_BY = "SELECT decision_id FROM decision WHERE organisation_id = $1 AND member_id = $2 ORDER BY recorded_at DESC, decision_id DESC LIMIT $3";
    DECISIONS_ABOUT = "SELECT d.decision_id FROM decision d JOIN decision_person p ON p.organisation_id = d.organisation_id AND p.decision_id = d.decision_id WHERE p.organisation_id = $1 AND p.person_id = $2 ORDER BY d.recorded_at DESC, d.decision_id DESC";
    DECISIONS_BEFORE = "SELECT decision_id FROM decision WHERE organisation_id = $1 AND (recorded_at < $2 OR (recorded_at = $2 AND decision_id < $3)) ORDER BY recorded_at DESC, decision_id DESC LIMIT $4";
    CORRECTIONS_OF = "SELECT decision_id FROM decision WHERE organisation_id = $1 AND corrects_id = $2 ORDER BY recorded_at, decision_id";

    ADD_DRAFT = "INSERT INTO draft (organisation_id, draft_id, member_id, version, saved_at, sealed) VALUES ($1, $2, $3, $4, $5, $6)";
    CHANGE_DRAFT = "UPDATE draft SET version = $4, saved_at = $5, sealed = $6 WHERE organisation_id = $1 AND draft_id = $2 AND member_id = $3 AND version = $7";
    HAND_ON_DRAFT = "UPDATE draft SET version = $4, saved_at = $5, sealed = $6, member_id = $3 WHERE organisation_id = $1 AND draft_id = $2 AND version = $7";
    DRAFT = "SELECT version, sealed FROM draft WHERE organisation_id = $1 AND draft_id = $2";
    DRAFTS_OF = "SELECT draft_id FROM draft WHERE organisation_id = $1 AND member_id = $2 ORDER BY saved_at DESC, draft_id DESC";
    DELETE_DRAFT = "DELETE FROM draft WHERE organisation_id = $1 AND draft_id = $2";

    HOLDER_KEYS = "SELECT holder_kind, holder_id, wrapped FROM holder_key WHERE organisation_id = $1 ORDER BY holder_kind, holder_id";
    HELD_BY = "SELECT kind, record_id FROM record_key WHERE organisation_id = $1 AND holder_kind = $2 AND holder_id = $3 ORDER BY kind, record_id";
    LIVING_HOLDERS = "SELECT k.holder_kind, k.holder_id FROM record_key k JOIN holder_key h ON h.organisation_id = k.organisation_id AND h.holder_kind = k.holder_kind AND h.holder_id = k.holder_id WHERE k.organisation_id = $1 AND k.kind = $2 AND k.record_id = $3";
    PERSON_KEPT = "SELECT person_id FROM person WHERE organisation_id = $1 AND person_id = $2";
    ALL_DRAFTS = "SELECT draft_id FROM draft WHERE organisation_id = $1 ORDER BY draft_id";
    EVERY_VERSION = "SELECT version, sealed FROM record WHERE organisation_id = $1 AND kind = $2 AND record_id = $3 ORDER BY version";
    ALL_LATEST = "SELECT r.record_id, r.version, r.sealed, k.holder_kind, k.holder_id, k.wrapped, h.wrapped, o.commitment FROM record r JOIN record_key k ON k.organisation_id = r.organisation_id AND k.kind = r.kind AND k.record_id = r.record_id JOIN holder_key h ON h.organisation_id = k.organisation_id AND h.holder_kind = k.holder_kind AND h.holder_id = k.holder_id JOIN organisation o ON o.organisation_id = r.organisation_id WHERE r.organisation_id = $1 AND r.kind = $2 AND r.version = (SELECT max(m.version) FROM record m WHERE m.organisation_id = r.organisation_id AND m.kind = r.kind AND m.record_id = r.record_id) ORDER BY r.record_id, k.holder_kind, k.holder_id";
    VERSIONS_OF = "SELECT r.version, r.leaf_id, l.added_at, r.sealed FROM record r JOIN ledger_leaf l ON l.organisation_id = r.organisation_id AND l.leaf_id = r.leaf_id WHERE r.organisation_id = $1 AND r.kind = $2 AND r.record_id = $3 ORDER BY r.version";
    ADD_DESTRUCTION = "INSERT INTO destruction (organisation_id, destruction_id, person_id, decided_at) VALUES ($1, $2, $3, $4)";
    DESTRUCTIONS = "SELECT destruction_id FROM destruction WHERE organisation_id = $1 ORDER BY decided_at DESC, destruction_id DESC";
    NAME_DESTROYED = "INSERT INTO destroyed_record (organisation_id, record_id, destruction_id) VALUES ($1, $2, $3) ON CONFLICT (organisation_id, record_id, destruction_id) DO NOTHING";
    DESTRUCTION_OF = "SELECT d.destruction_id, d.person_id, d.decided_at FROM destroyed_record r JOIN destruction d ON d.organisation_id = r.organisation_id AND d.destruction_id = r.destruction_id WHERE r.organisation_id = $1 AND r.record_id = $2 ORDER BY d.decided_at DESC, d.destruction_id DESC LIMIT 1";
    UNNAMED_DESTRUCTIONS = "SELECT d.destruction_id FROM destruction d WHERE d.organisation_id = $1 AND NOT EXISTS (SELECT 1 FROM destroyed_record r WHERE r.organisation_id = d.organisation_id AND r.destruction_id = d.destruction_id) ORDER BY d.destruction_id";
    ADD_HOLD = "INSERT INTO legal_hold (organisation_id, hold_id, version) VALUES ($1, $2, $3)";
    CHANGE_HOLD = "UPDATE legal_hold SET version = $3 WHERE organisation_id = $1 AND hold_id = $2 AND version = $4";
    HOLDS = "SELECT hold_id FROM legal_hold WHERE organisation_id = $1 ORDER BY hold_id";
    ADD_RECOVERY = "INSERT INTO recovery (organisation_id, recovery_id, restored_at) VALUES ($1, $2, $3)";
    RECOVERIES = "SELECT recovery_id FROM recovery WHERE organisation_id = $1 ORDER BY restored_at DESC, recovery_id DESC";

    RESTORES = "SELECT r.record_id, l.position FROM record r JOIN ledger_leaf l ON l.organisation_id = r.organisation_id AND l.leaf_id = r.leaf_id WHERE r.organisation_id = $1 AND r.kind = 'recovery' AND r.version = 1 AND l.position IS NOT NULL ORDER BY l.position";

    KEY_ROTATIONS = "SELECT DISTINCT record_id FROM record WHERE organisation_id = $1 AND kind = 'rotation' ORDER BY record_id DESC";

    ADD_VIEWING = "INSERT INTO viewing (organisation_id, view_id, version, member_id, first_at, times, opened, matter_id, address) VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8)";
    ADD_VIEWING_PERSON = "INSERT INTO viewing_person (organisation_id, view_id, person_id) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM destruction WHERE organisation_id = $1 AND person_id = $3)";
    CHANGE_VIEWING = "UPDATE viewing SET version = $3 WHERE organisation_id = $1 AND view_id = $2 AND version = $4";
    COUNT_VIEWING = "UPDATE viewing SET times = times + $3 WHERE organisation_id = $1 AND view_id = $2";
    VIEWING = "SELECT view_id, times FROM viewing WHERE organisation_id = $1 AND view_id = $2";
    VIEWS_OF = "SELECT v.view_id, v.times FROM viewing_person p JOIN viewing v ON v.organisation_id = p.organisation_id AND v.view_id = p.view_id WHERE p.organisation_id = $1 AND p.person_id = $2 ORDER BY v.first_at DESC, v.view_id DESC LIMIT $3 OFFSET $4";
    VIEWS_SINCE = "SELECT view_id, times FROM viewing WHERE organisation_id = $1 AND first_at >= $2 ORDER BY first_at DESC, view_id DESC LIMIT $3";
    VIEWING_ROWS = "SELECT view_id, version, member_id, first_at, opened, matter_id, address FROM viewing WHERE organisation_id = $1";
    GLANCES = "SELECT v.view_id, v.version, v.member_id, v.first_at, v.opened, v.matter_id, v.address, p.person_id FROM viewing v LEFT JOIN viewing_person p ON p.organisation_id = v.organisation_id AND p.view_id = v.view_id WHERE v.organisation_id = $1 AND v.first_at >= $2 AND v.first_at < $3 ORDER BY v.first_at, v.view_id, p.person_id";
    ENDED_INVOLVEMENT = "SELECT matter_id FROM matter_member WHERE organisation_id = $1 AND until > $2 AND until <= $3 UNION SELECT matter_id FROM matter_team WHERE organisation_id = $1 AND until > $2 AND until <= $3 ORDER BY matter_id";
    VIEWINGS_UNSORTED = "SELECT view_id FROM viewing WHERE organisation_id = $1 AND opened = '' ORDER BY view_id LIMIT $2";
    SORT_VIEWING = "UPDATE viewing SET opened = $3, matter_id = $4, address = $5 WHERE organisation_id = $1 AND view_id = $2";
    VIEWING_PERSON_ROWS = "SELECT view_id, person_id FROM viewing_person WHERE organisation_id = $1";
    ADD_ADDRESS = "INSERT INTO person_address (organisation_id, person_id, version) VALUES ($1, $2, $3)";
    CHANGE_ADDRESS = "UPDATE person_address SET version = $3 WHERE organisation_id = $1 AND person_id = $2 AND version = $4";
    ADDRESS_ROWS = "SELECT person_id, version FROM person_address WHERE organisation_id = $1";
    ADD_EMERGENCY = "INSERT INTO emergency (organisation_id, emergency_id, version, matter_id, member_id, begins_at, awaits_review) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CHANGE_EMERGENCY = "UPDATE emergency SET version = $3, awaits_review = $5 WHERE organisation_id = $1 AND emergency_id = $2 AND version = $4";
    EMERGENCIES_OF = "SELECT emergency_id FROM emergency WHERE organisation_id = $1 AND member_id = $2 AND begins_at > $3 ORDER BY begins_at DESC, emergency_id DESC";
    EMERGENCIES = "SELECT emergency_id FROM emergency WHERE organisation_id = $1 ORDER BY begins_at DESC, emergency_id DESC LIMIT $2 OFFSET $3";
    EMERGENCIES_AWAITING = "SELECT emergency_id FROM emergency WHERE organisation_id = $1 AND awaits_review = 1 ORDER BY begins_at, emergency_id LIMIT $2";
    EMERGENCIES_BETWEEN = "SELECT emergency_id FROM emergency WHERE organisation_id = $1 AND begins_at >= $2 AND begins_at < $3 ORDER BY begins_at, emergency_id";
    EMERGENCY_ROWS = "SELECT emergency_id, version, matter_id, member_id, begins_at, awaits_review FROM emergency WHERE organisation_id = $1";
    VIEWS_BY = "SELECT view_id, times FROM viewing WHERE organisation_id = $1 AND member_id = $2 AND first_at >= $3 AND first_at <= $4 ORDER BY first_at, view_id";

    ADD_MAIL = "INSERT INTO mail (organisation_id, mail_id, member_id, notice, about_at, failures, next_at) VALUES ($1, $2, $3, $4, $5, 0, $6)";
    MAIL_DUE = "SELECT mail_id, member_id, notice, about_at, failures, next_at FROM mail WHERE organisation_id = $1 AND next_at <= $2 ORDER BY next_at, mail_id LIMIT 1";
    CLAIM_MAIL = "UPDATE mail SET failures = failures + 1, next_at = $3 WHERE organisation_id = $1 AND mail_id = $2 AND next_at = $4";
    PUT_OFF_MAIL = "UPDATE mail SET next_at = $3 WHERE organisation_id = $1 AND mail_id = $2";
    FORGET_MAIL = "DELETE FROM mail WHERE organisation_id = $1 AND mail_id = $2";

    DESTROY_IN_VIEWS = "DELETE FROM viewing_person WHERE organisation_id = $1 AND person_id = $2";
    DESTROY_VIEW_PEOPLE = "DELETE FROM viewing_person WHERE organisation_id = $1 AND view_id = $2";
    DESTROY_VIEW = "DELETE FROM viewing WHERE organisation_id = $1 AND view_id = $2";
    DESTROY_ADDRESS = "DELETE FROM person_address WHERE organisation_id = $1 AND person_id = $2";
    DESTROY_EMERGENCY = "DELETE FROM emergency WHERE organisation_id = $1 AND emergency_id = $2";
    DESTROY_IN_MATTERS = "DELETE FROM matter_person WHERE organisation_id = $1 AND person_id = $2";
    DESTROY_IN_ITEMS = "DELETE FROM item_person WHERE organisation_id = $1 AND person_id = $2";
    DESTROY_IN_DECISIONS = "DELETE FROM decision_person WHERE organisation_id = $1 AND person_id = $2";
    DESTROY_DECISION_PEOPLE = "DELETE FROM decision_person WHERE organisation_id = $1 AND decision_id = $2";
    DESTROY_DECISION_ITEMS = "DELETE FROM decision_item WHERE organisation_id = $1 AND decision_id = $2";
    DESTROY_CORRECTED = "UPDATE decision SET corrects_id = NULL WHERE organisation_id = $1 AND corrects_id = $2";
    DESTROY_DECISION = "DELETE FROM decision WHERE organisation_id = $1 AND decision_id = $2";
    DESTROY_ITEM_PEOPLE = "DELETE FROM item_person WHERE organisation_id = $1 AND item_id = $2";
    DESTROY_ITEM_IN_DECISIONS = "DELETE FROM decision_item WHERE organisation_id = $1 AND item_id = $2";
    DESTROY_ITEM = "DELETE FROM item WHERE organisation_id = $1 AND item_id = $2";
    DESTROY_MATTER_PEOPLE = "DELETE FROM matter_person WHERE organisation_id = $1 AND matter_id = $2";
    DESTROY_MATTER_MEMBERS = "DELETE FROM matter_member WHERE organisation_id = $1 AND matter_id = $2";
    DESTROY_MATTER_TEAMS = "DELETE FROM matter_team WHERE organisation_id = $1 AND matter_id = $2";
    DESTROY_MATTER = "DELETE FROM matter WHERE organisation_id = $1 AND matter_id = $2";
    DECLARATIONS = "SELECT d.declaration_id, d.sealed, k.holder_kind, k.holder_id, k.wrapped, h.wrapped, o.commitment FROM declaration d JOIN record_key k ON k.organisation_id = d.organisation_id AND k.kind = 'declaration' AND k.record_id = d.declaration_id JOIN holder_key h ON h.organisation_id = k.organisation_id AND h.holder_kind = k.holder_kind AND h.holder_id = k.holder_id JOIN organisation o ON o.organisation_id = d.organisation_id WHERE d.organisation_id = $1 ORDER BY d.declaration_id";
    DECLARATION_OF = "SELECT declaration_id FROM declaration WHERE organisation_id = $1 AND member_id = $2 ORDER BY declaration_id LIMIT 1";
    ADD_DECLARATION = "INSERT INTO declaration (organisation_id, declaration_id, member_id, sealed) VALUES ($1, $2, $3, $4)";
    DELETE_DECLARATION = "DELETE FROM declaration WHERE organisation_id = $1 AND declaration_id = $2";
    DECLARATION_ROWS = "SELECT declaration_id, member_id FROM declaration WHERE organisation_id = $1";

    DESTROY_DRAFT = "DELETE FROM draft WHERE organisation_id = $1 AND draft_id = $2";
    DESTROY_PERSON = "DELETE FROM person WHERE organisation_id = $1 AND person_id = $2";
    DESTROY_VERSIONS = "DELETE FROM record WHERE organisation_id = $1 AND kind = $2 AND record_id = $3";
    DESTROY_HELD = "DELETE FROM record_key WHERE organisation_id = $1 AND holder_kind = $2 AND holder_id = $3";

    ADD_PACK = "INSERT INTO pack (digest, pack_id, version, kept_at) VALUES ($1, $2, $3, $4) ON CONFLICT (digest) DO NOTHING";
    ADD_WORDING = "INSERT INTO wording (digest, kept_at, content) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING";
    WORDING = "SELECT content FROM wording WHERE digest = $1";
    WORDINGS = "SELECT digest, content FROM wording ORDER BY digest";
    ADD_PACK_FILE = "INSERT INTO pack_file (digest, path, content) VALUES ($1, $2, $3)";
    PACK = "SELECT pack_id, version FROM pack WHERE digest = $1";
    PACKS = "SELECT digest FROM pack ORDER BY kept_at, digest";
    PACK_FILES = "SELECT path, content FROM pack_file WHERE digest = $1 ORDER BY path";
}

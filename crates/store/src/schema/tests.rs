//! The schema on both databases: reached, kept and compared.

use std::collections::BTreeSet;

use sqlx::Executor;
use sqlx::sqlite::SqliteConnectOptions;
use test_postgres::Server;

use super::*;
use crate::statements::ALL;

/// The schema of this program, and its migrations with one more that says the same to both databases.
fn next_schema(text: &'static str) -> (i64, Vec<Migration>) {
    let known = i64::try_from(MIGRATIONS.len()).unwrap();
    let sqlite = format!("{text} PRAGMA user_version = {};", known + 1).leak();
    let mut migrations = MIGRATIONS.to_vec();
    migrations.push(Migration { sqlite, postgres: text });
    (known, migrations)
}

const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

async fn database(folder: &tempfile::TempDir) -> (PathBuf, SqliteConnection) {
    let path = folder.path().join("sharewell.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    assert_eq!(migrate(&mut connection, &KeyRing::none(), &path, NOW).await.unwrap(), None);
    (path, connection)
}

/// An empty database of a real server, brought to this schema.
async fn server_database() -> PgConnection {
    let mut connection = PgConnection::connect(&Server::shared().database()).await.unwrap();
    migrate_postgres(&mut connection, &KeyRing::none(), false, NOW).await.unwrap();
    connection
}

#[tokio::test]
async fn every_statement_prepares_on_a_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let (_, mut connection) = database(&folder).await;
    for statement in ALL {
        let prepared = connection.prepare(sqlx::SqlStr::from_static(statement.text)).await;
        assert!(prepared.is_ok(), "{}: {:?}", statement.name, prepared.err());
    }
}

#[tokio::test]
async fn every_statement_prepares_on_a_server() {
    let mut connection = server_database().await;
    for statement in ALL {
        let prepared = connection.prepare(sqlx::SqlStr::from_static(statement.text)).await;
        assert!(prepared.is_ok(), "{}: {:?}", statement.name, prepared.err());
    }
}

#[test]
fn no_statement_changes_or_deletes_a_decision_or_a_recorded_version() {
    for statement in ALL {
        let text = statement.text.to_uppercase();
        for table in ["DECISION", "DECISION_PERSON", "DECISION_ITEM", "RECORD"] {
            let changes =
                text.starts_with(&format!("UPDATE {table} ")) || text.starts_with(&format!("DELETE FROM {table} "));
            // The one exception gives a version from before the ledger its leaf, and changes nothing that it says.
            let gives_leaf = text.starts_with("UPDATE RECORD SET LEAF_ID = $5 WHERE");
            // The other is destroying what is kept about a person.
            let destroys = statement.name.starts_with("DESTROY_");
            assert!(!changes || gives_leaf || destroys, "{}", statement.name);
        }
    }
}

#[test]
fn what_destroys_is_used_on_the_one_path_of_destroying() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut users = Vec::new();
    for file in std::fs::read_dir(sources).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() && std::fs::read_to_string(&path).unwrap().contains("DESTROY_") {
            users.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    users.sort();
    assert_eq!(users, ["destroying.rs", "statements.rs"]);
}

/// Tables that come before an organisation is known, and hold nothing of one.
const BEFORE_ONE_IS_KNOWN: [&str; 10] = [
    "schema_migration",
    "installation",
    "sign_in_name",
    "sign_in_attempt",
    "known_device",
    "taken_answer",
    "waiting_form",
    "pack",
    "pack_file",
    "wording",
];

#[tokio::test]
async fn every_key_starts_with_the_organisation_but_those_that_come_before_one_is_known() {
    let folder = tempfile::TempDir::new().unwrap();
    let (_, mut file) = database(&folder).await;
    for described in [describe_file(&mut file).await, describe_server(&mut server_database().await).await] {
        let keys: Vec<_> = described.iter().filter(|line| line.contains(" key ") || line.contains(" index ")).collect();
        assert!(keys.len() > 30, "{described:#?}");
        for line in keys {
            let table = line.split(' ').next().unwrap();
            let organised = line.contains("(organisation_id");
            assert!(organised || BEFORE_ONE_IS_KNOWN.contains(&table), "{line}");
        }
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_keys_and_indexes() {
    let folder = tempfile::TempDir::new().unwrap();
    let (_, mut file) = database(&folder).await;
    let (file, server) = (describe_file(&mut file).await, describe_server(&mut server_database().await).await);
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!((only(&file, &server), only(&server, &file)), (vec![], vec![]));
    for (sort, fewest) in [(" column ", 100), (" primary key ", 20), (" foreign key ", 20), (" index ", 8)] {
        assert!(file.iter().filter(|line| line.contains(sort)).count() >= fewest, "{sort}");
    }
}

/// What a file's catalogue says, one line for each column, key and index.
async fn describe_file(connection: &mut SqliteConnection) -> BTreeSet<String> {
    let columns = "SELECT t.name || ' column ' || c.name || ' ' || \
         CASE WHEN c.type = 'BLOB' AND (c.name IN ('organisation_id') OR c.name LIKE '%_id') THEN 'UUID' ELSE c.type END || \
         CASE WHEN c.\"notnull\" THEN ' not null' ELSE '' END \
         FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'";
    let primary = "SELECT name || ' primary key (' || group_concat(column, ', ') || ')' FROM \
         (SELECT t.name, c.name AS column FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
          WHERE t.type = 'table' AND c.pk > 0 ORDER BY t.name, c.pk) GROUP BY name";
    let foreign = "SELECT name || ' foreign key (' || group_concat(\"from\", ', ') || ') to ' || \"table\" || ' (' || group_concat(\"to\", ', ') || ')' FROM \
         (SELECT t.name, f.* FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' ORDER BY t.name, f.id, f.seq) \
         GROUP BY name, id";
    let indexes = "SELECT tbl || ' index ' || name || CASE WHEN uniq THEN ' unique' ELSE '' END || ' (' || group_concat(column, ', ') || ')' FROM \
         (SELECT t.name AS tbl, l.name, l.\"unique\" AS uniq, c.name AS column FROM sqlite_schema t JOIN pragma_index_list(t.name) l \
          JOIN pragma_index_info(l.name) c WHERE t.type = 'table' AND l.origin = 'c' ORDER BY l.name, c.seqno) GROUP BY tbl, name, uniq";
    let mut lines = BTreeSet::new();
    for text in [columns, primary, foreign, indexes] {
        let found: Vec<String> = sqlx::query_scalar(text).fetch_all(&mut *connection).await.unwrap();
        lines.extend(found);
    }
    lines
}

/// What a server's catalogue says, in the same words.
async fn describe_server(connection: &mut PgConnection) -> BTreeSet<String> {
    let columns = "SELECT c.relname || ' column ' || a.attname || ' ' || \
         CASE format_type(a.atttypid, NULL) WHEN 'bytea' THEN 'BLOB' ELSE upper(format_type(a.atttypid, NULL)) END || \
         CASE WHEN a.attnotnull THEN ' not null' ELSE '' END \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped";
    let primary = "SELECT c.relname || ' primary key (' || \
         (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(p.conkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) || ')' \
         FROM pg_constraint p JOIN pg_class c ON c.oid = p.conrelid WHERE p.contype = 'p' AND c.relnamespace = 'public'::regnamespace";
    let foreign = "SELECT c.relname || ' foreign key (' || \
         (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(p.conkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) || ') to ' || o.relname || ' (' || \
         (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(p.confkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = k.attnum) || ')' \
         FROM pg_constraint p JOIN pg_class c ON c.oid = p.conrelid JOIN pg_class o ON o.oid = p.confrelid WHERE p.contype = 'f' AND c.relnamespace = 'public'::regnamespace";
    let indexes = "SELECT c.relname || ' index ' || i.relname || CASE WHEN x.indisunique THEN ' unique' ELSE '' END || ' (' || \
         (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(x.indkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) || ')' \
         FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid WHERE NOT x.indisprimary AND c.relnamespace = 'public'::regnamespace";
    let mut lines = BTreeSet::new();
    for text in [columns, primary, foreign, indexes] {
        let found: Vec<String> = sqlx::query_scalar(text).fetch_all(&mut *connection).await.unwrap();
        lines.extend(found);
    }
    lines
}

#[tokio::test]
async fn three_copies_that_start_at_once_on_an_empty_server_bring_it_to_the_schema_once() {
    let address = Server::shared().database();
    let mut copies = Vec::new();
    for _ in 0..3 {
        let address = address.clone();
        copies.push(tokio::spawn(async move {
            let mut connection = PgConnection::connect(&address).await.unwrap();
            migrate_postgres(&mut connection, &KeyRing::none(), false, NOW).await
        }));
    }
    for copy in copies {
        copy.await.unwrap().unwrap();
    }
    let mut connection = PgConnection::connect(&address).await.unwrap();
    let steps: i64 =
        sqlx::query_scalar("SELECT count(*) FROM schema_migration").fetch_one(&mut connection).await.unwrap();
    assert_eq!(usize::try_from(steps).unwrap(), MIGRATIONS.len());
}

#[tokio::test]
async fn a_server_is_brought_to_a_newer_schema_only_when_a_backup_was_taken_and_never_back() {
    let mut connection = server_database().await;
    let (known, next) = next_schema("CREATE TABLE later (organisation_id UUID NOT NULL PRIMARY KEY);");
    let unsaid = migrate_postgres_with(&mut connection, &KeyRing::none(), false, NOW, &next).await;
    assert!(matches!(&unsaid, Err(StoreError::BackUpFirst { found, .. }) if *found == known), "{unsaid:?}");
    assert!(unsaid.unwrap_err().to_string().contains("pg_dump"));
    let (_, broken) = next_schema("CREATE TABLE later (one BIGINT); CREATE NONSENSE;");
    assert!(migrate_postgres_with(&mut connection, &KeyRing::none(), true, NOW, &broken).await.is_err());
    assert_eq!(postgres_version(&mut connection).await.unwrap(), known);
    migrate_postgres_with(&mut connection, &KeyRing::none(), true, NOW, &next).await.unwrap();
    let older = migrate_postgres(&mut connection, &KeyRing::none(), true, NOW).await;
    assert!(matches!(older, Err(StoreError::NewerSchema { found, .. }) if found == known + 1));
}

#[tokio::test]
async fn a_migration_is_preceded_by_a_whole_backup_that_only_its_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::TempDir::new().unwrap();
    let (path, mut connection) = database(&folder).await;
    let keep = "INSERT INTO pack (digest, pack_id, version, kept_at) VALUES ('d', 'p', '1', 0)";
    sqlx::query(keep).execute(&mut connection).await.unwrap();
    let (known, next) = next_schema("CREATE TABLE later (organisation_id BLOB NOT NULL PRIMARY KEY);");
    let backup = migrate_with(&mut connection, &KeyRing::none(), &path, NOW, &next).await.unwrap().unwrap();
    assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o077, 0);
    let options = SqliteConnectOptions::new().filename(&backup);
    let mut copy = SqliteConnection::connect_with(&options).await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM pack").fetch_one(&mut copy).await.unwrap();
    let schema: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut copy).await.unwrap();
    assert_eq!((kept, schema), (1, known));
    assert_eq!(migrate_with(&mut connection, &KeyRing::none(), &path, NOW, &next).await.unwrap(), None);
    let older = migrate(&mut connection, &KeyRing::none(), &path, NOW).await;
    assert!(matches!(older, Err(StoreError::NewerSchema { found, .. }) if found == known + 1));
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_schema_as_it_was() {
    let folder = tempfile::TempDir::new().unwrap();
    let (path, mut connection) = database(&folder).await;
    let (_, broken) = next_schema("CREATE TABLE later (one BIGINT); CREATE NONSENSE;");
    assert!(migrate_with(&mut connection, &KeyRing::none(), &path, NOW, &broken).await.is_err());
    assert_eq!(migrate(&mut connection, &KeyRing::none(), &path, NOW).await.unwrap(), None);
}

/// What a program of the schema before left: a member with a password, a session and a link. All ids are the same.
fn left_before(keys: &KeyRing, id: &str, bytes: impl Fn(&[u8]) -> String) -> sqlx::AssertSqlSafe<String> {
    let commitment = bytes(&keys.installation().commitment());
    sqlx::AssertSqlSafe(format!(
        "INSERT INTO installation (one, commitment, created_at) VALUES (1, {commitment}, 0); \
         INSERT INTO organisation (organisation_id, version, commitment) VALUES ({id}, 1, {commitment}); \
         INSERT INTO member (organisation_id, member_id, version) VALUES ({id}, {id}, 1); \
         INSERT INTO member_password (organisation_id, member_id, hash, set_at) VALUES ({id}, {id}, '$argon2id$', 7); \
         INSERT INTO session (organisation_id, token_hash, session_id, member_id, proved, browser, started_at, confirmed_at, \
         seen_at, idle_until, ends_at) VALUES ({id}, {commitment}, {id}, {id}, 'password', 'Firefox', 1, 1, 1, 9, 9); \
         INSERT INTO member_link (organisation_id, member_id, secret_hash, made_at, ends_at) VALUES ({id}, {id}, {commitment}, 1, 9);"
    ))
}

const OF_BEFORE: Uuid = Uuid::from_u128(7);
const LEFT: &str = "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM member_link)";
const TAG: &str = "SELECT tag FROM member_password";

fn expected_tag(keys: &KeyRing) -> Vec<u8> {
    let (organisation, member) = (OrganisationId::from_uuid(OF_BEFORE), MemberId::from_uuid(OF_BEFORE));
    let bound = Bound::Password { organisation, member, hash: "$argon2id$", set_at: Moment::from_micros(7) };
    keys.rows().tag(bound).to_vec()
}

fn two_key_rings(folder: &tempfile::TempDir) -> [KeyRing; 2] {
    [1, 2].map(|n| KeyRing::create(&folder.path().join(format!("keys {n}")), [n; 32]).unwrap())
}

#[tokio::test]
async fn a_file_of_before_gets_its_passwords_tagged_under_its_own_key_and_loses_sessions_and_links() {
    let folder = tempfile::TempDir::new().unwrap();
    let [keys, others] = two_key_rings(&folder);
    let path = folder.path().join("sharewell.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    migrate_with(&mut connection, &keys, &path, NOW, &MIGRATIONS[..BOUND - 1]).await.unwrap();
    let bytes = |bytes: &[u8]| format!("x'{}'", crate::keyring::hex(bytes));
    let rows = left_before(&keys, &bytes(OF_BEFORE.as_bytes()), bytes);
    sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();

    let wrong = migrate(&mut connection, &others, &path, NOW).await;
    assert!(matches!(wrong, Err(StoreError::Key(crate::KeyError::Wrong(_)))), "{wrong:?}");
    assert!(migrate(&mut connection, &keys, &path, NOW).await.unwrap().is_some());
    let tag: Vec<u8> = sqlx::query_scalar(TAG).fetch_one(&mut connection).await.unwrap();
    let left: i64 = sqlx::query_scalar(LEFT).fetch_one(&mut connection).await.unwrap();
    assert_eq!((tag, left), (expected_tag(&keys), 0));
    // Once it is there, a start changes nothing.
    sqlx::query("UPDATE member_password SET tag = x''").execute(&mut connection).await.unwrap();
    assert_eq!(migrate(&mut connection, &keys, &path, NOW).await.unwrap(), None);
    let tag: Vec<u8> = sqlx::query_scalar(TAG).fetch_one(&mut connection).await.unwrap();
    assert!(tag.is_empty());
}

#[tokio::test]
async fn a_server_of_before_gets_its_passwords_tagged_under_its_own_key_and_loses_sessions_and_links() {
    let folder = tempfile::TempDir::new().unwrap();
    let [keys, others] = two_key_rings(&folder);
    let mut connection = PgConnection::connect(&Server::shared().database()).await.unwrap();
    migrate_postgres_with(&mut connection, &keys, false, NOW, &MIGRATIONS[..BOUND - 1]).await.unwrap();
    let bytes = |bytes: &[u8]| format!("'\\x{}'::bytea", crate::keyring::hex(bytes));
    let rows = left_before(&keys, &format!("'{OF_BEFORE}'::uuid"), bytes);
    sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();

    let wrong = migrate_postgres(&mut connection, &others, true, NOW).await;
    assert!(matches!(wrong, Err(StoreError::Key(crate::KeyError::Wrong(_)))), "{wrong:?}");
    migrate_postgres(&mut connection, &keys, true, NOW).await.unwrap();
    let tag: Vec<u8> = sqlx::query_scalar(TAG).fetch_one(&mut connection).await.unwrap();
    let left: i64 = sqlx::query_scalar(LEFT).fetch_one(&mut connection).await.unwrap();
    assert_eq!((tag, left), (expected_tag(&keys), 0));
    sqlx::query("UPDATE member_password SET tag = ''").execute(&mut connection).await.unwrap();
    migrate_postgres(&mut connection, &keys, true, NOW).await.unwrap();
    let tag: Vec<u8> = sqlx::query_scalar(TAG).fetch_one(&mut connection).await.unwrap();
    assert!(tag.is_empty());
}

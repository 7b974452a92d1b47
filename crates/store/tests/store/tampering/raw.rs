//! A database past the store: its superuser's own connection, and copies of it as a whole.
//!
//! The changes are written once, in SQLite's words. What PostgreSQL calls otherwise it is given in [`ON_A_SERVER`], and a row's own
//! number, which it does not have, is made of the place where the row lies.

use std::fs;
use std::path::PathBuf;

use sharewell_store::Database;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, Decode, FromRow, Postgres, Sqlite, Type};
use test_postgres::Server;
use uuid::Uuid;

/// SQLite's functions, and a row's number, for a server's database; references between tables are not looked at, as SQLite's are not here.
const ON_A_SERVER: &str = "
    CREATE FUNCTION pg_temp.hex(bytea) RETURNS text LANGUAGE sql AS $$ SELECT upper(encode($1, 'hex')) $$;
    CREATE FUNCTION pg_temp.unhex(text) RETURNS bytea LANGUAGE sql AS $$ SELECT decode($1, 'hex') $$;
    CREATE FUNCTION pg_temp.randomblob(bigint) RETURNS bytea LANGUAGE sql VOLATILE AS $$
        SELECT substr(decode(string_agg(md5(random()::text), ''), 'hex'), 1, $1::int) FROM generate_series(0, $1 / 16) $$;
    CREATE FUNCTION pg_temp.row_of(tid) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
        SELECT ($1::text::point)[0]::bigint * 65536 + ($1::text::point)[1]::bigint $$;
    SET session_replication_role = replica";

/// A whole database that is kept for the test.
#[derive(Clone)]
pub enum Kept {
    File(PathBuf),
    /// By its name, on the server that all tests share.
    Server(String),
}

impl Kept {
    /// The one that a store works on.
    pub fn of(database: &Database) -> Self {
        match database {
            Database::File(file) => Self::File(file.clone()),
            Database::Server(server) => Self::Server(server.to_string().rsplit('/').next().unwrap().to_owned()),
        }
    }

    pub fn database(&self) -> Database {
        match self {
            Self::File(file) => Database::File(file.clone()),
            Self::Server(name) => Database::Server(Server::shared().url(name).parse().unwrap()),
        }
    }

    /// A copy under another name. Nobody may be working on this one.
    pub async fn copied(&self, name: &str) -> Self {
        match self {
            Self::File(file) => {
                let copy = file.with_file_name(format!("{name}.db"));
                fs::copy(file, &copy).unwrap();
                Self::File(copy)
            }
            Self::Server(whole) => {
                let copy = format!("{whole}_{name}");
                on_the_server(format!("CREATE DATABASE {copy} TEMPLATE {whole}")).await;
                Self::Server(copy)
            }
        }
    }

    pub async fn removed(self) {
        match self {
            Self::File(file) => fs::remove_file(file).unwrap(),
            Self::Server(name) => on_the_server(format!("DROP DATABASE {name} WITH (FORCE)")).await,
        }
    }

    pub async fn opened(&self) -> Raw {
        match self {
            Self::File(file) => {
                let options = SqliteConnectOptions::new().filename(file).foreign_keys(false);
                Raw::File(SqliteConnection::connect_with(&options).await.unwrap())
            }
            Self::Server(name) => {
                let mut raw = PgConnection::connect(&Server::shared().url(name)).await.unwrap();
                sqlx::raw_sql(ON_A_SERVER).execute(&mut raw).await.unwrap();
                Raw::Server(raw)
            }
        }
    }
}

async fn on_the_server(text: String) {
    tokio::task::spawn_blocking(move || Server::shared().sql("postgres", &text)).await.unwrap();
}

/// What a statement is given.
pub enum Value {
    Number(i64),
    Id(Uuid),
    Bytes(Vec<u8>),
}

/// Gives a statement its values; one text for the types of two databases, with or without rows.
macro_rules! given {
    ($query:expr, $values:expr) => {
        $values.iter().fold($query, |query, value| match value {
            Value::Number(number) => query.bind(*number),
            Value::Id(id) => query.bind(*id),
            Value::Bytes(bytes) => query.bind(bytes.clone()),
        })
    };
}

/// A superuser's connection.
pub enum Raw {
    File(SqliteConnection),
    Server(PgConnection),
}

impl Raw {
    /// Runs a statement that changes rows; how many it changed.
    pub async fn run(&mut self, text: &str, values: &[Value]) -> u64 {
        match self {
            Self::File(raw) => {
                let query: Query<'_, Sqlite, SqliteArguments> = sqlx::query(AssertSqlSafe(on_file(text)));
                given!(query, values).execute(raw).await.unwrap().rows_affected()
            }
            Self::Server(raw) => {
                let query: Query<'_, Postgres, PgArguments> = sqlx::query(AssertSqlSafe(on_server(text)));
                given!(query, values).execute(raw).await.unwrap().rows_affected()
            }
        }
    }

    /// The rows that a statement answers with.
    pub async fn rows<T>(&mut self, text: &str, values: &[Value]) -> Vec<T>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        match self {
            Self::File(raw) => {
                let query: QueryAs<'_, Sqlite, T, SqliteArguments> = sqlx::query_as(AssertSqlSafe(on_file(text)));
                given!(query, values).fetch_all(raw).await.unwrap()
            }
            Self::Server(raw) => {
                let query: QueryAs<'_, Postgres, T, PgArguments> = sqlx::query_as(AssertSqlSafe(on_server(text)));
                given!(query, values).fetch_all(raw).await.unwrap()
            }
        }
    }

    /// The one value of the one row that a statement answers with.
    pub async fn only<T>(&mut self, text: &str, values: &[Value]) -> T
    where
        T: Type<Sqlite> + for<'r> Decode<'r, Sqlite> + Type<Postgres> + for<'r> Decode<'r, Postgres> + Send + Unpin,
    {
        let mut rows: Vec<(T,)> = self.rows(text, values).await;
        assert_eq!(rows.len(), 1, "{text}");
        rows.remove(0).0
    }

    /// The tables that have a column of this name.
    pub async fn tables_with(&mut self, column: &str) -> Vec<String> {
        let text = match self {
            Self::File(_) => format!(
                "SELECT DISTINCT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = '{column}'"
            ),
            Self::Server(_) => format!(
                "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public' AND column_name = '{column}'"
            ),
        };
        let tables: Vec<(String,)> = self.rows(&text, &[]).await;
        tables.into_iter().map(|(table,)| table).collect()
    }

    pub async fn close(self) {
        match self {
            Self::File(raw) => raw.close().await.unwrap(),
            Self::Server(raw) => raw.close().await.unwrap(),
        }
    }
}

fn on_file(text: &str) -> String {
    text.replace("new_id()", "randomblob(16)")
}

fn on_server(text: &str) -> String {
    let mut text = text.to_owned();
    for row in ["r.rowid", "h.rowid"] {
        text = text.replace(row, &format!("pg_temp.row_of({}ctid)", &row[..2]));
    }
    text = text.replace("rowid", "pg_temp.row_of(ctid)").replace("new_id()", "gen_random_uuid()");
    for function in ["unhex(", "randomblob("] {
        text = text.replace(function, &format!("pg_temp.{function}"));
    }
    text.replace(" hex(", " pg_temp.hex(")
}

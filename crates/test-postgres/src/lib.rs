//! A real PostgreSQL for the tests. It runs on a temporary folder and a free port of this machine, as another user when
//! the tests run as root (PostgreSQL refuses root), and it ends with the process that started it, however that ends.
//!
//! Needs the server's programs: Debian's `postgresql`, which `tools/setup` installs. Without them a test fails and says so.
#![forbid(unsafe_code)]
#![allow(clippy::panic, clippy::expect_used, reason = "a test that has no PostgreSQL fails here, in words")]

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

/// Kept for as long as the process that started the server lives: at the end of its input it stops the server and clears up.
const KEEPER: &str = r#"
read -r _ || true
kill -INT "$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ -e "$1/data/postmaster.pid" ] || break
  sleep 0.1
done
kill -QUIT "$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)" 2>/dev/null
rm -rf "$1"
"#;

/// A running server. Dropped, it stops.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    binaries: PathBuf,
    port: u16,
    keeper: Child,
    settings: Vec<&'static str>,
}

impl Server {
    /// The server that all tests of this process share. It does not wait for the disk: what is tested there is what the
    /// statements do, not what survives a loss of power.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&["fsync=off", "full_page_writes=off"]))
    }

    /// A server of one's own, with these settings besides the usual ones.
    ///
    /// # Panics
    /// When there is no PostgreSQL on this machine, or it does not start.
    pub fn start(settings: &[&'static str]) -> Self {
        let binaries = binaries();
        let folder = TempDir::with_prefix("sharewell-postgres-").expect("a temporary folder").keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("the folder's permissions");
        if let Some((user, group)) = other_user() {
            chown(&folder, Some(user), Some(group)).expect("the folder given to the server's user");
        }
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a shell");
        let mut server = Self { folder, binaries, port: 0, keeper, settings: settings.to_vec() };
        let data = server.data();
        let made = server
            .command("initdb")
            .args(["--auth=trust", "--username=sharewell", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
            .arg(&data)
            .output();
        succeeded("initdb", made);
        // Between finding a free port and listening there another may take it: then the next one.
        for attempt in 1.. {
            server.port = free_port();
            if server.try_start() {
                break;
            }
            assert!(attempt < 5, "PostgreSQL does not start:\n{}", server.log());
        }
        server
    }

    /// The address of one of its databases, as the program's configuration takes it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://sharewell@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// A new, empty database; the address of it.
    pub fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("sharewell_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// Runs a statement as the database's superuser and returns what it answers, one line a row, columns parted by `|`.
    ///
    /// # Panics
    /// When the statement fails.
    pub fn sql(&self, database: &str, statement: &str) -> String {
        let ran = self
            .command("psql")
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
                "--command",
                statement,
            ])
            .arg(self.url(database))
            .output();
        String::from_utf8_lossy(&succeeded(statement, ran).stdout).trim().to_owned()
    }

    /// What `pg_dump` writes of a database.
    ///
    /// # Panics
    /// When it fails.
    pub fn dump(&self, database: &str) -> Vec<u8> {
        let ran = self.command("pg_dump").arg("--dbname").arg(self.url(database)).output();
        succeeded("pg_dump", ran).stdout
    }

    /// Where its files lie.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Kills the server's every process at once, as a crash would.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&self) {
        let pids = fs::read_to_string(self.data().join("postmaster.pid")).expect("the server runs");
        let main = pids.lines().next().expect("its process id").to_owned();
        let ran = Command::new("sh").args(["-c", "kill -KILL $1 $(ps -o pid= --ppid $1)", "kill", &main]).output();
        drop(ran);
        while Path::new("/proc").join(&main).exists() {
            // A killed process that nobody has waited for yet is gone as far as its files are concerned.
            let state = fs::read_to_string(Path::new("/proc").join(&main).join("stat")).unwrap_or_default();
            if state.contains(") Z ") {
                break;
            }
            sleep(Duration::from_millis(10));
        }
    }

    /// Starts it again on the same port after [`Self::kill`].
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        for _ in 0..20 {
            if self.try_start() {
                return;
            }
            // The processes that served connections may need a moment to end.
            sleep(Duration::from_millis(200));
        }
        panic!("PostgreSQL does not start again:\n{}", self.log());
    }

    fn try_start(&self) -> bool {
        let settings = [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "shared_buffers=32MB".to_owned(),
            "max_connections=200".to_owned(),
        ];
        let options: Vec<String> = settings
            .iter()
            .map(String::as_str)
            .chain(self.settings.iter().copied())
            .map(|setting| format!("-c {setting}"))
            .collect();
        let started = self
            .command("pg_ctl")
            .args(["start", "--wait", "--silent", "--timeout=30", "--pgdata"])
            .arg(self.data())
            .arg("--log")
            .arg(self.folder.join("log"))
            .args(["--options", &options.join(" ")])
            // What the server inherits must not keep the pipes of the test runner open.
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        started.expect("pg_ctl runs").success()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir("/").env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").env("HOME", &self.folder);
        if let Some((user, group)) = other_user() {
            command.uid(user).gid(group);
        }
        command
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut input) = self.keeper.stdin.take() {
            // An error means that the keeper is at work already.
            let _ = input.write_all(b"\n");
        }
        let _ = self.keeper.wait();
    }
}

fn succeeded(what: &str, ran: std::io::Result<Output>) -> Output {
    let output = ran.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The folder of the server's programs: on the path, or where Debian puts them, the newest first.
fn binaries() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.filter_map(Result::ok).map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok());
        std::cmp::Reverse(version)
    });
    let has_all =
        |folder: &PathBuf| ["initdb", "pg_ctl", "postgres", "psql"].iter().all(|name| folder.join(name).exists());
    std::env::split_paths(&path).chain(debian).find(has_all).expect(
        "PostgreSQL’s programs (initdb, pg_ctl, postgres, psql): run tools/setup, or apt-get install postgresql",
    )
}

/// Whom the server runs as when the tests run as root: PostgreSQL refuses root.
fn other_user() -> Option<(u32, u32)> {
    static FOUND: OnceLock<Option<(u32, u32)>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let id = |arguments: &[&str]| -> Option<u32> {
            let output = Command::new("id").args(arguments).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        if id(&["-u"])? != 0 {
            return None;
        }
        ["postgres", "nobody"].iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
    })
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its number").port()
}

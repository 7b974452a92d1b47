//! The side that sends: connections that stay open, each recording one decision after the other.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::{Failure, Kind};

/// Connections to one server.
pub(crate) struct Client {
    kind: Kind,
    connections: Vec<Connection>,
    preparing: usize,
    recorded: usize,
}

/// What a server answered 201 to.
pub(crate) struct Acknowledged {
    /// Decisions that were recorded to have matters and people to go on with.
    pub(crate) preparing: usize,
    /// Decisions recorded while measuring and warming up.
    pub(crate) recorded: usize,
}

/// A round of recording.
pub(crate) struct Driven {
    /// How long it took all together.
    pub(crate) wall: Duration,
    /// How long each answer took.
    pub(crate) took: Vec<Duration>,
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    address: String,
    host: HeaderValue,
    bearer: HeaderValue,
    /// The request, but for the text between its two parts, which is another in each.
    before: String,
    after: String,
    sent: usize,
}

impl Client {
    pub(crate) async fn connect(address: &str, token: &str, kind: Kind) -> Result<Self, Failure> {
        let mut client = Self { kind, connections: Vec::new(), preparing: 0, recorded: 0 };
        for _ in 0..kind.connections() {
            let mut connection = Connection::open(address, token).await?;
            if kind == Kind::Known {
                let recorded: Value = serde_json::from_slice(&connection.record().await?)?;
                client.preparing += 1;
                connection.write(decision(Some((&recorded["matter"], &recorded["people"][0]["id"]))))?;
            }
            client.connections.push(connection);
        }
        Ok(client)
    }

    /// Every connection records for so long; what has begun by then is waited for.
    #[expect(clippy::disallowed_methods, reason = "measuring needs a clock; nothing is decided by it")]
    pub(crate) async fn drive(&mut self, round: Duration) -> Result<Driven, Failure> {
        let mut all = JoinSet::new();
        for connection in &mut self.connections {
            connection.stay().await?;
        }
        let begun = Instant::now();
        for mut connection in self.connections.drain(..) {
            all.spawn(async move {
                let mut took = Vec::new();
                while begun.elapsed() < round {
                    let sent = Instant::now();
                    connection.record().await?;
                    took.push(sent.elapsed());
                }
                Ok::<_, Failure>((connection, took))
            });
        }
        let mut took = Vec::new();
        while let Some(ended) = all.join_next().await {
            let (connection, mut some) = ended??;
            took.append(&mut some);
            self.connections.push(connection);
        }
        let wall = begun.elapsed();
        self.recorded += took.len();
        if took.is_empty() {
            return Err(format!("{}: nothing was recorded in {round:?}", self.kind.name()).into());
        }
        took.sort_unstable();
        Ok(Driven { wall, took })
    }

    pub(crate) fn acknowledged(&self) -> Acknowledged {
        Acknowledged { preparing: self.preparing, recorded: self.recorded }
    }
}

impl Connection {
    async fn open(address: &str, token: &str) -> Result<Self, Failure> {
        let mut opened = Self {
            sender: connected(address).await?,
            address: address.to_owned(),
            host: HeaderValue::from_str(address)?,
            bearer: HeaderValue::from_str(&format!("Bearer {token}"))?,
            before: String::new(),
            after: String::new(),
            sent: 0,
        };
        opened.write(decision(None))?;
        Ok(opened)
    }

    /// Connects again where the server closed the connection, as it does with one that is idle while others are measured.
    async fn stay(&mut self) -> Result<(), Failure> {
        if self.sender.is_closed() {
            self.sender = connected(&self.address).await?;
        }
        Ok(())
    }

    fn write(&mut self, decision: Value) -> Result<(), Failure> {
        let written = decision.to_string();
        let (before, after) = written.split_once(NUMBER).ok_or("no place for the number")?;
        (self.before, self.after) = (before.to_owned(), after.to_owned());
        Ok(())
    }

    /// Records one decision and reads the whole answer.
    async fn record(&mut self) -> Result<Bytes, Failure> {
        self.sent += 1;
        let body = format!("{}{}{}", self.before, self.sent, self.after);
        let request = Request::post("/api/v1/decisions")
            .header(HOST, &self.host)
            .header(AUTHORIZATION, &self.bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(body))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if status != StatusCode::CREATED {
            return Err(format!("answered {status}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(body)
    }
}

async fn connected(address: &str) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Stands where each request has its number, so that no two record the same words.
const NUMBER: &str = "NUMBER";

/// A child has said that she is hurt at home; children's social care is told. On a matter and about a person that are there, or on new ones.
fn decision(on: Option<(&Value, &Value)>) -> Value {
    let person = match on {
        Some((_, person)) => json!({ "id": person }),
        None => json!({ "name": "Ottilie Quarrendon", "date_of_birth": "2018-02-03" }),
    };
    let mut decision = json!({
        "case": {
            "facts": {
                "child_disclosed": "yes", "recipient_kind": "council-children", "consent": "not-asked", "purpose": "yes"
            },
            "texts": { "recipient_name": "the duty social worker" },
            "items": [{
                "text": format!("She says that she is hit with a belt ({NUMBER})."),
                "standing": "allegation", "need": "yes", "about": "child", "source": "The child"
            }]
        },
        "about": "Telling social care what Ottilie said",
        "purpose": "To protect a child",
        "people": [person],
        "choice": "share",
        "reasons": "She was plain and there are marks."
    });
    if let Some((matter, _)) = on {
        decision["matter"] = matter.clone();
    }
    decision
}

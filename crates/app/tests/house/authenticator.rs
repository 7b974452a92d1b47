//! An authenticator in software (WebAuthn Level 3, §6): keeps one passkey, signs what it is asked, and lies where a test tells it to.
#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "each test file uses a part of it, and may fail")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[derive(Clone)]
pub struct Authenticator {
    pub key: SigningKey,
    /// The credential's id.
    pub id: Vec<u8>,
    /// Whose it is, as the site says.
    pub owner: Vec<u8>,
    /// How often it signed; zero for good on one that does not count.
    pub counter: u32,
    pub counts: bool,
    /// Where the browser is.
    pub origin: String,
    /// The site that it is bound to.
    pub site: String,
    pub verifies: bool,
    pub synced: bool,
}

impl Authenticator {
    pub fn new(n: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[n; 32]).unwrap(),
            id: vec![n; 24],
            owner: Vec::new(),
            counter: 0,
            counts: true,
            origin: "http://localhost:8080".into(),
            site: "localhost".into(),
            verifies: true,
            synced: false,
        }
    }

    /// Makes its passkey, as `navigator.credentials.create` has it do.
    pub fn create(&mut self, options: &Value) -> String {
        let asked = &options["publicKey"];
        self.owner = bytes(&asked["user"]["id"]);
        let mut data = self.data(Some(&self.id));
        let point = self.key.verifying_key().to_encoded_point(false);
        // COSE: an EC2 key for ES256 on P-256.
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(point.x().unwrap());
        data.extend([0x22, 0x58, 0x20]);
        data.extend(point.y().unwrap());
        // CBOR: {"fmt": "none", "attStmt": {}, "authData": …}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.push(0xa0);
        object.push(0x68);
        object.extend(b"authData");
        object.extend([0x58, u8::try_from(data.len()).unwrap()]);
        object.extend(&data);
        let response = json!({
            "attestationObject": text(&object),
            "clientDataJSON": text(self.client("webauthn.create", asked).as_bytes()),
        });
        self.said(&response)
    }

    /// Signs, as `navigator.credentials.get` has it do.
    pub fn get(&mut self, options: &Value) -> String {
        if self.counts {
            self.counter += 1;
        }
        let (data, client) = (self.data(None), self.client("webauthn.get", &options["publicKey"]));
        let signed = [data.as_slice(), &Sha256::digest(client.as_bytes())].concat();
        let signature: Signature = self.key.sign(&signed);
        let response = json!({
            "authenticatorData": text(&data),
            "clientDataJSON": text(client.as_bytes()),
            "signature": text(signature.to_der().as_bytes()),
            "userHandle": if self.owner.is_empty() { Value::Null } else { json!(text(&self.owner)) },
        });
        self.said(&response)
    }

    fn said(&self, response: &Value) -> String {
        let id = text(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "extensions": {}}).to_string()
    }

    fn client(&self, kind: &str, asked: &Value) -> String {
        json!({"type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": false}).to_string()
    }

    fn data(&self, new: Option<&[u8]>) -> Vec<u8> {
        let mut flags = 0x01;
        flags |= if self.verifies { 0x04 } else { 0 };
        flags |= if self.synced { 0x18 } else { 0 };
        flags |= if new.is_some() { 0x40 } else { 0 };
        let mut data = Sha256::digest(self.site.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        if let Some(id) = new {
            data.extend([0; 16]);
            data.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
            data.extend(id);
        }
        data
    }
}

pub fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

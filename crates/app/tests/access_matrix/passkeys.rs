//! Passkeys that members have: one was really added, and others are kept like it.

use casework::{Member, PasskeyId};
use serde_json::Value;
use sharewell::actions::Actor;
use sharewell::{App, clock};
use store::{NewPasskey, Passkey, Reading, StoreError, Writing};

use crate::authenticator::Authenticator;
use crate::browser::Browser;
use crate::house::{House, NOW, PASSWORD};
use crate::ids::Ids;
use crate::world::World;

const NAME: &str = "Work laptop";

async fn kept(app: &App, of: &Member) -> Vec<Passkey> {
    let read: Result<_, StoreError> = app
        .store
        .read("kept", of.organisation, |mut reading: Reading| async move { reading.passkeys(of.id).await })
        .await;
    read.unwrap()
}

/// Adds one of the keeper's, by what an authenticator really answers; says what its signatures are checked against.
pub async fn of_the_keeper(installation: &House, ids: &mut Ids) -> String {
    let app = &installation.app;
    let Actor { member: keeper, .. } = &installation.school;
    let (mut browser, mut key) = (Browser::new(app), Authenticator::new(1));
    browser.password(&keeper.email, PASSWORD).await;
    let asked = browser.post("/account/passkeys/ask", &[("name", NAME)]).await;
    let asked: Value = serde_json::from_str(&asked.html).unwrap();
    let (question, answer) = (asked["question"].as_str().unwrap(), key.create(&asked["options"]));
    browser.post("/account/passkeys", &[("name", NAME), ("question", question), ("answer", &answer)]).await;
    let passkey = kept(app, keeper).await.pop().unwrap();
    ids.put("passkey_of_another", passkey.id);
    passkey.check
}

impl World {
    /// Lets somebody have two passkeys, so that one of them may go: the one that is named.
    pub async fn give_passkeys(&self, to: &Member, ids: &mut Ids) {
        let app = self.app();
        let mut have: Vec<PasskeyId> = kept(app, to).await.into_iter().map(|passkey| passkey.id).collect();
        while have.len() < 2 {
            let id = app.clock.id(PasskeyId::new).unwrap();
            let credential: [u8; 16] = clock::random().unwrap();
            let new = NewPasskey { id, name: NAME, credential: &credential, check: &self.check };
            let added: Result<bool, StoreError> = app
                .store
                .write("give_passkey", to.organisation, |mut writing: Writing| async move {
                    writing.add_passkey(to.id, new, NOW).await
                })
                .await;
            assert!(added.unwrap());
            have.push(id);
        }
        ids.put("own_passkey", have[1]);
    }

    /// Leaves somebody none.
    pub async fn take_passkeys(&self, from: &Member) {
        let taken: Result<u64, StoreError> = self
            .app()
            .store
            .write("take_passkeys", from.organisation, |mut writing: Writing| async move {
                writing.clear_passkeys(from.id).await
            })
            .await;
        taken.unwrap();
    }
}

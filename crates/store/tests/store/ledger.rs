//! What is recorded has an entry, a place, a checkpoint and a receipt; and partners hold the proof for one another.

use casework::Decision;
use ledger::receipt::Receipt;
use sharewell_store::{InLedger, SignedCheckpoint, StoreError, verify};

use super::House;
use crate::common::{decision, item, person};

/// A decision recorded on a matter of its own.
async fn recorded(house: &House, member: &casework::Member) -> Decision {
    let (matter, _) = house.matter(member).await;
    let item = item(member, &matter, "Came without lunch");
    let decision = decision(member, &matter, &[&item]);
    house
        .write(member.organisation, async |w| {
            w.save_item(&item).await?;
            w.add_decision(&decision).await
        })
        .await
        .unwrap();
    decision
}

async fn where_it_stands(house: &House, decision: &Decision) -> InLedger {
    house.read(decision.organisation, async |r| r.decision_in_ledger(decision.id).await).await.unwrap()
}

/// The first checkpoint that covers a decision. Where several copies write, its place follows soon.
async fn signed(house: &House, decision: &Decision) -> SignedCheckpoint {
    for _ in 0..200 {
        house.store.sign_ledger(decision.organisation).await.unwrap();
        let found = where_it_stands(house, decision).await;
        if found.receipt.is_some() {
            return house.read(decision.organisation, async |r| r.ledger_state().await).await.signed.unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("no checkpoint covers the decision");
}

#[tokio::test]
async fn a_recorded_decision_has_its_place_and_a_receipt_with_the_next_checkpoint() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let decision = recorded(&house, &teacher).await;
    let before = where_it_stands(&house, &decision).await;
    // Organisation, member, person, matter, item, decision; where several copies write, the place follows within a second.
    let at_once = house.place().database.file().is_some();
    assert!(before.position.is_some() || !at_once, "{before:?}");
    assert_eq!(before.receipt, None);
    let checkpoint = signed(&house, &decision).await;
    assert_eq!(checkpoint.size, 6);
    assert_eq!(house.store.sign_ledger(school.id).await.unwrap(), None, "nothing more to sign");
    let after = where_it_stands(&house, &decision).await;
    let receipt = Receipt::parse(after.receipt.unwrap().as_bytes()).unwrap();
    let key = house.store.ledger_key(school.id).await.unwrap();
    let proved = receipt.verify(&after.entry, &key, &[]).unwrap();
    assert_eq!((Some(proved.index), proved.size), (after.position, 6));
    assert!(before.position.is_none_or(|place| Some(place) == after.position), "a place is given once");
    let other = house.store.witness_key(school.id).unwrap();
    assert!(receipt.verify(&after.entry, &other, &[]).is_err(), "another key has not signed it");
    let mut changed = after.entry.clone();
    changed[60] ^= 1;
    assert!(receipt.verify(&changed, &key, &[]).is_err());
}

#[tokio::test]
async fn receipts_hold_in_a_ledger_larger_than_its_kept_nodes() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, _) = house.matter(&teacher).await;
    let key = house.store.ledger_key(school.id).await.unwrap();
    let mut decisions = Vec::new();
    for _ in 0..3 {
        for _ in 0..100 {
            let item = item(&teacher, &matter, "Came without lunch");
            house.write(school.id, async |w| w.save_item(&item).await).await.unwrap();
        }
        let decision = decision(&teacher, &matter, &[]);
        house.write(school.id, async |w| w.add_decision(&decision).await).await.unwrap();
        signed(&house, &decision).await;
        decisions.push(decision);
    }
    let house = house.restart().await;
    for decision in &decisions {
        let found = where_it_stands(&house, decision).await;
        let receipt = Receipt::parse(found.receipt.unwrap().as_bytes()).unwrap();
        receipt.verify(&found.entry, &key, &[]).unwrap();
    }
    assert!(sharewell_store::verify(&house.place().database, None, |_| {}).await.unwrap()[0].findings.is_empty());
}

#[tokio::test]
async fn a_partner_witnesses_the_ledger_as_it_grows_and_nothing_else() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (surgery, _) = house.organisation("Harrow Lane Surgery", "gp", "doctor").await;
    let decision = recorded(&house, &teacher).await;
    let (log, witness) =
        (house.store.ledger_key(school.id).await.unwrap(), house.store.witness_key(surgery.id).unwrap());
    let first = signed(&house, &decision).await;
    let asked = house.store.to_be_witnessed(school.id, 0, &first).await.unwrap();
    let unknown = house.store.witness(surgery.id, asked.as_bytes(), &[]).await.unwrap();
    assert_eq!(unknown.unwrap_err().status(), 404, "a ledger that nobody asked it to watch");
    let answer = house.store.witness(surgery.id, asked.as_bytes(), std::slice::from_ref(&log)).await.unwrap().unwrap();
    house.store.keep_cosignature(school.id, &first, &witness, answer.as_bytes()).await.unwrap();

    let found = where_it_stands(&house, &decision).await;
    let receipt = Receipt::parse(found.receipt.unwrap().as_bytes()).unwrap();
    let proved = receipt.verify(&found.entry, &log, &[&witness]).unwrap();
    assert_eq!(proved.witnesses.len(), 1);
    assert_eq!(found.checkpoint.unwrap().cosignatures[0].witness, witness.name());

    let later = recorded(&house, &teacher).await;
    let second = signed(&house, &later).await;
    let again = house.store.to_be_witnessed(school.id, 0, &second).await.unwrap();
    let behind =
        house.store.witness(surgery.id, again.as_bytes(), std::slice::from_ref(&log)).await.unwrap().unwrap_err();
    assert_eq!((behind.status(), behind.body()), (409, format!("{}\n", first.size)));
    let asked = house.store.to_be_witnessed(school.id, first.size, &second).await.unwrap();
    let answer = house.store.witness(surgery.id, asked.as_bytes(), std::slice::from_ref(&log)).await.unwrap().unwrap();
    let forged = answer.replace('A', "B");
    assert!(house.store.keep_cosignature(school.id, &second, &witness, forged.as_bytes()).await.is_err());
    house.store.keep_cosignature(school.id, &second, &witness, answer.as_bytes()).await.unwrap();
    let state = house.read(school.id, async |r| r.ledger_state().await).await;
    assert_eq!(state.witnessed.unwrap().size, second.size);
    let seen = house.read(surgery.id, async |r| r.witnessed(log.name()).await).await.unwrap();
    assert_eq!(seen.0, second.size);
}

#[tokio::test]
async fn a_command_that_is_refused_takes_no_place_in_the_ledger() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let people: Vec<_> = (0..6).map(|n| person(&teacher, &format!("Neighbour {n}"))).collect();
    // Every second one is refused after its leaf was added, among others that share the commit.
    let commands = people.iter().enumerate().map(|(n, person)| {
        let house = &house;
        async move {
            let done = house
                .write(school.id, async |w| {
                    w.save_person(person).await?;
                    if n % 2 == 1 { Err(StoreError::Conflict) } else { Ok(()) }
                })
                .await;
            assert_eq!(done.is_ok(), n % 2 == 0, "{done:?}");
        }
    });
    let mut commands = commands.into_iter();
    let [one, two, three, four, five, six] = std::array::from_fn(|_| commands.next().unwrap());
    tokio::join!(one, two, three, four, five, six);
    while house.store.sign_ledger(school.id).await.unwrap().is_some() {}
    let place = house.place();
    let verified = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
    // The organisation, the member, and three people.
    assert_eq!((verified[0].entries, verified[0].versions, &verified[0].findings), (5, 5, &Vec::new()));
}

//! Who a request comes from is seen as it is now, whatever was seen a moment ago.

use std::collections::BTreeMap;

use casework::{Member, Membership, Moment, Organisation, Team, TeamId};
use sharewell_store::{SessionToken, Visit};

use super::House;
use crate::common::{NOW, unique};

async fn visit(house: &House, token: &SessionToken, now: Moment) -> Option<Visit> {
    house.read(token.organisation(), async |r| r.visit(token, now, now.plus_seconds(-3600)).await).await
}

#[tokio::test]
async fn a_visit_shows_the_member_and_the_organisation_as_they_are_now() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let token = house.signed_in(&teacher).await;
    for _ in 0..2 {
        let seen = visit(&house, &token, NOW).await.unwrap();
        assert_eq!((&*seen.member, &*seen.organisation), (&teacher, &school));
        assert_eq!((seen.session.member, seen.teams.len(), seen.emergencies.len()), (teacher.id, 0, 0));
    }

    let suspended = Member { version: 2, membership: Membership::Suspended, ..teacher.clone() };
    let renamed = Organisation { version: 2, name: "Fernbank Academy".into(), ..school.clone() };
    let id = TeamId::new(NOW, unique());
    let team = Team {
        id,
        organisation: school.id,
        version: 1,
        name: "Early help".into(),
        members: [teacher.id].into(),
        closed: false,
        since: BTreeMap::new(),
        awaited: std::collections::BTreeSet::new(),
        left: Vec::new(),
    };
    house
        .write(school.id, async |w| {
            w.save_member(&suspended).await?;
            w.save_organisation(&renamed).await?;
            w.save_team(&team).await
        })
        .await
        .unwrap();
    for _ in 0..2 {
        let seen = visit(&house, &token, NOW).await.unwrap();
        assert_eq!((&*seen.member, &*seen.organisation), (&suspended, &renamed));
        assert_eq!(seen.teams, [id].into());
    }
}

#[tokio::test]
async fn no_visit_outlives_its_session() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (surgery, _) = house.organisation("Elm Surgery", "gp", "doctor").await;
    let token = house.signed_in(&teacher).await;
    assert!(visit(&house, &token, NOW.plus_seconds(599)).await.is_some());
    assert!(visit(&house, &token, NOW.plus_seconds(600)).await.is_none(), "it was idle for too long");
    let later = NOW.plus_seconds(500);
    house.write(school.id, async |w| w.touch_session(&token, later, NOW.plus_seconds(9999)).await).await.unwrap();
    assert_eq!(visit(&house, &token, NOW.plus_seconds(700)).await.unwrap().session.seen_at, later);
    assert!(visit(&house, &token, NOW.plus_seconds(3600)).await.is_none(), "its time is up");
    let elsewhere = house.read(surgery.id, async |r| r.visit(&token, NOW, NOW).await).await;
    assert!(elsewhere.is_none(), "it is another organisation's");
    assert!(visit(&house, &SessionToken::new(school.id, unique()), NOW).await.is_none(), "it was guessed");
    assert!(house.write(school.id, async |w| w.end_session(&token).await).await.unwrap());
    assert!(visit(&house, &token, NOW).await.is_none(), "it was ended");
}

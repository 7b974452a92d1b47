//! The statement that narrows a member's list of matters and the policy that then looks at each of them agree, in worlds made by chance.

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    Action, InvolvedBy, Involvement, Matter, MatterId, Member, MemberId, Moment, Resource, Team, TeamId, may,
};

use super::House;
use crate::common::{NOW, matter, member, unique};

/// A choice below `most`.
fn chance(most: u64) -> u64 {
    u64::from_le_bytes(unique()) % most
}

/// Some second of the two hours in which everything happens; the ends of involvements fall on the very moments that are asked about.
fn moment() -> Moment {
    NOW.plus_seconds(i64::try_from(chance(8)).unwrap() * 900)
}

fn some<T: Copy + Ord>(of: &[T]) -> BTreeSet<T> {
    of.iter().copied().filter(|_| chance(2) == 0).collect()
}

fn involved(members: &[Member], teams: &[TeamId]) -> Vec<Involvement> {
    let one = || {
        let who: MemberId = members[usize::try_from(chance(members.len() as u64)).unwrap()].id;
        let by = match chance(3) {
            0 => InvolvedBy::Assignment(who),
            1 => InvolvedBy::Invitation(who),
            _ => InvolvedBy::Team(teams[usize::try_from(chance(teams.len() as u64)).unwrap()]),
        };
        let until = (chance(4) > 0).then(moment);
        Involvement { by, until, given_by: who, given_at: NOW, why: String::new(), ended_by: None }
    };
    (0..chance(5)).map(|_| one()).collect()
}

#[tokio::test]
async fn what_is_listed_is_what_the_policy_lets_be_read() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let members: Vec<Member> = [teacher].into_iter().chain(["a", "b", "c"].map(|who| member(school.id, who))).collect();
    let teams: Vec<TeamId> = (0..3).map(|_| TeamId::new(NOW, unique())).collect();
    let ids: Vec<MemberId> = members.iter().map(|member| member.id).collect();
    let kept: Vec<Team> = teams
        .iter()
        .map(|&id| Team {
            id,
            organisation: school.id,
            version: 1,
            name: "Team".into(),
            members: some(&ids),
            closed: false,
            since: BTreeMap::new(),
            awaited: BTreeSet::new(),
            left: Vec::new(),
        })
        .collect();
    let mut matters: Vec<Matter> = (0..40)
        .map(|_| Matter {
            id: MatterId::new(NOW, unique()),
            involved: involved(&members, &teams),
            ..matter(&members[0], "A worry", &[])
        })
        .collect();
    house
        .write(school.id, async |w| {
            for member in &members[1..] {
                w.save_member(member).await?;
            }
            for team in &kept {
                w.save_team(team).await?;
            }
            for matter in &matters {
                w.save_matter(matter).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    // A second version of some, so that what is derived follows the change.
    for matter in matters.iter_mut().step_by(3) {
        (matter.version, matter.involved) = (2, involved(&members, &teams));
    }
    let changed: Vec<&Matter> = matters.iter().step_by(3).collect();
    house
        .write(school.id, async |w| {
            for matter in &changed {
                w.save_matter(matter).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let (mut open, mut closed) = (0, 0);
    for member in &members {
        let mut member = member.clone();
        member.teams = house.read(school.id, async |r| r.teams_of(member.id).await).await;
        for quarter in 0..8 {
            let now = NOW.plus_seconds(quarter * 900);
            let listed = house.read(school.id, async |r| r.matters_of(member.id, now).await).await;
            let listed: BTreeSet<MatterId> = listed.iter().map(|matter| matter.id).collect();
            let reads = |matter: &&Matter| may(&member, Action::Read, Resource::Matter(matter, now)).is_ok();
            let readable: BTreeSet<MatterId> = matters.iter().filter(reads).map(|matter| matter.id).collect();
            assert_eq!(listed, readable);
            open += readable.len();
            closed += matters.len() - readable.len();
        }
    }
    assert!(open > 100 && closed > 100, "the worlds hold both: {open} open, {closed} closed");
}

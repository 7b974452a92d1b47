//! A colleague's declared conflicts of interest, for a manager to decide about and to lift.

use casework::{Born, Declaration, DeclarationId, Member, Met, Relation};
use sharewell::App;
use store::{StoreError, Writing};

use crate::bundle::Bundle;
use crate::house::NOW;

/// Declares, for every case, two of whom one perhaps means one of those whom nobody works with, and the other another.
pub async fn declare<'b>(app: &App, declarer: &mut Member, bundles: impl Iterator<Item = &'b mut Bundle>) {
    let mut declarations = Vec::new();
    for bundle in bundles {
        let [_, _, spare, other_spare] = bundle.people;
        for (name, person) in [("declaration", other_spare), ("other_declaration", spare)] {
            let id = app.clock.id(DeclarationId::new).unwrap();
            bundle.ids.put(name, id);
            declarer.declared.insert(id, [(person, Met::Perhaps)].into());
            declarer.conflicts.insert(person);
            declarations.push(Declaration {
                id,
                organisation: declarer.organisation,
                member: declarer.id,
                name: "Somebody Like Them".into(),
                former_surname: String::new(),
                born: Born::Unknown,
                relation: Relation::Neighbour,
                street: String::new(),
                why: String::new(),
                declared_by: declarer.id,
                declared_at: NOW,
            });
        }
    }
    declarer.version += 1;
    let (declarer, declarations) = (&*declarer, &declarations);
    let saved: Result<(), StoreError> = app
        .store
        .write("declared", declarer.organisation, |mut writing: Writing| async move {
            writing.save_member(declarer).await?;
            for one in declarations {
                writing.add_declaration(one).await?;
            }
            Ok(())
        })
        .await;
    saved.unwrap();
}

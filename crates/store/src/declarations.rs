//! Declared conflicts of interest, in words: sealed under keys of their own, and gone with them when they are lifted. Whom they met stands
//! in the member's record.

use casework::{Declaration, DeclarationId, MemberId};

use crate::records::holder_kind;
use crate::seal::{Holder, Kind};
use crate::sql::Param;
use crate::statements::{ADD_DECLARATION, DECLARATION_OF, DECLARATIONS, DELETE_DECLARATION, DELETE_RECORD_KEYS};
use crate::{Reading, StoreError, Writing};

impl Reading {
    /// Every declaration of the organisation that can still be read, in the order they were made. One statement, whatever it finds.
    pub async fn declarations(&mut self) -> Result<Vec<Declaration>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        let mut declarations = Vec::new();
        for row in self.open.rows(DECLARATIONS, &[organisation]).await? {
            let id = row.id(0)?;
            let holder = Holder { kind: holder_kind(&row.text(2)?)?, id: row.id(3)? };
            let wrapped = [&*row.bytes(4)?, &*row.bytes(5)?];
            let key = self.unwrapped(Kind::Declaration, id, holder, wrapped, &row.bytes(6)?)?;
            declarations.push(self.opened(&key, id, 1, &row.bytes(1)?)?);
        }
        Ok(declarations)
    }
}

impl Reading {
    /// Whether anything is declared for a member, whoever it met.
    pub async fn has_declared(&mut self, member: MemberId) -> Result<bool, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(member.uuid())];
        Ok(self.open.row(DECLARATION_OF, &place).await?.is_some())
    }
}

impl Writing {
    /// Keeps a new declaration. The member's record names it.
    pub async fn add_declaration(&mut self, declaration: &Declaration) -> Result<(), StoreError> {
        let sealed = self.sealed(declaration).await?.bytes;
        let row = [
            Param::Id(declaration.organisation.uuid()),
            Param::Id(declaration.id.uuid()),
            Param::Id(declaration.member.uuid()),
            Param::Bytes(&sealed),
        ];
        self.open.run_one(ADD_DECLARATION, &row).await
    }

    /// Forgets a declaration, with its keys: nobody can read it again, in no backup whose keys are later.
    pub async fn delete_declaration(&mut self, id: DeclarationId) -> Result<(), StoreError> {
        let (organisation, kind) = (Param::Id(self.organisation.uuid()), Param::Text(Kind::Declaration.word()));
        self.open.run(DELETE_RECORD_KEYS, &[organisation, kind, Param::Id(id.uuid())]).await?;
        self.delete_holder_key(Holder { kind: Kind::Declaration, id: id.uuid() }).await?;
        self.open.run(DELETE_DECLARATION, &[organisation, Param::Id(id.uuid())]).await.map(drop)
    }
}

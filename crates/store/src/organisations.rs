//! Organisations with their settings and contacts, and their members.

use casework::{
    Contact, ContactId, Member, MemberId, Membership, Organisation, OrganisationId, ProviderAccount, normal_email,
};

use crate::records::{before, stored};
use crate::seal::Key;
use crate::signing::LedgerKey;
use crate::sql::Param;
use crate::statements::{
    ADD_CONTACT, ADD_MEMBER, ADD_ORGANISATION, ADD_SIGN_IN_NAME, CHANGE_CONTACT, CHANGE_MEMBER, CHANGE_ORGANISATION,
    CONTACTS, DELETE_SIGN_IN_NAMES, MEET_AT_ORGANISATION, MEMBERS, ORGANISATION_COMMITMENTS, SIGN_IN_NAME,
};
use crate::{Reading, SignedIn, Store, StoreError, Writing};

impl Store {
    /// Keeps a new organisation: makes its key file first, then its record. Its first member is
    /// saved next, in a transaction of its own.
    pub async fn found_organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        let key = self.inner.keys.create_organisation_key(organisation.id, self.inner.randomness.bytes()?)?;
        LedgerKey::create(self.inner.keys.folder(), organisation.id, self.inner.randomness.bytes()?)?;
        let commitment = key.commitment();
        let commitment = &commitment;
        self.write("found_organisation", organisation.id, |mut writing: Writing| async move {
            let row = [
                Param::Id(organisation.id.uuid()),
                Param::Int(stored(organisation.version)?),
                Param::Bytes(commitment),
            ];
            writing.open.run_one(ADD_ORGANISATION, &row).await?;
            writing.add_version(organisation).await
        })
        .await
    }

    /// Every organisation of this installation.
    pub async fn organisations(&self) -> Result<Vec<Organisation>, StoreError> {
        let mut open = self.begin_read().await?;
        let rows = open.rows(ORGANISATION_COMMITMENTS, &[]).await?;
        open.roll_back().await?;
        let mut organisations = Vec::with_capacity(rows.len());
        for row in rows {
            let id = OrganisationId::from_uuid(row.id(0)?);
            let found = self
                .read("organisations", id, |mut reading: Reading| async move { reading.organisation().await })
                .await?;
            organisations.extend(found);
        }
        Ok(organisations)
    }

    /// The tag by which an e-mail address is found without being stored.
    pub(crate) fn sign_in_tag(&self, email: &str) -> [u8; 32] {
        tag(self.inner.keys.installation(), email)
    }

    /// The tag by which a provider's account is found without being stored.
    pub(crate) fn account_tag(&self, organisation: OrganisationId, account: &ProviderAccount) -> [u8; 32] {
        account_tag(self.inner.keys.installation(), organisation, account)
    }

    /// Whose e-mail address this is. It says nothing about whether they may sign in.
    pub async fn member_with_email(&self, email: &str) -> Result<Option<SignedIn>, StoreError> {
        self.member_named(&self.sign_in_tag(email)).await
    }

    /// Whose account this is at the provider of an organisation. It says nothing about whether they may sign in.
    pub async fn member_with_account(
        &self,
        organisation: OrganisationId,
        account: &ProviderAccount,
    ) -> Result<Option<SignedIn>, StoreError> {
        self.member_named(&self.account_tag(organisation, account)).await
    }

    async fn member_named(&self, tag: &[u8; 32]) -> Result<Option<SignedIn>, StoreError> {
        let mut open = self.begin_read().await?;
        let row = open.row(SIGN_IN_NAME, &[Param::Bytes(tag)]).await?;
        open.roll_back().await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SignedIn {
            organisation: OrganisationId::from_uuid(row.id(0)?),
            member: MemberId::from_uuid(row.id(1)?),
        }))
    }
}

fn tag(installation: &Key, email: &str) -> [u8; 32] {
    installation.derive(b"sharewell 1 sign-in name").mac(&[normal_email(email).as_bytes()])
}

/// The organisation is part of it: another organisation's provider may be the same, and its accounts are nobody here.
fn account_tag(installation: &Key, organisation: OrganisationId, account: &ProviderAccount) -> [u8; 32] {
    let (organisation, length) = (organisation.uuid(), (account.issuer.len() as u64).to_be_bytes());
    let parts: [&[u8]; 4] = [organisation.as_bytes(), &length, account.issuer.as_bytes(), account.subject.as_bytes()];
    installation.derive(b"sharewell 1 provider account").mac(&parts)
}

impl Reading {
    /// The organisation with its settings and procedures.
    pub async fn organisation(&mut self) -> Result<Option<Organisation>, StoreError> {
        self.latest(self.organisation.uuid()).await
    }

    /// A member.
    pub async fn member(&mut self, id: MemberId) -> Result<Option<Member>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// Every version of a member's details, oldest first.
    pub async fn member_versions(&mut self, id: MemberId) -> Result<Vec<Member>, StoreError> {
        self.every_version(id.uuid()).await
    }

    /// The organisation's members, in the order they joined.
    pub async fn members(&mut self) -> Result<Vec<Member>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(MEMBERS, &[organisation]).await
    }

    /// A front-door number.
    pub async fn contact(&mut self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// The front-door numbers that the organisation keeps, confirmed or not.
    pub async fn contacts(&mut self) -> Result<Vec<Contact>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(CONTACTS, &[organisation]).await
    }
}

impl Writing {
    /// Saves changed settings: the version is one more than that stored.
    pub async fn save_organisation(&mut self, organisation: &Organisation) -> Result<(), StoreError> {
        self.check_organisation(organisation.id)?;
        let row = [
            Param::Id(organisation.id.uuid()),
            Param::Int(stored(organisation.version)?),
            Param::Int(before(organisation.version)?),
        ];
        self.move_on(CHANGE_ORGANISATION, &row).await?;
        self.add_version(organisation).await
    }

    /// Lets changes of memberships meet at one row, so that of two at the same moment the later is done again and sees the
    /// earlier: two administrators cannot suspend each other.
    pub async fn meet_at_members(&mut self) -> Result<(), StoreError> {
        let of = Param::Id(self.organisation.uuid());
        self.open.run_one(MEET_AT_ORGANISATION, &[of]).await
    }

    /// Saves a member whose version is one more than that stored (1: new). Their e-mail address, and their account at the organisation's
    /// provider, must be no one else's.
    /// Whoever has left signs in with none, so that it is free for when they work elsewhere.
    pub async fn save_member(&mut self, member: &Member) -> Result<(), StoreError> {
        self.check_organisation(member.organisation)?;
        let (organisation, id) = (Param::Id(member.organisation.uuid()), Param::Id(member.id.uuid()));
        let version = Param::Int(stored(member.version)?);
        match before(member.version)? {
            0 => self.open.run_one(ADD_MEMBER, &[organisation, id, version]).await?,
            earlier => self.move_on(CHANGE_MEMBER, &[organisation, id, version, Param::Int(earlier)]).await?,
        }
        let tag = tag(self.inner.keys.installation(), &member.email);
        self.open.run(DELETE_SIGN_IN_NAMES, &[organisation, id]).await?;
        if member.membership == Membership::Left {
            return self.add_version(member).await;
        }
        if self.open.row(SIGN_IN_NAME, &[Param::Bytes(&tag)]).await?.is_some() {
            return Err(StoreError::EmailTaken);
        }
        self.open.run_one(ADD_SIGN_IN_NAME, &[Param::Bytes(&tag), organisation, id]).await?;
        if let Some(account) = &member.account {
            let tag = account_tag(self.inner.keys.installation(), member.organisation, account);
            if self.open.row(SIGN_IN_NAME, &[Param::Bytes(&tag)]).await?.is_some() {
                return Err(StoreError::Conflict);
            }
            self.open.run_one(ADD_SIGN_IN_NAME, &[Param::Bytes(&tag), organisation, id]).await?;
        }
        self.add_version(member).await
    }

    /// Saves a front-door number whose version is one more than that stored (1: new).
    pub async fn save_contact(&mut self, contact: &Contact) -> Result<(), StoreError> {
        self.check_organisation(contact.organisation)?;
        let (organisation, id) = (Param::Id(contact.organisation.uuid()), Param::Id(contact.id.uuid()));
        let version = Param::Int(stored(contact.version)?);
        match before(contact.version)? {
            0 => self.open.run_one(ADD_CONTACT, &[organisation, id, version]).await?,
            earlier => self.move_on(CHANGE_CONTACT, &[organisation, id, version, Param::Int(earlier)]).await?,
        }
        self.add_version(contact).await
    }
}

//! The queue of mail: notices that are written in the transaction of what they tell of, and sent afterwards. Every copy of the program looks
//! for what is due; one of them claims it, and says when it is sent. A copy that is stopped between sending and saying so leaves it to be sent
//! again: at least once, and never by two at the same time.

use casework::{Mail, MailId, MemberId, Moment, Notice, OrganisationId};

use crate::sql::{Param, Row};
use crate::statements::{ADD_MAIL, CLAIM_MAIL, FORGET_MAIL, MAIL_DUE, PUT_OFF_MAIL};
use crate::{Reading, Store, StoreError, Writing};

/// Mail that is due, claimed by whoever holds this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMail {
    /// The notice.
    pub mail: Mail,
    /// How often it was tried, this time included.
    pub tries: u32,
}

impl Store {
    /// Claims the notice of an organisation that has been due for longest; nobody else gets it for so many microseconds.
    pub async fn take_mail(
        &self,
        organisation: OrganisationId,
        now: Moment,
        claim_for: i64,
    ) -> Result<Option<DueMail>, StoreError> {
        let due = |mut reading: Reading| async move { reading.mail_due(now).await };
        if self.read("mail_due", organisation, due).await?.is_none() {
            return Ok(None);
        }
        self.write("take_mail", organisation, |mut writing: Writing| async move {
            let Some((mut due, at)) = writing.mail_due(now).await? else { return Ok(None) };
            let place = [Param::Id(organisation.uuid()), Param::Id(due.mail.id.uuid())];
            let until = Param::Int(now.micros().saturating_add(claim_for));
            let [whose, id] = place;
            let claimed = writing.open.run(CLAIM_MAIL, &[whose, id, until, Param::Int(at)]).await?;
            due.tries += 1;
            Ok((claimed == 1).then_some(due))
        })
        .await
    }
}

impl Reading {
    async fn mail_due(&mut self, now: Moment) -> Result<Option<(DueMail, i64)>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Int(now.micros())];
        let row = self.open.row(MAIL_DUE, &place).await?;
        row.map(|row| due(self.organisation, &row)).transpose()
    }
}

fn due(organisation: OrganisationId, row: &Row) -> Result<(DueMail, i64), StoreError> {
    let mail = Mail {
        id: MailId::from_uuid(row.id(0)?),
        organisation,
        to: MemberId::from_uuid(row.id(1)?),
        notice: row.text(2)?.parse::<Notice>().map_err(|_| StoreError::Malformed("a notice"))?,
        about_at: Moment::from_micros(row.int(3)?),
    };
    let tries = u32::try_from(row.int(4)?).map_err(|_| StoreError::Malformed("a count"))?;
    Ok((DueMail { mail, tries }, row.int(5)?))
}

impl Writing {
    /// Has a notice sent once this is committed, and at this moment at the earliest.
    pub async fn send_mail(&mut self, mail: &Mail, at: Moment) -> Result<(), StoreError> {
        self.check_organisation(mail.organisation)?;
        let row = [
            Param::Id(mail.organisation.uuid()),
            Param::Id(mail.id.uuid()),
            Param::Id(mail.to.uuid()),
            Param::Text(mail.notice.word()),
            Param::Int(mail.about_at.micros()),
            Param::Int(at.micros()),
        ];
        self.open.run_one(ADD_MAIL, &row).await
    }

    /// Tries a notice again at this moment.
    pub async fn put_off_mail(&mut self, id: MailId, next_at: Moment) -> Result<(), StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(id.uuid()), Param::Int(next_at.micros())];
        self.open.run(PUT_OFF_MAIL, &row).await.map(drop)
    }

    /// A notice was sent, or is given up.
    pub async fn forget_mail(&mut self, id: MailId) -> Result<(), StoreError> {
        let row = [Param::Id(self.organisation.uuid()), Param::Id(id.uuid())];
        self.open.run(FORGET_MAIL, &row).await.map(drop)
    }
}

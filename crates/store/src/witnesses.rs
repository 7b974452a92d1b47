//! Witnessing beyond the installation: what is due to be sent to partners' witnesses and what came of it, and, as a witness, what
//! this organisation saw of its partners' ledgers.

use casework::{Moment, OrganisationId};
use ledger::checkpoint::Checkpoint;
use ledger::key::VerifierKey;
use ledger::note::Note;
use ledger::witness::{AddCheckpoint, Refusal, consider, consider_sender, origin_name};

use crate::kept::Kept;
use crate::leaves::{signed, unsigned};
use crate::sql::{Param, Row};
use crate::statements::{
    ADD_ASKED_WITNESS, ASKED_WITNESS, ASKED_WITNESSES, CLAIM_ASKED_WITNESS, LATEST_COSIGNED_BY, SET_ASKED_WITNESS,
    WITNESSED_NOTES,
};
use crate::{Reading, SignedCheckpoint, Store, StoreError, Writing};

/// What a partner's witness last said when it was asked to cosign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It cosigned.
    Cosigned,
    /// It did not answer, or not in time.
    Nothing,
    /// It does not watch this ledger, or not under this name and key.
    Unknown,
    /// It refused, or answered with something that is no answer.
    Refused,
    /// It has seen so many entries, which is more than were ever signed here: an older copy of the database was put back.
    SawMore(u64),
    /// The ledger that it saw is not the beginning of this one.
    SawOther,
}

impl Said {
    fn word(self) -> &'static str {
        match self {
            Self::Cosigned => "cosigned",
            Self::Nothing => "nothing",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::SawMore(_) => "saw-more",
            Self::SawOther => "saw-other",
        }
    }

    fn of(word: &str, claimed: Option<u64>) -> Option<Self> {
        let without = [Self::Cosigned, Self::Nothing, Self::Unknown, Self::Refused, Self::SawOther];
        match claimed {
            Some(size) => (word == Self::SawMore(size).word()).then_some(Self::SawMore(size)),
            None => without.into_iter().find(|said| said.word() == word),
        }
    }

    /// Whether it says that this ledger is not the one that it witnessed: somebody must look at once.
    #[must_use]
    pub fn is_alarm(self) -> bool {
        matches!(self, Self::SawMore(_) | Self::SawOther)
    }
}

/// What asking a partner's witness last came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedWitness {
    /// The name of the witness's key.
    pub witness: String,
    /// Under which of the ledger's names it was asked.
    pub epoch: i64,
    /// How many entries it last cosigned, as this database says; 0 for none.
    pub seen: u64,
    /// When it last said that this is still the ledger it knows.
    pub confirmed_at: Option<Moment>,
    /// What it said last.
    pub said: Said,
    /// How often in a row it did not cosign.
    pub failures: u32,
    /// When it was asked last.
    pub asked_at: Moment,
    /// When it may be asked again.
    pub next_at: Moment,
}

/// A checkpoint that a witness is to be asked to cosign, now and by this copy of the program alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The newest checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// How many of its entries the witness has seen, as far as is known.
    pub old: u64,
    /// How often in a row it did not cosign.
    pub failures: u32,
}

/// How often a witness is asked, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// A ledger that did not grow is shown again after so long: the witness confirms that it is still the one it knows.
    pub confirm_after: i64,
    /// What a witness said before this moment does not count, nor until when it is left alone: the database may have been put back
    /// since, or changed.
    pub since: Moment,
    /// So long no other copy of the program asks, unless the one that does says what came of it.
    pub claim_for: i64,
}

/// What is kept of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// What it said.
    pub said: Said,
    /// How many entries it is now known to have cosigned, and when it said so; `None` leaves what was known.
    pub confirmed: Option<(u64, Moment)>,
    /// How often in a row it did not cosign, this time included.
    pub failures: u32,
    /// When it may be asked again.
    pub next_at: Moment,
}

impl Store {
    /// Witnesses a partner's checkpoint on behalf of an organisation (C2SP tlog-witness `add-checkpoint`): the partner's
    /// ledger must contain what this organisation saw of it before. `ledgers` are the keys of those that it watches. Gives
    /// the cosignature line, or why there is none.
    ///
    /// What was seen before is read and what is now seen is kept in one transaction, and the cosignature is given out after
    /// its commit: of two forks that arrive at once, one finds that the other was there before it. How far it cosigned is remembered
    /// beside its key as well; where the database says less, it was put back or changed, and nothing is cosigned.
    pub async fn witness(
        &self,
        organisation: OrganisationId,
        body: &[u8],
        ledgers: &[VerifierKey],
    ) -> Result<Result<String, Refusal>, StoreError> {
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let origin = request.claimed().origin();
        let log = ledgers.iter().find(|key| key.name() == origin);
        // A stranger's request costs neither a transaction nor a look at what was seen.
        if let Err(refusal) = consider_sender(&request, log) {
            return Ok(Err(refusal));
        }
        let cosigner = self.ledger_secret(organisation)?.cosigner()?;
        let remembered = Kept::read(self.inner.keys.folder(), organisation)?.seen.get(origin).copied();
        let now = self.inner.clock.now();
        let seconds = u64::try_from(now.micros() / 1_000_000).unwrap_or(0);
        let (request, cosigner) = (&request, &cosigner);
        let answer: Result<_, StoreError> = self
            .write("witness", organisation, |mut writing: Writing| async move {
                let seen = writing.seen(origin, cosigner.verifier_key(), remembered).await?;
                match consider(request, log, seen, cosigner, seconds) {
                    Ok(witnessed) => {
                        writing.keep_seen(origin, &witnessed, now).await?;
                        Ok(Ok(witnessed.cosignature.to_string()))
                    }
                    Err(refusal) => Ok(Err(refusal)),
                }
            })
            .await;
        let answer = answer?;
        if answer.is_ok() {
            self.remember_seen(organisation, origin, request.claimed().size()).await?;
        }
        Ok(answer)
    }

    /// The newest checkpoint, if this witness is due to be asked to cosign it. Of several copies of the program that ask for it
    /// at once, one gets it; that one says with [`Self::keep_answer`] what came of it.
    pub async fn due_for(
        &self,
        organisation: OrganisationId,
        witness: &VerifierKey,
        pace: Pace,
    ) -> Result<Option<Asking>, StoreError> {
        let now = self.inner.clock.now();
        let name = witness.name();
        let read = |mut reading: Reading| async move { reading.due_for(name, pace, now).await };
        if self.read("due_for_witness", organisation, read).await?.is_none() {
            return Ok(None);
        }
        self.write("claim_asking", organisation, |mut writing: Writing| async move {
            let Some((asking, last)) = writing.due_for(name, pace, now).await? else { return Ok(None) };
            let claimed = writing.claim_asking(name, &asking, last, now, pace).await?;
            Ok(claimed.then_some(asking))
        })
        .await
    }

    /// Keeps what a witness answered about a checkpoint of this epoch.
    pub async fn keep_answer(
        &self,
        organisation: OrganisationId,
        witness: &VerifierKey,
        answered: Answered,
    ) -> Result<(), StoreError> {
        let Answered { said, confirmed, failures, next_at } = answered;
        let claimed = match said {
            Said::SawMore(size) => Some(signed(size)?),
            _ => None,
        };
        let seen = confirmed.map(|(size, _)| signed(size)).transpose()?;
        self.write("keep_answer", organisation, |mut writing: Writing| async move {
            let row = [
                Param::Id(organisation.uuid()),
                Param::Text(witness.name()),
                Param::MaybeInt(seen),
                Param::MaybeInt(confirmed.map(|(_, at)| at.micros())),
                Param::Text(said.word()),
                Param::MaybeInt(claimed),
                Param::Int(i64::from(failures)),
                Param::Int(next_at.micros()),
            ];
            writing.open.run_one(SET_ASKED_WITNESS, &row).await
        })
        .await
    }

    /// The newest checkpoint of a ledger.
    pub async fn newest_checkpoint(
        &self,
        organisation: OrganisationId,
    ) -> Result<Option<SignedCheckpoint>, StoreError> {
        self.read(
            "newest_checkpoint",
            organisation,
            |mut reading: Reading| async move { reading.latest_checkpoint().await },
        )
        .await
    }
}

impl Writing {
    async fn claim_asking(
        &mut self,
        witness: &str,
        asking: &Asking,
        last: Option<AskedWitness>,
        now: Moment,
        pace: Pace,
    ) -> Result<bool, StoreError> {
        let of = Param::Id(self.organisation.uuid());
        let until = Param::Int(now.micros().saturating_add(pace.claim_for));
        let (epoch, at) = (Param::Int(asking.checkpoint.epoch), Param::Int(now.micros()));
        let changed = if let Some(last) = last {
            let seen = Param::Int(signed(asking.old)?);
            let row = [of, Param::Text(witness), epoch, seen, at, until, Param::Int(last.next_at.micros())];
            self.open.run(CLAIM_ASKED_WITNESS, &row).await?
        } else {
            let row = [of, Param::Text(witness), epoch, Param::Text(Said::Nothing.word()), at, until];
            self.open.run(ADD_ASKED_WITNESS, &row).await?
        };
        Ok(changed == 1)
    }
}

impl Reading {
    async fn due_for(
        &mut self,
        witness: &str,
        pace: Pace,
        now: Moment,
    ) -> Result<Option<(Asking, Option<AskedWitness>)>, StoreError> {
        let Some(checkpoint) = self.latest_checkpoint().await? else { return Ok(None) };
        let whose = [Param::Id(self.organisation.uuid()), Param::Text(witness)];
        let last = self.open.row(ASKED_WITNESS, &whose).await?.map(|row| asked(&row)).transpose()?;
        let Some(known) = &last else { return Ok(Some((Asking { checkpoint, old: 0, failures: 0 }, None))) };
        // A time that is yet to come was written by nobody who asked.
        let counts = known.asked_at >= pace.since && known.asked_at <= now;
        if counts && now < known.next_at {
            return Ok(None);
        }
        let same_name = known.epoch == checkpoint.epoch;
        let rested = !counts || now.micros().saturating_sub(known.asked_at.micros()) >= pace.confirm_after;
        if same_name && known.said == Said::Cosigned && known.seen == checkpoint.size && !rested {
            return Ok(None);
        }
        // What the database says that the witness saw is a guess, which the witness corrects.
        let old = if same_name { known.seen.min(checkpoint.size) } else { 0 };
        Ok(Some((Asking { checkpoint, old, failures: known.failures }, last)))
    }

    /// What asking each partner's witness last came to, by the name of its key.
    pub async fn asked_witnesses(&mut self) -> Result<Vec<AskedWitness>, StoreError> {
        let rows = self.open.rows(ASKED_WITNESSES, &[Param::Id(self.organisation.uuid())]).await?;
        rows.iter().map(asked).collect()
    }

    /// The newest checkpoint that this witness cosigned, if its signature is right: how many entries it has, and when it signed.
    pub async fn cosigned_by(&mut self, witness: &VerifierKey) -> Result<Option<(u64, Moment)>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Text(witness.name())];
        let Some(row) = self.open.row(LATEST_COSIGNED_BY, &place).await? else { return Ok(None) };
        let Some(kept) = self.checkpoint(row.int(0)?, unsigned(row.int(1)?)?).await? else { return Ok(None) };
        let note = Note::parse(kept.text().as_bytes())?;
        let size = Checkpoint::parse(note.text()).map_err(|_| StoreError::Malformed("a checkpoint"))?.size();
        let Ok(by) = note.verify(&[witness]) else { return Ok(None) };
        let seconds = by.first().and_then(|one| one.time).and_then(|seconds| i64::try_from(seconds).ok());
        Ok(seconds.and_then(|seconds| seconds.checked_mul(1_000_000)).map(|at| (size, Moment::from_micros(at))))
    }

    /// The last checkpoint that this organisation cosigned of the ledger of this name (C2SP tlog-witness; see
    /// [`origin_name`]), with the ledger's signature and its own.
    pub async fn witnessed_note(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let rows = self.open.rows(WITNESSED_NOTES, &[Param::Id(self.organisation.uuid())]).await?;
        for row in rows {
            if origin_name(&row.text(0)?) == name {
                return row.text(1).map(Some);
            }
        }
        Ok(None)
    }
}

fn asked(row: &Row) -> Result<AskedWitness, StoreError> {
    let claimed = row.maybe_int(5)?.map(unsigned).transpose()?;
    Ok(AskedWitness {
        witness: row.text(0)?,
        epoch: row.int(1)?,
        seen: unsigned(row.int(2)?)?,
        confirmed_at: row.maybe_int(3)?.map(Moment::from_micros),
        said: Said::of(&row.text(4)?, claimed).ok_or(StoreError::Malformed("what a witness said"))?,
        failures: u32::try_from(row.int(6)?).map_err(|_| StoreError::Malformed("how often a witness failed"))?,
        asked_at: Moment::from_micros(row.int(7)?),
        next_at: Moment::from_micros(row.int(8)?),
    })
}

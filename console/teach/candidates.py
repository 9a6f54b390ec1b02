"""Candidates from their beginning to the decision, and which of them is in force: all of it in the database, so that a
page, the command line and a restart see the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from billing_core import Core
from console.teach import owner, sentences
from console.teach.port import Teacher, Written
from console.teach.store import Candidate, CandidateState, InForce, SentenceState, TaughtSentence

INTERRUPTED = "The process that worked on it ended. Nothing is lost: train it again."
SHOWN = 20


class NotNow(RuntimeError):
    """What cannot be done as things are; the message says why, in one sentence."""


def undecided(core: Core) -> Candidate | None:
    """The candidate that is worked on or waits for a decision. One whose process is gone has failed, as of now."""
    with core.read() as session:
        found = session.scalars(select(Candidate).where(Candidate.undecided == 1)).first()
    if found is None or found.state != CandidateState.RUNNING or not owner.gone(found.owner, found.beat_at):
        return found
    finish(core, found.id, CandidateState.FAILED, trouble=INTERRUPTED)
    return None


def latest(core: Core) -> list[Candidate]:
    """The candidates, the newest first."""
    undecided(core)
    with core.read() as session:
        return list(session.scalars(select(Candidate).order_by(Candidate.id.desc()).limit(SHOWN)))


def of(core: Core, candidate_id: int) -> Candidate | None:
    with core.read() as session:
        return session.get(Candidate, candidate_id)


def in_force(core: Core) -> Candidate | None:
    """The candidate that was promoted and not rolled back; None: the model of the files."""
    with core.read() as session:
        return _in_force(session)


def _in_force(session: Session) -> Candidate | None:
    last = session.scalars(select(InForce).order_by(InForce.id.desc()).limit(1)).first()
    return session.get(Candidate, last.candidate_id) if last is not None and last.candidate_id is not None else None


def history(core: Core) -> list[InForce]:
    """What was in force since when, the newest first."""
    with core.read() as session:
        return list(session.scalars(select(InForce).order_by(InForce.id.desc()).limit(SHOWN)))


def start(core: Core, teacher: Teacher, by: str) -> Candidate:
    """Make the row of a candidate from what waits to be taught; `teacher.begin` or the caller then works on it.

    Raises `NotNow` when there is another, or nothing to teach.
    """
    if undecided(core) is not None:
        raise NotNow("There is a candidate already: promote or drop it first.")
    waiting = [row for row in sentences.proposed(core) if not row.trouble]
    known = teacher.change(sentences.teachable(waiting)).duplicates
    fresh = [each for each in sentences.teachable(waiting) if known.get(each) is None or known[each].intent != each[0]]
    if not fresh:
        raise NotNow("There is nothing new to teach.")
    try:
        with core.write() as session:
            base = _in_force(session)
            taught = [tuple(each) for each in base.sentences] if base is not None else []
            row = Candidate(
                base_id=base.id if base is not None else None,
                state=CandidateState.RUNNING,
                undecided=1,
                sources=teacher.sources(),
                sentences=[list(each) for each in dict.fromkeys([*taught, *fresh])],
                sentence_ids=[each.id for each in waiting],
                step="Getting ready",
                owner=owner.me(),
                beat_at=owner.now(),
                started_by=by,
                started_at=core.now(),
            )
            session.add(row)
            session.flush()
    except IntegrityError:
        raise NotNow("There is a candidate already: promote or drop it first.") from None
    return row


def taught_by(candidate: Candidate | None) -> list[Written]:
    """The sentences that a candidate was trained with beside the files."""
    return [(str(intent), str(text)) for intent, text in candidate.sentences] if candidate is not None else []


def beat(core: Core, candidate_id: int, step: str | None = None, **more: Any) -> bool:
    """Say that somebody works on it, and at what; False when it is nobody's business any more."""
    values = more | ({"step": step[:200]} if step is not None else {})
    with core.write() as session:
        where = update(Candidate).where(Candidate.id == candidate_id, Candidate.state == CandidateState.RUNNING)
        done = session.execute(where.values(beat_at=owner.now(), **values).returning(Candidate.id))
        return done.first() is not None


def finish(core: Core, candidate_id: int, state: CandidateState, *, trouble: str = "", **values: Any) -> bool:
    """End the work on it: it is ready to be decided, or has failed. False when it was ended otherwise meanwhile."""
    undecided_after = 1 if state == CandidateState.READY else None
    with core.write() as session:
        where = update(Candidate).where(Candidate.id == candidate_id, Candidate.state == CandidateState.RUNNING)
        ended = where.values(state=state, undecided=undecided_after, trouble=trouble[:1000], **values)
        return session.execute(ended.returning(Candidate.id)).first() is not None


def compared(core: Core, candidate_id: int, comparison: dict[str, Any], seconds: dict[str, Any]) -> None:
    """Keep a comparison made anew, if the candidate still waits for a decision."""
    with core.write() as session:
        where = update(Candidate).where(Candidate.id == candidate_id, Candidate.state == CandidateState.READY)
        session.execute(where.values(comparison=comparison, seconds=seconds))


def promote(core: Core, teacher: Teacher, candidate_id: int, by: str) -> None:
    """Put a candidate in force: every running Duely then swaps to it. Raises `NotNow`."""
    if teacher.live().fixed:
        raise NotNow(teacher.live().fixed)
    with core.write() as session:
        row = session.get(Candidate, candidate_id, with_for_update=True)
        if row is None or row.state != CandidateState.READY:
            raise NotNow("This candidate is not waiting for a decision.")
        base = _in_force(session)
        if row.base_id != (base.id if base is not None else None):
            raise NotNow("The live model was changed after this candidate was begun: drop it and train again.")
        if row.sources != teacher.sources():
            raise NotNow("The data in the files has changed since it was trained: drop it and train again.")
        row.state, row.undecided = CandidateState.PROMOTED, None
        session.add(InForce(candidate_id=row.id, by=by, at=core.now()))
        _mark(session, row, SentenceState.TAUGHT)


def drop(core: Core, candidate_id: int) -> None:
    """Put a candidate away, also one that is being worked on; its sentences wait on. Raises `NotNow`."""
    with core.write() as session:
        row = session.get(Candidate, candidate_id, with_for_update=True)
        if row is None or row.undecided is None:
            raise NotNow("This candidate is not waiting for a decision.")
        row.state, row.undecided = CandidateState.DROPPED, None


def roll_back(core: Core, teacher: Teacher, by: str) -> Candidate | None:
    """Put in force what was before the candidate that is; its sentences wait again. Raises `NotNow`.

    The candidate that is in force from now on, or None: the model of the files.
    """
    if teacher.live().fixed:
        raise NotNow(teacher.live().fixed)
    with core.write() as session:
        row = _in_force(session)
        if row is None:
            raise NotNow("The live model is the one of the files: there is nothing to roll back.")
        session.add(InForce(candidate_id=row.base_id, by=by, at=core.now(), back=True))
        _mark(session, row, SentenceState.PROPOSED)
        return session.get(Candidate, row.base_id) if row.base_id is not None else None


def _mark(session: Session, row: Candidate, state: SentenceState) -> None:
    mine = update(TaughtSentence).where(TaughtSentence.id.in_(row.sentence_ids))
    session.execute(mine.where(TaughtSentence.state != SentenceState.LEFT_OUT).values(state=state))

"""The tables of teaching: sentences, candidates trained with them, and which of them is in force."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from console.store import Base


class SentenceState(StrEnum):
    PROPOSED = "proposed"
    TAUGHT = "taught"
    LEFT_OUT = "left_out"


class TaughtSentence(Base):
    """One sentence for the training data, as it is written there. `trouble` says why it cannot be taught as it is.

    Nothing of a member is in it: it is made from the words that the product role reads, with made-up values in the
    place of marks. So it may outlive the message it came from, whose id is only a hint.
    """

    __tablename__ = "taught_sentence"

    id: Mapped[int] = mapped_column(primary_key=True)
    intent: Mapped[str] = mapped_column(String(64))
    written: Mapped[str] = mapped_column(String(400))
    trouble: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(10), default=SentenceState.PROPOSED, index=True)
    message_id: Mapped[str | None] = mapped_column(String(32))
    added_by: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime]


class CandidateState(StrEnum):
    """`RUNNING` is being trained or compared; `READY` waits for a decision; the others are past it."""

    RUNNING = "running"
    READY = "ready"
    PROMOTED = "promoted"
    DROPPED = "dropped"
    FAILED = "failed"


class Candidate(Base):
    """A model trained, or being trained, with `sentences` (`[[intent, written], …]`, those of its base among them).

    `undecided` is 1 until it is promoted, dropped or failed and nothing after, and unique: there is one at a time.
    `sources` is the fingerprint of the data it was made from, `model` its file's name. `owner` is the process that
    works on it, `beat_at` when that last said so by the machine's clock: a candidate whose owner has gone has failed.
    """

    __tablename__ = "nlu_candidate"

    id: Mapped[int] = mapped_column(primary_key=True)
    base_id: Mapped[int | None] = mapped_column(ForeignKey("nlu_candidate.id"))
    state: Mapped[str] = mapped_column(String(10))
    undecided: Mapped[int | None] = mapped_column(unique=True)
    sources: Mapped[str] = mapped_column(String(16))
    model: Mapped[str] = mapped_column(String(80), default="")
    sentences: Mapped[list[Any]] = mapped_column(JSON, default=list)
    sentence_ids: Mapped[list[Any]] = mapped_column(JSON, default=list)
    step: Mapped[str] = mapped_column(String(200), default="")
    owner: Mapped[str] = mapped_column(String(120))
    beat_at: Mapped[datetime]
    started_by: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime]
    seconds: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    comparison: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    trouble: Mapped[str] = mapped_column(String(1000), default="")


class InForce(Base):
    """Which candidate is live since when: the last row counts; none, or none in it, is the model of the files."""

    __tablename__ = "nlu_in_force"

    id: Mapped[int] = mapped_column(primary_key=True)
    candidate_id: Mapped[int | None] = mapped_column(ForeignKey("nlu_candidate.id"))
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    back: Mapped[bool] = mapped_column(default=False)

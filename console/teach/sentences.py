"""Sentences to teach: made of what reviewers agreed on or written by hand, with nothing of a member in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_core import Core
from channels.screening import screen
from console.found import topics
from console.reader import AMOUNT, LAST_FOUR, NAME, Reader
from console.teach.store import SentenceState, TaughtSentence
from console.teach.writing import ENTITIES, Marked, marks_of, normalised, spoken, written

# From this confidence on, a right reading teaches nothing new.
SURE_ENOUGH = 0.8
LONGEST = 200
# What stands in the place of a mark: values that belong to nobody, the same for the same sentence.
AMOUNTS = ("$50", "$75", "$120", "$40", "$200", "$85")
MADE_UP = {NAME: "sam", LAST_FOUR: "4242"}
# Words that are marked and have a mark of the reader's among them: `[[amount] dollars](amount)`.
_AROUND_MARK = re.compile(r"\[(?:[^\[\]]*\[[a-z ]+\])+[^\[\]]*\]\([a-z_]+\)")
_DIGITS = re.compile(r"\d(?:[ .,/-]?\d)*")
_NAME_INSIDE = re.compile(r"(?<=[a-z,;] )(?!I\b|I'|AutoPay|Visa|Mastercard|Amex|Discover)[A-Z][a-z]{2,}")
_MONTHS = "january february march april may june july august september october november december"
_DAYS = "monday tuesday wednesday thursday friday saturday sunday english spanish"
_NOT_NAMES = frozenset(f"{_MONTHS} {_DAYS}".split())


class SentenceWrong(ValueError):
    """A sentence that cannot be taught as it is; the message says why, in one sentence."""


def propose(
    session: Session,
    core: Core,
    words: str,
    intent: str,
    marked: Iterable[Marked],
    *,
    by: str,
    message_id: str | None = None,
) -> TaughtSentence:
    """Add a sentence from the words that the product role reads; what is wrong with it is kept beside it."""
    made = made_up(written(words, marked))
    trouble = ""
    try:
        check(made, intent)
    except SentenceWrong as error:
        trouble = str(error)
    row = TaughtSentence(
        intent=intent, written=made[:400], trouble=trouble, state=SentenceState.PROPOSED, message_id=message_id,
        added_by=by, added_at=core.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def add(core: Core, text: str, intent: str, by: str) -> TaughtSentence:
    """Add a sentence written by hand; raises `SentenceWrong`."""
    text = " ".join(text.split())
    check(text, intent)
    with core.write() as session:
        return propose(session, core, text, intent, (), by=by)


def change(core: Core, sentence_id: int, text: str, intent: str) -> TaughtSentence | None:
    """Write a proposed sentence anew; None when it is not there or decided. Raises `SentenceWrong`."""
    text = " ".join(text.split())
    check(text, intent)
    with core.write() as session:
        row = session.get(TaughtSentence, sentence_id)
        if row is None or row.state != SentenceState.PROPOSED:
            return None
        row.written, row.intent, row.trouble = text, intent, ""
        return row


def leave_out(core: Core, sentence_id: int) -> TaughtSentence | None:
    """Take a proposed sentence away; None when it is not there or decided."""
    with core.write() as session:
        row = session.get(TaughtSentence, sentence_id)
        if row is None or row.state != SentenceState.PROPOSED:
            return None
        row.state = SentenceState.LEFT_OUT
        return row


def proposed(core: Core) -> list[TaughtSentence]:
    """What waits to be taught, the oldest first."""
    where = select(TaughtSentence).where(TaughtSentence.state == SentenceState.PROPOSED)
    with core.read() as session:
        return list(session.scalars(where.order_by(TaughtSentence.id)))


def teachable(rows: Sequence[TaughtSentence]) -> list[tuple[str, str]]:
    """(intent, sentence) of those without trouble, each once."""
    found = {(row.intent, normalised(spoken(row.written))): row.written for row in rows if not row.trouble}
    return [(intent, text) for (intent, _), text in found.items()]


def made_up(text: str) -> str:
    """The sentence with made-up values where a mark stands in the place of a member's; an amount is marked as one."""
    amount = AMOUNTS[sum(map(ord, text)) % len(AMOUNTS)]
    text = _AROUND_MARK.sub(lambda found: found[0].replace(AMOUNT, amount), text).replace(AMOUNT, f"[{amount}](amount)")
    for mark, value in MADE_UP.items():
        text = text.replace(mark, value)
    return re.sub(r"\$(\d+)(?= (?:dollars|bucks|d[oó]lares)\b)", r"\1", text)


def check(text: str, intent: str) -> None:
    """Whether a sentence may stand in the training data; raises `SentenceWrong`."""
    if intent not in {each for names in topics().values() for each in names} - {"nlu_fallback"}:
        raise SentenceWrong(f"There is no meaning called {intent}.")
    said = spoken(text)
    if not said.strip() or len(said) > LONGEST:
        raise SentenceWrong(f"A sentence has 1 to {LONGEST} characters.")
    unknown = {each.entity for each in marks_of(text)} - set(ENTITIES)
    if unknown:
        raise SentenceWrong(f"There is no kind of words called {', '.join(sorted(unknown))}.")
    if said.lstrip().startswith("/") or set("[]{}()<>|`\\") & set(said) or any(ord(each) < 32 for each in said):
        left = re.search(r"\[[a-z ]+\]", said)
        if left is not None:
            raise SentenceWrong(f"{left[0]} stands for something of a member's: write the sentence without it.")
        raise SentenceWrong("Marks are written as [words](amount); no other brackets.")
    _nothing_personal(said)


def _nothing_personal(said: str) -> None:
    if screen(said).found:
        raise SentenceWrong("There is a number in it that must not be kept.")
    read = Reader("product").words(said)
    for mark in re.findall(r"\[[a-z ]+\]", read):
        if mark == NAME and re.search(rf"\b{MADE_UP[NAME]}\b", said):
            continue
        if mark == LAST_FOUR and read.count(LAST_FOUR) > said.count(MADE_UP[LAST_FOUR]):
            raise SentenceWrong(f"There are digits of a member's in it: write {MADE_UP[LAST_FOUR]} in their place.")
        if mark not in (AMOUNT, LAST_FOUR):
            raise SentenceWrong(f"There is a {mark[1:-1]} in it: write the sentence without it.")
    long = [each for each in _DIGITS.findall(said) if len(re.sub(r"\D", "", each)) > 6]
    if long:
        raise SentenceWrong("There is a number in it that could be a member's: write the sentence without it.")
    names = [each for each in _NAME_INSIDE.findall(said) if each.lower() not in _NOT_NAMES]
    if names:
        raise SentenceWrong(f"“{names[0]}” may be a name: take it out, or write it in small letters if it is none.")

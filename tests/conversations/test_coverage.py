"""No notice and no refusal without a conversation that brings it about (held without Rasa: the files are only read)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from billing_core import notices
from bot.actions.replies import REPLIES
from gateway.play.format import Conversation, read

HERE = Path(__file__).parent
FILES: list[Conversation] = [read(path) for path in sorted(HERE.rglob("*.yml"))]
SENT = {each.kind for file in FILES for each in file.then.sent or []}
WRITTEN = SENT | {kind for file in FILES for kind in file.then.notices or []}
# What else is said of the lock and in place of the row of an error, beside the rows of REPLIES.
VARIANTS = {
    "utter_autopay_lock_unknown",
    "utter_autopay_locked_after",
    "utter_autopay_locked_after_open",
    "utter_autopay_locked_ask_again",
    "utter_autopay_locked_open",
    "utter_autopay_ending_open",
    "utter_covered_by_scheduled",
    "utter_no_other_method",
    "utter_owes_nothing_unknown",
    "utter_plan_elsewhere",
    "utter_plan_medicare",
    "utter_reinstatement_until",
}
# Sentences that no conversation can bring about today, each with the reason.
NEVER_HEARD = {
    "utter_autopay_locked_ask_again": "every profile takes a change for later (pending_changes_allowed)",
    "utter_nothing_to_refund": "raised for what a person does in the console; a member's wish is answered by refund.py",
    "utter_paper_on_autopay": "the wish for paper is answered with the offer of a copy in its place",
    "utter_refused_by_rule": "raised for what a person does in the console; a member's refund is answered by refund.py",
    "utter_reinstatement_until": "no profile has a verified rule of reinstatement",
}


def _literals() -> dict[str, list[str]]:
    """The words of every English reply between its values."""
    found: dict[str, list[str]] = {}
    for path in (HERE.parents[1] / "bot/replies/en").glob("*.yml"):
        for name, said in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            versions = said if isinstance(said, list) else [said]
            found[name] = [part.casefold() for one in versions for part in re.split(r"\{\w+\}", str(one))]
    return found


def _looked_for() -> set[str]:
    """The replies that some file asks for in words that stand in no other reply."""
    literals = _literals()
    fragments = {one.casefold() for file in FILES for step in file.steps for one in step.bot}
    owners = ([name for name, parts in literals.items() if any(one in part for part in parts)] for one in fragments)
    return {names[0] for names in owners if len(names) == 1}


LOOKED_FOR = _looked_for()
REFUSALS = sorted({row[0] for row in REPLIES.values()} | VARIANTS)


@pytest.mark.parametrize("kind", sorted(notices.kinds()))
def test_every_kind_of_notice_stands_in_a_conversation(kind: str) -> None:
    assert kind in WRITTEN, f"no conversation has {kind} in then.notices or then.sent"


@pytest.mark.parametrize("name", [one for one in REFUSALS if one not in NEVER_HEARD])
def test_every_refusal_is_heard_in_a_conversation(name: str) -> None:
    assert name in LOOKED_FOR, f"no conversation looks for words that stand in {name} alone"


def test_what_is_never_heard_is_a_refusal_that_no_conversation_looks_for() -> None:
    assert set(NEVER_HEARD) <= set(REFUSALS)
    assert not set(NEVER_HEARD) & LOOKED_FOR, "it is heard after all: take it off the list"

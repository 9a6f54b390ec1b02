"""`duely replay`: every refusal a member hears leaves a record that says the same again."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from billing_core import Core, records
from bot.actions import words
from channels.store import Contact, Conversation, Message, Turn
from console import audit
from gateway.cli import app
from gateway.commands import replay
from tests.actions.talking import Member


@pytest.fixture
def core(cast_core: Core) -> Core:
    return cast_core


def told(core: Core, member: Member, text: str, intent: str) -> str:
    """A turn with its rows as the channel writes them; its message's id."""
    turn_id = f"message-{member.conversation_id}"
    said: list[dict[str, Any]] = []
    spoken = member.steps
    for step in spoken.values():
        original = step.speak
        step.speak = lambda turn, original=original: _noted(original(turn), said)  # type: ignore[method-assign]
    reply = member.says(text, intent, turn_id=turn_id)
    now = core.now()
    with core.write() as session:
        session.add(Contact(id="c", channel="sms", address="+1"))
        session.flush()
        session.add(Conversation(id="v", contact_id="c", channel="sms", created_at=now))
        session.flush()
        for number, (direction, body) in enumerate([("in", "x"), ("out", reply)]):
            row = {"id": turn_id} if direction == "in" else {"reply_to": turn_id}
            session.add(
                Message(conversation_id="v", seq=number, direction=direction, channel="sms", text=body, at=now, **row)
            )
        session.flush()
        session.add(Turn(message_id=turn_id, handled_by="rasa", said=said))
    return turn_id


def _noted(pairs: list[Any], said: list[dict[str, Any]]) -> list[Any]:
    said += [reply.noted("en") for _, reply in pairs if reply.response]
    return pairs


REFUSED = [
    ("lee", "pay 900", "pay_partial", "AmountAboveOwed"),
    ("lee", "pay 0", "pay_partial", "AmountNotPositive"),
    ("lee", "pay it on december 3", "pay_bill", "PayDatePast"),
    ("okafor", "pay it on february 15", "pay_bill", "PayDateTooLate"),
    ("lee", "pay with my amex", "pay_bill", "MethodNotFound"),
    ("novak", "pay my bill", "pay_bill", "3.6"),
    ("reyes", "pay my bill", "pay_bill", "2.7"),
    ("brown", "set up autopay", "setup_autopay", "G28"),
    ("nguyen", "set up autopay", "setup_autopay", "AutopayAlreadyOn"),
    ("lee", "cancel autopay", "cancel_autopay", "AutopayNotOn"),
    ("lee", "pay the vision plan", "pay_bill", "PolicyNotFound"),
]


@pytest.mark.parametrize(("key", "text", "intent", "rule"), REFUSED, ids=[row[3] for row in REFUSED])
def test_a_refusal_is_kept_by_its_rule_and_replays_to_the_same_words(
    core: Core, key: str, text: str, intent: str, rule: str
) -> None:
    turn_id = told(core, Member(core, key, level="L3"), text, intent)
    with core.read() as session:
        ids = records.of_turn(session, turn_id)
    kept = [row for row in records.of(core, key) if row.id in ids]
    assert kept[-1].rule == rule
    assert kept[-1].profile_version
    run = CliRunner().invoke(app, ["replay", str(kept[-1].id)])
    assert run.exit_code == 0, run.output
    assert f"refused ({rule})" in run.output
    assert "the same words" in run.output
    assert CliRunner().invoke(app, ["replay", turn_id]).exit_code == 0
    # Both were views of the conversation, whoever was at this machine.
    viewed = [(each.what, each.about, each.details) for each in audit.page(core)[0]]
    assert viewed == [("viewed", "v", {"message": turn_id}), ("viewed", "v", {"decision": kept[-1].id})]


@pytest.mark.parametrize("now", ["No.", "No, {told_only_since} is not."])
def test_words_that_changed_since_are_told_as_other_words(
    core: Core, monkeypatch: pytest.MonkeyPatch, now: str
) -> None:
    turn_id = told(core, Member(core, "lee"), "pay 900", "pay_partial")
    sentences = words.sentences("en") | {"utter_amount_above_owed": now}
    monkeypatch.setattr(words, "sentences", lambda _language: sentences)
    lines, same = replay.of(core, turn_id)
    assert not same
    assert "NOT the words" in lines[-1]


def test_an_id_that_nobody_has_is_said(core: Core) -> None:
    for key in ("99999", "nobody"):
        run = CliRunner().invoke(app, ["replay", key])
        assert run.exit_code == 1
        assert "no decision" in run.output
    assert audit.page(core)[0] == []

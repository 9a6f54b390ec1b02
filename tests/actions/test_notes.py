"""What an action hands the channel beside its words: the memory for the next turn, and the words by name."""

from __future__ import annotations

import ast
import asyncio
import json
from typing import Any

import pytest

from billing_core import Core, offered_words, records
from bot.actions.memory import Memory, Wanted
from bot.actions.webhook import webhook
from channels import keywords
from tests.actions.talking import ROOT


@pytest.fixture
def core(cast_core: Core) -> Core:
    return cast_core


def ask(core: Core, action: str, text: str, intent: str, **metadata: Any) -> list[dict[str, Any]]:
    """The replies of one call as Rasa makes it, through the action server's own route."""
    given = {"account_id": "lee", "level": "L3", "turn_id": "T1", "conversation_id": "conv", **metadata}
    message = {"text": text, "intent": {"name": intent}, "entities": [], "intent_ranking": [], "metadata": given}
    tracker = {"sender_id": "conv", "slots": {}, "latest_message": message, "events": [], "paused": False}
    call = {"next_action": action, "sender_id": "conv", "tracker": tracker, "domain": {}}
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"body": json.dumps(call).encode()}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    asyncio.run(webhook(core)({"type": "http", "path": "/webhook", "method": "POST"}, receive, send))
    assert sent[0]["status"] == 200
    replies: list[dict[str, Any]] = json.loads(sent[1]["body"])["responses"]
    return replies


def test_the_answer_brings_its_words_by_name_with_the_values_they_tell_and_no_others(core: Core) -> None:
    note = ask(core, "action_fees", "is there a fee", "ask_fees")[-1]["custom"]
    assert note["said"] == [{"reply": "utter_no_fee", "values": {}, "language": "en"}]
    note = ask(core, "action_pay", "pay 150", "pay_partial", turn_id="T2")[-1]["custom"]
    (partial, quote) = note["said"]
    assert partial["values"] == {"amount_cents": "$150.00", "left_cents": "$262.10", "due": "January 1"}
    assert set(quote["values"]) == {"amount_cents", "what", "method", "when"}


def test_the_memory_comes_back_and_goes_out_again(core: Core) -> None:
    kept = {"topic": "view_invoice", "next": {"intent": "setup_autopay", "text": "turn on autopay", "marked": {}}}
    note = ask(core, "action_account_summary", "how much", "ask_amount_due", memory=kept)[-1]["custom"]
    assert note["memory"]["topic"] == "ask_amount_due"
    assert note["memory"]["next"]["text"] == "turn on autopay"


def test_words_that_lean_on_the_topic_are_read_though_rasa_was_given_its_intent(core: Core) -> None:
    replies = ask(
        core, "action_account_summary", "/ask_amount_due", "ask_amount_due", account_id="cohen", said="and for dental?"
    )
    assert "$42.50" in replies[0]["text"]


def test_every_decision_of_a_turn_is_found_by_the_turn(core: Core) -> None:
    ask(core, "action_pay", "pay 900", "pay_partial", turn_id="T9")
    with core.read() as session:
        (record,) = records.of_turn(session, "T9")
    assert [row.rule for row in records.of(core, "lee") if row.id == record] == ["AmountAboveOwed"]


def test_a_memory_is_the_same_after_it_was_kept() -> None:
    memory = Memory("pay_bill", Wanted("pay_bill", "pay half", {"amount": ["half"]}, "2026-12-16T10:00:00+00:00"))
    memory.choice = [Wanted("cancel", "x"), Wanted("pay_bill", "x")]
    assert Memory.of(json.loads(json.dumps(memory.plain()))) == memory
    assert Memory.of({}).plain() == {}


def _offered_in_code() -> set[str]:
    """The words of every `{"PAY": "affirm"}` in the core and the actions."""
    found = set()
    for path in [*(ROOT / "billing_core").glob("*.py"), *(ROOT / "bot/actions").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
            for key, value in pairs:
                word = key.value if isinstance(key, ast.Constant) else None
                if isinstance(value, ast.Constant) and value.value in ("affirm", "deny", "cancel", "change"):
                    found.add(str(word))
    return {word for word in found if word.isupper() or word.isdigit()}


def test_every_word_the_code_offers_has_its_spanish_form() -> None:
    offered = _offered_in_code()
    assert {"PAY", "AGREE", "NEXT", "1"} <= offered
    assert offered | {"OFF LATER", "CHANGE LATER"} <= set(offered_words.table())
    assert all("es" in forms for forms in offered_words.table().values())


def test_no_offered_word_in_any_language_is_a_carriers() -> None:
    forms = {form for name in offered_words.table() for form in offered_words.every_form({name: ""})}
    assert len(forms) > 40
    for out in (False, True):
        assert not [form for form in forms if keywords.read(form, opted_out=out)]


def test_no_form_stands_for_two_words_and_each_is_told_in_the_members_language() -> None:
    seen: dict[str, str] = {}
    for name in offered_words.table():
        for form in offered_words.every_form({name: ""}):
            assert seen.setdefault(form, name) == name
            assert offered_words.meant(form) == name
    assert (offered_words.told("PAY", "es"), offered_words.told("PAY", "en")) == ("PAGAR", "PAY")


@pytest.mark.parametrize(("said", "meant"), [("Ayúdame", "HELP ME"), ("pagar", "PAY"), ("¡Siguiente!", "NEXT")])
def test_accents_and_marks_do_not_matter(said: str, meant: str) -> None:
    assert offered_words.meant(said) == meant


def test_pay_with_its_amount_is_taken_in_spanish_too() -> None:
    forms = offered_words.every_form({"PAY $1,318.40": "affirm"})
    assert "pagar 1 318.40" in forms
    assert offered_words.normal("Pagar $1,318.40") in forms

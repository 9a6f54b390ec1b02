"""A member's conversations are deleted when they ask for it: what goes, what stays, and what has to wait."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from billing_core.accounts import AccountNotFound
from billing_core.ledger import Entry
from billing_core.payments import Payment
from billing_core.records import DecisionRecord
from channels import work
from channels.handoff import desk
from channels.handoff.store import Handoff
from channels.marks import Mark
from channels.privacy import kept, requests
from channels.privacy.store import ErasureRequest
from channels.store import Message, Turn
from console import searching
from tests.console.conftest import LEE, RIVERA, Office
from tests.privacy.conftest import texts

KIM = desk.Agent("console:kim", "Kim")


def flush(office: Office) -> None:
    """Send what waits, so that nothing is under way."""
    office.channels.queue.run()  # type: ignore[attr-defined]


def settle(office: Office, *said: tuple[str, str]) -> None:
    for phone, text in said:
        office.says(phone, text, "An answer.")
    flush(office)


def rows(office: Office, table: Any, **where: str) -> int:
    with office.core.read() as session:
        return session.scalar(select(func.count()).select_from(table).filter_by(**where)) or 0


def test_a_members_words_go_and_nobody_elses(office: Office) -> None:
    settle(office, (LEE, "my knee hurts"), (RIVERA, "hola"))
    done = requests.ask(office.core, "lee", "kim")
    assert (done.conversations, done.messages, done.finished_at) == (1, 2, office.core.now())
    assert texts(office) == ["hola", "An answer."]


def test_they_are_found_by_no_word_any_more(office: Office) -> None:
    settle(office, (LEE, "my xylophone"))
    requests.ask(office.core, "lee", "kim")
    with office.core.read() as session:
        hit = searching.found(session, Message.conversation_id, ["xylophone"])
        assert session.scalars(select(Message.id).where(hit)).all() == []


def test_what_was_made_of_the_words_goes_too(office: Office) -> None:
    settle(office, (LEE, "how much do i owe"))
    requests.ask(office.core, "lee", "kim")
    with office.core.read() as session:
        assert session.scalars(select(Turn.intent)).all() == [None]
        assert session.scalars(select(Mark.mark)).all() == []


def test_what_would_go_and_what_stays_is_told_beforehand_and_is_what_happens(office: Office) -> None:
    office.says(LEE, "pay my bill", "Pay $412.10? Reply PAY.", do=office.quote)
    office.says(LEE, "pay", "Paid $412.10.", do=office.pay)
    settle(office, (LEE, "my knee hurts"))
    told = requests.preview(office.core, "lee")
    assert (told.messages, told.kept_words, told.held_back) == (2, 4, ())
    stays = {each.kind.name: each.count for each in told.stays}
    assert stays["payments"] == rows(office, Payment, account_id="lee")
    assert stays["decisions"] == rows(office, DecisionRecord, account_id="lee")
    before = rows(office, Entry), rows(office, Payment), rows(office, DecisionRecord)
    assert requests.ask(office.core, "lee", "kim").messages == told.messages
    assert (rows(office, Entry), rows(office, Payment), rows(office, DecisionRecord)) == before
    assert "my knee hurts" not in texts(office)
    assert "Pay $412.10? Reply PAY." in texts(office)


def test_asking_again_takes_nothing_more_and_is_a_request_of_its_own(office: Office) -> None:
    settle(office, (LEE, "hello"))
    assert requests.ask(office.core, "lee", "kim").messages == 2
    assert requests.ask(office.core, "lee", "kim").messages == 0
    assert rows(office, ErasureRequest) == 2


def test_a_conversation_with_a_person_waits_until_it_is_given_back(office: Office) -> None:
    office.says(LEE, "a person please", "Asking.", handoff="asked for a person")
    flush(office)
    with office.core.read() as session:
        handoff_id = session.scalars(select(Handoff.id)).one()
    desk.take(office.channels, handoff_id, KIM)
    flush(office)
    assert [each.held_back for each in requests.preview(office.core, "lee").goes] == [requests.WITH_PERSON]
    assert requests.ask(office.core, "lee", "ann").finished_at is None
    assert "a person please" in texts(office)
    assert work.look_after_privacy(office.channels) == {}
    desk.release(office.channels, handoff_id, KIM)
    flush(office)
    assert work.look_after_privacy(office.channels)["deletions_finished"] == 1
    assert "a person please" not in texts(office)


def test_what_is_said_after_the_request_stays(office: Office) -> None:
    office.says(LEE, "old words", "Asking.", handoff="asked for a person")
    flush(office)
    requests.ask(office.core, "lee", "ann")
    office.says(LEE, "new words", later=timedelta(minutes=5))
    with office.core.read() as session:
        handoff_id = session.scalars(select(Handoff.id)).one()
    desk.release(office.channels, handoff_id, KIM)
    flush(office)
    work.look_after_privacy(office.channels)
    assert "old words" not in texts(office)
    assert "new words" in texts(office)


def test_a_message_that_is_being_sent_holds_its_conversation_back(office: Office) -> None:
    office.says(LEE, "hello", "A reply on its way.")
    assert [each.held_back for each in requests.preview(office.core, "lee").goes] == [requests.UNDER_WAY]
    assert requests.ask(office.core, "lee", "ann").finished_at is None
    flush(office)
    work.look_after_privacy(office.channels)
    assert texts(office) == []


def test_copies_at_the_carrier_and_in_rasas_memory_go_too(office: Office) -> None:
    settle(office, (LEE, "hello"))
    requests.ask(office.core, "lee", "kim")
    done = work.look_after_privacy(office.channels)
    assert done == {"carrier_forgot": 2, "rasa_forgot": 1}


def test_there_is_nothing_to_delete_of_somebody_unknown(office: Office) -> None:
    with pytest.raises(AccountNotFound):
        requests.preview(office.core, "nobody")


def test_every_kind_that_stays_is_told_with_its_reason_in_the_docs() -> None:
    told = Path("docs/privacy.md").read_text(encoding="utf-8")
    for kind in kept.kinds().values():
        assert f"| {kind.what} | {kind.why} | {kind.how_long} |" in told, kind.name

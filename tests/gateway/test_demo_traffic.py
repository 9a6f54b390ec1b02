"""Demo traffic is the same for a seed, true to the ledger, never where anything real is, and leaves nothing to send."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from billing_core import Core, views
from billing_core.ledger import Posting
from billing_core.notices import Notice
from billing_core.payments import Payment
from channels import tallies
from channels.handoff.store import Handoff
from channels.marks import Mark
from channels.store import Conversation, Message, Turn
from gateway.commands.demo_traffic import NoTraffic, demo_traffic
from gateway.settings import Settings, load
from gateway.traffic import members
from gateway.traffic.playing import play
from gateway.traffic.stories import heard, stories
from tests import traffic

CONFIRMATION = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")


@pytest.fixture
def town(sqlite_core: Core) -> Core:
    traffic.load(sqlite_core)
    return sqlite_core


def said(core: Core) -> list[Any]:
    """All that was said, and when; confirmations are drawn by the core and are others each time."""
    where = select(Message.at, Message.direction, Message.state, Message.text).order_by(
        Message.at, Message.conversation_id, Message.seq
    )
    with core.read() as session:
        rows = [(at, way, state, CONFIRMATION.sub("…", text)) for at, way, state, text in session.execute(where)]
    return sorted(rows)


def test_a_seed_says_all_of_it_and_another_says_something_else(sqlite_core: Core, town: Core) -> None:
    from gateway import database

    def of(seed: int) -> list[Any]:
        database.put_rows(sqlite_core.engine, {})
        play(sqlite_core, traffic.CONFIG, days=5, conversations=5, seed=seed)
        return said(sqlite_core)

    first = of(3)
    assert of(3) == first
    assert of(4) != first


def test_the_postings_sum_to_zero_and_every_account_can_be_shown(town: Core) -> None:
    with town.read() as session:
        assert session.scalar(select(func.sum(Posting.amount_cents))) == 0
        paid = session.scalars(select(Payment).where(Payment.confirmed_by_turn.is_not(None))).all()
    assert len(paid) > 8
    for payment in paid:
        assert views.account(town, payment.account_id)["key"] == payment.account_id
    assert {payment.account_id.split("-")[0] for payment in paid} == {members.KEY}


def test_there_is_something_of_everything_that_the_console_shows(town: Core) -> None:
    with town.read() as session:
        spoken = select(Conversation.channel).where(Conversation.id.in_(select(Mark.conversation_id)))
        kinds = Counter(session.scalars(spoken))
        marks = {mark.split(":")[0] for mark in session.scalars(select(Mark.mark))}
        states = set(session.scalars(select(Payment.state)))
        helped = set(session.scalars(select(Handoff.state)))
        days = set(session.scalars(select(tallies.Day.day)))
        spanish = session.scalar(select(func.count()).where(Mark.mark == "language:es"))
    assert min(kinds["sms"], kinds["web"]) > traffic.CONVERSATIONS // 10
    assert {"misunderstood", "intent", "language"} <= marks
    assert {"settled", "proposed"} <= states
    assert "released" in helped
    assert len(days) > traffic.DAYS // 2
    assert spanish


def test_nothing_is_left_that_would_be_sent(town: Core) -> None:
    with town.read() as session:
        waiting = session.scalars(select(Message.id).where(Message.state.in_(("queued", "sending", "unknown"))))
        assert not waiting.all()
        mine = Notice.account_id.startswith(members.KEY)
        assert not session.scalars(select(Notice.id).where(mine, Notice.outcome.is_(None))).all()


def test_no_conversation_begins_or_goes_on_after_the_present(town: Core) -> None:
    with town.read() as session:
        latest = session.scalar(select(func.max(Message.at)))
    assert latest is not None
    assert latest < town.now()


def test_nobody_is_left_waiting_for_days(town: Core) -> None:
    with town.read() as session:
        waiting = session.scalars(select(Handoff.opened_at).where(Handoff.state == "waiting")).all()
    assert all(town.now() - at < timedelta(days=1) for at in waiting)


def test_turns_have_the_times_of_the_seed_and_not_of_this_machine(town: Core) -> None:
    with town.read() as session:
        times = sorted(float(turn.ms["turn"]) for turn in session.scalars(select(Turn)))
    assert 40 < times[len(times) // 2] < 100


def test_every_text_of_the_stories_is_recorded() -> None:
    texts = {text for story in stories() for text in story.texts() if "{" not in text}
    assert texts == heard().keys()


@pytest.fixture
def settings_with(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    monkeypatch.setenv("DUELY_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    return load


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"environment": "production"}, "DUELY_ENVIRONMENT"),
        ({"twilio_account_sid": "AC1"}, "DUELY_TWILIO_ACCOUNT_SID"),
        ({"twilio_auth_token": "x"}, "DUELY_TWILIO_AUTH_TOKEN"),
        ({"smtp_url": "smtp://mail.example:25"}, "DUELY_SMTP_URL"),
        ({"console_oidc_issuer": "https://i.example", "console_oidc_client_id": "a", "console_oidc_client_secret": "b"},
         "DUELY_CONSOLE_OIDC_ISSUER"),
    ],
)  # fmt: skip
def test_where_anything_real_is_configured_it_is_refused(
    settings_with: Callable[..., Settings], tmp_path: Any, given: dict[str, str], names: str
) -> None:
    with pytest.raises(NoTraffic, match=names):
        demo_traffic(settings_with(**given), print, days=1, conversations=1, seed=1)
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize("many", [0, 5401])
def test_more_members_than_there_are_phone_numbers_are_refused(many: int) -> None:
    with pytest.raises(NoTraffic, match="--conversations must be from 1 to 5400"):
        demo_traffic(load(), print, days=1, conversations=many, seed=1)


def test_it_comes_once_into_a_database(town: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(database_url=town.engine.url.render_as_string(hide_password=False))
    with pytest.raises(NoTraffic, match="already"):
        demo_traffic(settings, print, days=1, conversations=1, seed=1)

"""The numbers are what a person counts by hand, on both databases, and the same after they were made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from billing_core import reversals
from billing_core.accounts import Account
from billing_core.payments import Payment
from channels import links, tallies
from channels.day_counts import CountedDay
from channels.gsm7 import segments
from channels.handoff.store import Handoff
from channels.store import Message
from channels.words import LINK_PLACE
from console.numbers import kept
from console.numbers.asked import Asked
from console.numbers.figure import Figure, definitions
from console.numbers.kept import Counts
from console.numbers.page import COUNTS
from tests import casting
from tests.console.conftest import GARCIA, LEE, RIVERA, SMITH, Office

TODAY = date(2026, 12, 15)
HOUR = timedelta(hours=1)
Count = Callable[..., Figure]


@pytest.fixture
def day(office: Office) -> Office:
    """Four conversations: Lee pays, Garcia is not understood once, Smith is refused, Rivera wants a person."""
    casting.once(office.core, "numbers", lambda: _talk(office))
    return office


def _talk(office: Office) -> None:
    office.says(SMITH, "can i pay with a visa", "Bank accounts only, sorry.", intent="ask_payment_methods_accepted",
                confidence=0.4, ms=90)  # fmt: skip
    office.says(GARCIA, "cuánto debo", "Debe lo de enero.", language="es")
    office.says(GARCIA, "qwer", "No entendí.", intent="nlu_fallback", language="es", actions=("action_misunderstood",))
    office.says(LEE, "pay my bill", "Pay $412.10?", intent="pay_bill", do=office.quote)
    office.says(LEE, "pay", "Paid.", intent="affirm", do=office.pay)
    office.says(RIVERA, "a person please", "x" * 161, intent="request_human", handoff="complaint", ms=2500)


def count(office: Office, name: str, **asked: Any) -> Figure:
    wanted = Asked.read({"since": "2026-12-15", "until": "2026-12-15", **asked}, TODAY)
    with office.core.read() as session:
        return COUNTS[name](Counts(session, wanted))


def rows(figure: Figure) -> list[list[Any]]:
    return [list(row) for row in figure.rows]


def test_every_figure_has_a_definition_and_stands_on_the_page() -> None:
    assert set(COUNTS) == set(definitions())


EXPECTED: dict[str, list[list[Any]]] = {
    "conversations": [[TODAY, 4, 0, 4]],
    "contained": [[TODAY, 75.0, 75.0, None]],
    "funnel": [
        ["Asked to pay, or offered", 1, 100.0, 0],
        ["Payment read back", 1, 100.0, 0],
        ["Confirmed", 1, 100.0, 0],
        ["Settled", 1, 100.0, None],
    ],
    "misunderstood": [[TODAY, 16.7, 1, 6]],
    "handoffs": [[TODAY, 1, None, 1]],
    "undelivered": [],
    "rejected": [],
    "autopay": [[TODAY, 0, 0]],
    "speed": [[TODAY, 50, 8000]],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_figure_is_what_is_counted_by_hand(day: Office, name: str) -> None:
    assert rows(count(day, name)) == EXPECTED[name]


def test_a_topic_is_counted_once_a_conversation_and_shared_with_persons(day: Office) -> None:
    found = {row[0]: row[1:] for row in rows(count(day, "topics"))}
    assert found["A person"] == [1, 0.0]
    assert found["Paying"] == [1, 100.0]
    assert found["What is owed"] == [1, 100.0]


def test_kept_everything_is_counted_the_same_and_what_is_written_late_is_counted_too(day: Office) -> None:
    before = {name: rows(count(day, name)) for name in COUNTS}
    day.core.clock.set(datetime(2026, 12, 17, 12, tzinfo=UTC))
    kept.keep(day.core, TODAY, TODAY)
    with day.core.read() as session:
        assert session.scalars(select(CountedDay.day).where(CountedDay.stands)).all() == [TODAY]
        assert not Counts(session, Asked.read({"since": "2026-12-15", "until": "2026-12-15"}, TODAY))._rows
    assert {name: rows(count(day, name)) for name in COUNTS} == before
    late = day.claimed(LEE, "how much do i owe", at=datetime(2026, 12, 15, 23, tzinfo=UTC))
    day.answered(late, "Here it is.")
    assert rows(count(day, "misunderstood")) == [[TODAY, 14.3, 1, 7]]
    kept.keep(day.core, TODAY, TODAY)
    assert rows(count(day, "misunderstood")) == [[TODAY, 14.3, 1, 7]]


@pytest.mark.parametrize(
    ("now", "last"),
    [
        # Midnight in California is 8 o'clock in UTC; an hour later nobody writes into the day before any more.
        ("2026-12-16T08:59:59", date(2026, 12, 14)),
        ("2026-12-16T09:00:00", date(2026, 12, 15)),
    ],
)
def test_a_day_is_over_an_hour_after_the_last_issuers_midnight(now: str, last: date) -> None:
    assert kept.over(datetime.fromisoformat(now).replace(tzinfo=UTC)) == last


def test_made_again_everything_is_counted_the_same(day: Office) -> None:
    before = {name: rows(count(day, name)) for name in COUNTS}
    tallies.rebuild(day.core, links.places(day.channels.config))
    assert {name: rows(count(day, name)) for name in COUNTS} == before


def test_filters_keep_only_their_conversations(day: Office) -> None:
    assert rows(count(day, "conversations", language="es")) == [[TODAY, 1, 0, 1]]
    assert rows(count(day, "conversations", issuer="ma_connector")) == [[TODAY, 1, 0, 1]]
    assert rows(count(day, "conversations", channel="web")) == [[TODAY, 0, 0, 0]]
    assert rows(count(day, "handoffs", language="es")) == [[TODAY, 0, None, 0]]


def test_a_payment_that_comes_back_is_no_longer_settled_and_is_counted_where_it_failed(day: Office) -> None:
    with day.core.read() as session:
        (payment,) = session.scalars(select(Payment).where(Payment.confirmed_by_turn.is_not(None)))
    reversals.returned(day.core, payment.id, "R01")
    assert rows(count(day, "funnel"))[-1][:2] == ["Settled", 0]
    assert [row[0::2] for row in rows(count(day, "rejected"))] == [["R01", 1, 0.0]]


def test_who_was_helped_first_and_handed_over_later_counts_as_handed_over(day: Office) -> None:
    day.says(LEE, "no, a person", "Asking.", intent="request_human", handoff="complaint")
    assert rows(count(day, "contained"))[0][1] == 50.0


def test_the_wait_ends_when_somebody_takes_it(day: Office) -> None:
    with day.core.write() as session:
        handoff = session.scalars(select(Handoff)).one()
        handoff.taken_at = handoff.opened_at + timedelta(minutes=3)
    assert rows(count(day, "handoffs")) == [[TODAY, 1, 3.0, 0]]


def test_what_the_carrier_lost_is_counted_by_its_error(day: Office) -> None:
    with day.core.write() as session:
        message = session.scalars(select(Message).where(Message.direction == "out")).first()
        assert message is not None
        message.state, message.error_code = "undelivered", "30003"
        sent = len(session.scalars(select(Message).where(Message.direction == "out")).all())
    assert rows(count(day, "undelivered")) == [["30003", 1, round(100 / sent, 1)]]


def test_parts_are_counted_as_the_carrier_bills_them(day: Office) -> None:
    with day.core.read() as session:
        texts = session.scalars(select(Message.text).where(Message.direction == "out")).all()
    assert rows(count(day, "segments"))[0][1:3] == [sum(segments(each) for each in texts), len(texts)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("日" * 70, 1),
        ("日" * 71, 2),
    ],
)
def test_a_text_is_one_part_up_to_its_alphabets_limit_and_more_beyond(text: str, parts: int) -> None:
    assert segments(text) == parts


@pytest.mark.parametrize(
    ("at", "on"),
    [
        ("2026-12-16T04:59:59", date(2026, 12, 15)),
        ("2026-12-16T05:00:00", date(2026, 12, 16)),
        # Clocks go forward on March 14, 2027: midnight is an hour earlier from then on.
        ("2027-03-14T04:59:59", date(2027, 3, 13)),
        ("2027-03-14T05:00:00", date(2027, 3, 14)),
        ("2027-03-15T03:59:59", date(2027, 3, 14)),
        ("2027-03-15T04:00:00", date(2027, 3, 15)),
    ],
)  # fmt: skip
def test_a_strangers_day_ends_at_the_staffs_midnight(at: str, on: date) -> None:
    assert tallies.day_of(datetime.fromisoformat(at).replace(tzinfo=UTC), None) == on


@pytest.mark.parametrize(
    ("at", "on"), [("2026-12-16T07:59:59", date(2026, 12, 15)), ("2026-12-16T08:00:00", date(2026, 12, 16))]
)
def test_a_members_day_ends_at_their_issuers_midnight(office: Office, at: str, on: date) -> None:
    with office.core.write() as session:
        session.get_one(Account, "lee").profile_id = "ca_generic"
    office.core.clock.set(datetime.fromisoformat(at).replace(tzinfo=UTC))
    office.says(LEE, "a person", intent="request_human", handoff="complaint")
    asked = {"since": str(on), "until": str(on)}
    assert rows(count(office, "conversations", **asked)) == [[on, 1, 0, 1]]
    assert rows(count(office, "handoffs", **asked)) == [[on, 1, None, 1]]
    assert rows(count(office, "segments", **asked))[0][0] == on


def test_a_link_counts_with_the_places_it_takes_and_not_as_its_mark(office: Office) -> None:
    around = "x" * (160 - len(LINK_PLACE))
    office.says(LEE, "add a card", f"{around}{LINK_PLACE}")
    longest = links.places(office.channels.config)
    assert longest == len(office.channels.config.url(links.fragment("secret", "0" * 32)))
    assert rows(count(office, "segments"))[0][1] == segments(around + "x" * longest) == 2


def test_what_a_person_was_told_is_no_answer_time_of_the_assistant(office: Office) -> None:
    office.says(LEE, "how much do i owe", ms=40)
    office.says(LEE, "are you there", ms=7000, handled_by="holder")
    office.says(LEE, "hello", ms=7000, handled_by="silence")
    assert rows(count(office, "speed")) == [[TODAY, 50, 50]]


def test_a_conversation_over_midnight_counts_on_both_days(office: Office) -> None:
    office.says(LEE, "how much do i owe", later=timedelta(hours=13, minutes=59))
    office.says(LEE, "and when", later=timedelta(minutes=2))
    assert [row[3] for row in rows(count(office, "conversations", until="2026-12-16"))] == [1, 1]


def test_weeks_begin_on_monday_and_leave_no_day_out(day: Office) -> None:
    asked = Asked.read({"since": "2026-12-08", "until": "2026-12-15", "by": "week"}, TODAY)
    assert asked.periods == [date(2026, 12, 7), date(2026, 12, 14)]
    with day.core.read() as session:
        assert [row[3] for row in COUNTS["conversations"](Counts(session, asked)).rows] == [0, 4]


@pytest.mark.parametrize(
    ("query", "since", "until", "by"),
    [
        ({}, date(2026, 11, 16), TODAY, "day"),
        ({"since": "2026-10-15"}, date(2026, 10, 15), TODAY, "day"),
        ({"since": "2026-10-14"}, date(2026, 10, 14), TODAY, "week"),
        ({"since": "2027-01-01"}, TODAY, TODAY, "day"),
        ({"since": "1999-01-01"}, date(2024, 12, 15), TODAY, "week"),
        ({"since": "nonsense", "until": "0"}, date(2026, 11, 16), TODAY, "day"),
    ],
)
def test_what_is_asked_is_read_from_the_address(query: dict[str, str], since: date, until: date, by: str) -> None:
    asked = Asked.read(query, TODAY)
    assert (asked.since, asked.until, asked.by) == (since, until, by)


def test_the_file_says_what_the_page_says_and_hides_no_formula(day: Office) -> None:
    client = day.person("product")
    page = client.get("/console/numbers?since=2026-12-15&until=2026-12-15")
    assert page.status_code == 200
    assert "Solved without a person" in page.text
    file = client.get("/console/numbers/contained.csv?since=2026-12-15&until=2026-12-15")
    assert file.text.splitlines() == ["From,All (%),Text message (%),Web chat (%)", "2026-12-15,75.0,75.0,"]
    assert client.get("/console/numbers/nothing.csv").status_code == 404
    assert Figure("refused", "", "", [], [("=1+1", 2)]).csv().splitlines()[-1] == "'=1+1,2"

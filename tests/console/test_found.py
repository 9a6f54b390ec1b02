"""Finding conversations: each filter, words, pages that hold still, and the same after everything is made again."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import yaml
from sqlalchemy import select, update

from billing_core import errors, quotes
from channels import marks
from channels.marks import Activity, Mark
from channels.store import Message
from console import found, searching
from console.found import Filters
from gateway.training import ROOT
from tests import casting
from tests.console.conftest import GARCIA, LEE, RIVERA, SMITH, Office

NAMES = {LEE: "lee", RIVERA: "rivera", GARCIA: "garcia", SMITH: "smith"}
HOUR = timedelta(hours=1)


@pytest.fixture
def day(office: Office) -> Office:
    """Four conversations, each with something of its own; the latest is Rivera's."""
    casting.once(office.core, "found", lambda: _talk(office))
    return office


def _talk(office: Office) -> None:
    office.says(SMITH, "can i pay with a visa", "Bank accounts only, sorry.", intent="ask_payment_methods_accepted",
                confidence=0.4, later=HOUR)  # fmt: skip
    office.says(GARCIA, "cuánto debo", "Debe lo de enero.", language="es", later=HOUR)
    office.says(GARCIA, "qwer", "No entendí.", intent="nlu_fallback", confidence=0.61, language="es",
                actions=("action_misunderstood",))  # fmt: skip
    office.says(LEE, "how much do i owe", "You owe $412.10.", do=office.quote, later=HOUR)
    office.says(LEE, "pay", "Paid.", intent="affirm", do=office.pay)
    office.says(
        RIVERA, "a person please", "Asking.", intent="request_human", handoff="complaint", ms=2000.1, later=HOUR
    )


def who(office: Office, **filters: object) -> list[str]:
    with office.core.read() as session:
        rows = found.page(session, Filters(**filters)).rows  # type: ignore[arg-type]
        return [row.account.id for row in rows if row.account is not None]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["rivera", "lee", "garcia", "smith"]),
        ({"channel": "sms"}, ["rivera", "lee", "garcia", "smith"]),
        ({"channel": "web"}, []),
        ({"topic": "Paying"}, ["lee"]),
        ({"topic": "What is owed"}, ["lee", "garcia"]),
        ({"issuer": "ma_connector"}, ["smith"]),
        ({"language": "es"}, ["garcia"]),
        ({"has": ("low_confidence",)}, ["smith"]),
        ({"has": ("misunderstood",)}, ["garcia"]),
        ({"has": ("handed_over",)}, ["rivera"]),
        ({"has": ("waiting", "slow")}, ["rivera"]),
        ({"has": ("paid",)}, ["lee"]),
        ({"has": ("paid", "slow")}, []),
        ({"outcome": "assistant"}, ["lee", "garcia", "smith"]),
        ({"outcome": "person"}, ["rivera"]),
        ({"outcome": "open", "issuer": "nc_seed"}, ["rivera"]),
        ({"since": "2026-12-15", "until": "2026-12-15"}, ["rivera", "lee", "garcia", "smith"]),
        ({"since": "2026-12-16"}, []),
        ({"until": "2026-12-14"}, []),
        ({"q": "cuánto DEBO"}, ["garcia"]),
        ({"q": "412"}, ["lee"]),
        ({"q": "owe how"}, ["lee"]),
        ({"q": "acc"}, ["smith"]),
        ({"q": "bank zebra"}, []),
        ({"q": "\"'*:()&|!"}, ["rivera", "lee", "garcia", "smith"]),
    ],
)  # fmt: skip
def test_each_filter_finds_its_conversations(day: Office, filters: dict[str, object], expected: list[str]) -> None:
    assert who(day, **filters) == expected


def test_a_refusal_is_found_by_its_rule(office: Office) -> None:
    def too_much(message: Message) -> None:
        wish = quotes.Wish(amount_cents=9_999_900)
        with pytest.raises(errors.PaymentRefused):
            quotes.open_payment(
                office.core, account_id="lee", conversation_id=message.conversation_id, turn_id=message.id, wish=wish
            )

    office.says(LEE, "pay 99999", "That is more than you owe.", do=too_much)
    office.says(RIVERA, "hello", intent="greet")
    assert who(office, has=("refused",)) == ["lee"]
    with office.core.read() as session:
        rules = [each for each in session.scalars(select(Mark.mark)) if each.startswith("refused:")]
    assert len(rules) == 1
    assert who(office, rule=rules[0].removeprefix("refused:")) == ["lee"]


def test_a_text_that_was_not_delivered_is_found_once_the_carrier_says_so(day: Office) -> None:
    assert who(day, has=("undelivered",)) == []
    with day.core.write() as session:
        lost = select(Message.id).where(Message.text.contains("412.10"))
        session.execute(update(Message).where(Message.id.in_(lost)).values(state="undelivered"))
    assert who(day, has=("undelivered",)) == ["lee"]


@pytest.mark.parametrize(("ms", "slow"), [(2000.0, False), (2000.1, True)])
def test_slow_begins_above_two_seconds(sqlite_office: Office, ms: float, slow: bool) -> None:
    sqlite_office.says(LEE, "hello", ms=ms)
    assert bool(who(sqlite_office, has=("slow",))) == slow


@pytest.mark.parametrize(("confidence", "unsure"), [(0.6, False), (0.59, True)])
def test_unsure_begins_below_sixty_percent(sqlite_office: Office, confidence: float, unsure: bool) -> None:
    sqlite_office.says(LEE, "hello", confidence=confidence)
    assert bool(who(sqlite_office, has=("low_confidence",))) == unsure


def test_what_is_made_again_is_what_was_written(day: Office) -> None:
    def rows() -> list[tuple[object, ...]]:
        with day.core.read() as session:
            kept = session.execute(select(Mark.conversation_id, Mark.mark).order_by(Mark.conversation_id, Mark.mark))
            spoken = session.execute(
                select(Activity.conversation_id, Activity.last_at).order_by(Activity.conversation_id)
            )
            return [tuple(each) for each in (*kept, *spoken)]

    before = rows()
    assert marks.rebuild(day.core) == len([each for each in before if isinstance(each[1], str)])
    searching.rebuild(day.core)
    assert rows() == before
    assert who(day, q="cuánto") == ["garcia"]


def test_words_that_are_taken_out_of_a_message_are_not_found_any_more(day: Office) -> None:
    with day.core.write() as session:
        session.execute(update(Message).where(Message.text == "a person please").values(text="[card]"))
    assert who(day, q="person please") == []
    assert who(day, q="card") == ["rivera"]


def test_a_card_number_is_not_looked_for() -> None:
    assert searching.words("4111 1111 1111 1111") == ["card"]


def test_pages_hold_still_while_people_write(day: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "PAGE", 2)
    with day.core.read() as session:
        first = found.page(session, Filters())
    day.says(SMITH, "and by phone?", later=HOUR)
    with day.core.read() as session:
        second = found.page(session, Filters(after=first.after))
        again = found.page(session, Filters())
    seen = [row.account.id for page in (first, second) for row in page.rows if row.account]
    # Smith went to the front after the first page was read; nobody is shown twice and nobody between is left out.
    assert seen == ["rivera", "lee", "garcia"]
    assert again.rows[0].account is not None
    assert again.rows[0].account.id == "smith"
    assert second.after == ""


def test_conversations_of_one_moment_are_each_shown_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "PAGE", 1)
    for phone in NAMES:
        office.says(phone, "hello")
    seen, after = [], ""
    for _ in NAMES:
        with office.core.read() as session:
            page = found.page(session, Filters(after=after))
        seen += [row.contact.address for row in page.rows]
        after = page.after
    assert sorted(seen) == sorted(NAMES)


def test_an_address_can_be_shared_and_says_the_same() -> None:
    filters = Filters(q="owe", topic="Paying", has=("paid", "slow"), since="2026-12-01")
    query = parse_qs(filters.address())
    assert Filters.read({name: values[0] for name, values in query.items()}, query["has"]) == filters


@pytest.mark.parametrize(
    "asked", ["since=tomorrow", "after=x~y", "topic=Nothing", "has=everything", "before=1", "q=%3A"]
)
def test_what_cannot_be_read_in_an_address_is_left_out(office: Office, asked: str) -> None:
    office.says(LEE, "hello")
    assert "Jordan Lee" in office.person("support").get(f"/console/conversations?{asked}").text


def test_each_intent_stands_under_one_topic() -> None:
    intents = [each for names in found.topics().values() for each in names]
    known = yaml.safe_load((ROOT / "bot/domain.yml").read_text(encoding="utf-8"))["intents"]
    assert sorted(intents) == sorted(known)


@pytest.mark.parametrize("common", [1, 3_000])
def test_common_and_rare_words_find_the_same(day: Office, monkeypatch: pytest.MonkeyPatch, common: int) -> None:
    monkeypatch.setattr(searching, "COMMON", common)
    assert who(day, q="do") == ["lee"]
    assert who(day, q="pa") == ["lee", "smith"]
    assert who(day, q="owe", has=("paid",)) == ["lee"]

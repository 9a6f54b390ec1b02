"""What if: amounts and dates as they would come, from the functions that do it, and nothing changed by asking."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from billing_core import Clock, Core, billing_day, cast, open_core, pending, store, supposed, views
from billing_core.errors import AccountNotFound, PayDatePast, PlanNotServed
from billing_core.what_if import CancelAutopay, Change, MissNextPayment, MoveAutopay, Pay, Supposed, what_if
from tests import casting
from tests.billing_core.world import CANONICAL, JAN, World

FEB = date(2027, 2, 1)
HALF = Fraction(1, 2)


def follows(answer: Supposed) -> dict[str, tuple[date | None, int | None]]:
    return {item.what: (item.on, item.amount_cents) for item in answer.follows}


def everything(core: Core) -> dict[str, list[Any]]:
    with core.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]
            for table in store.metadata.sorted_tables
        }


def rivera(world: World, **more: Any) -> None:
    world.member(saved=["checking", "visa"], autopay="checking", unpaid=[], **more)


def test_cancelling_today_names_the_bill_to_pay_by_hand(world: World) -> None:
    rivera(world)
    answer = what_if(world.core, "ada", CancelAutopay())
    assert answer.allowed
    assert follows(answer) == {"autopay_ends": (date(2026, 12, 15), None), "pay_by_hand": (JAN, 41210)}


def test_cancelling_inside_the_lock_is_refused_and_what_can_be_saved_is_told(world: World) -> None:
    rivera(world)
    answer = what_if(world.core, "ada", CancelAutopay(), date(2026, 12, 17))
    assert (answer.allowed, answer.rule, answer.until) == (False, "S19", date(2027, 1, 7))
    assert follows(answer) == {
        "locked_from": (date(2026, 12, 17), None),
        "next_draft": (JAN, 41210),
        "saved_end_applies": (date(2027, 1, 7), None),
        "pay_by_hand_from": (FEB, None),
    }


def test_what_was_answered_is_what_then_happens(world: World) -> None:
    rivera(world)
    world.at("2026-12-20T10:00")
    answer = what_if(world.core, "ada", CancelAutopay())
    pending.save(world.core, world.enrollment().id)
    day = date(2026, 12, 20)
    while day < date(2027, 1, 7):
        day += timedelta(days=1)
        world.at(f"{day}T06:00")
        billing_day.run(world.core, day)
    assert answer.until == world.enrollment().ended_on == date(2027, 1, 7)
    assert world.taken_cents() == follows(answer)["next_draft"][1]


@pytest.mark.parametrize(("on", "allowed"), [("2026-12-16", True), ("2026-12-20", False), ("2027-01-07", True)])
def test_changing_the_card_on_a_day_to_come_is_open_or_locked_as_that_day_will_be(
    world: World, on: str, allowed: bool
) -> None:
    rivera(world)
    change = MoveAutopay(world.method("ada", "visa").id)
    answer = what_if(world.core, "ada", change, date.fromisoformat(on))
    assert answer.allowed is allowed
    draft = next(item for item in answer.follows if item.what == "next_draft")
    assert draft.method == ("Visa ending 4242" if allowed else "checking ending 6789")
    assert ("saved_change_applies" in follows(answer)) is not allowed


def test_paying_half_leaves_the_other_half(world: World) -> None:
    world.member()
    answer = what_if(world.core, "ada", Pay(share=HALF))
    assert follows(answer) == {"paid": (date(2026, 12, 15), 20605), "left_to_pay": (JAN, 20605)}


def test_a_payment_on_autopay_lowers_the_draft_by_as_much(world: World) -> None:
    rivera(world)
    answer = what_if(world.core, "ada", Pay(amount_cents=10000), date(2026, 12, 28))
    assert follows(answer)["next_draft"] == (JAN, 31210)


@pytest.mark.parametrize(("cents", "rule"), [(41210, None), (41211, "AmountAboveOwed"), (0, "AmountNotPositive")])
def test_paying_more_than_owed_is_refused_as_in_earnest(world: World, cents: int, rule: str | None) -> None:
    world.member()
    answer = what_if(world.core, "ada", Pay(amount_cents=cents))
    assert (answer.allowed, answer.rule) == (rule is None, rule)


@pytest.mark.parametrize(
    ("credit_cents", "last_day", "name"),
    [(9000, date(2027, 3, 31), "last_day_to_pay"), (0, date(2027, 1, 31), "last_day_to_pay_unverified")],
)
@pytest.mark.parametrize("autopay", [None, "visa"])
def test_missing_the_next_payment_names_the_last_day_and_what_clears_it(
    world: World, credit_cents: int, last_day: date, name: str, autopay: str | None
) -> None:
    world.member(tax_credit_cents=credit_cents, unpaid=[], autopay=autopay)
    owed_cents = 41210 - credit_cents
    answer = follows(what_if(world.core, "ada", MissNextPayment()))
    assert answer["missed"] == (JAN, owed_cents)
    assert answer[name] == (last_day, owed_cents)
    assert ("claims_held_from" in answer) is bool(credit_cents)


def test_missing_the_first_payment_begins_no_coverage(world: World) -> None:
    world.member(binder=True)
    answer = follows(what_if(world.core, "ada", MissNextPayment()))
    assert "coverage_never_begins" in answer or "coverage_ended" in answer


def test_a_payment_without_an_answer_stays_without_one(world: World) -> None:
    world.member()
    world.core.processor.script("timeout")
    world.pay(amount_cents=20000)
    answer = what_if(world.core, "ada", Pay())
    assert (answer.allowed, answer.rule) == (False, "PaymentUnresolved")


def test_what_cannot_be_asked_is_refused(world: World) -> None:
    world.member()
    with pytest.raises(PayDatePast):
        what_if(world.core, "ada", Pay(), date(2026, 12, 14))
    with pytest.raises(AccountNotFound):
        what_if(world.core, "nobody", Pay())
    world.member("casey", plan_type="employer")
    with pytest.raises(PlanNotServed):
        what_if(world.core, "casey", Pay())


CHANGES: list[Change] = [CancelAutopay(), Pay(), Pay(share=HALF), Pay(amount_cents=5000), MissNextPayment()]


def test_asking_changes_no_row_of_anybody(core: Core) -> None:
    casting.load(core)
    before = everything(core)
    for key in sorted(member["key"] for member in cast.MEMBERS if member["key"] != "jones"):
        for change in CHANGES:
            what_if(core, key, change, date(2026, 12, 20))
        assert everything(core) == before, key


@pytest.fixture(scope="module")
def small_core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """A database file that no other test has made large, since all of it is read again and again."""
    core = open_core(f"sqlite:///{tmp_path_factory.mktemp('small')}/small.sqlite", clock=Clock.fixed(CANONICAL))
    store.metadata.create_all(core.engine)
    yield core
    core.engine.dispose()


@settings(max_examples=10, deadline=None)
@given(change=st.sampled_from(CHANGES), days=st.integers(0, 40), autopay=st.booleans())
def test_asking_leaves_the_database_as_it_is_byte_for_byte(
    small_core: Core, change: Change, days: int, autopay: bool
) -> None:
    with small_core.write() as session:
        for table in reversed(store.metadata.sorted_tables):
            session.execute(table.delete())
    world = World(small_core)
    world.member(saved=["checking", "visa"], autopay="checking" if autopay else None)
    before = _bytes(small_core)
    first = what_if(small_core, "ada", change, CANONICAL.date() + timedelta(days=days))
    assert what_if(small_core, "ada", change, CANONICAL.date() + timedelta(days=days)) == first
    assert _bytes(small_core) == before
    assert views.account(small_core, "ada")["as_of"] == "2026-12-15"


def test_nothing_of_the_account_is_left_where_the_answer_was_found(
    sqlite_core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(supposed, "_spare", SimpleQueue())
    World(sqlite_core).member("quartermain")
    with supposed.copy_of(sqlite_core, "quartermain") as (copy, _):
        assert views.account(copy, "quartermain")["name"] == "Quartermain Test"
        assert any(b"Quartermain Test" in path.read_bytes() for path in tmp_path.rglob("*.sqlite*"))
    assert not any(b"Quartermain Test" in path.read_bytes() for path in tmp_path.rglob("*.sqlite*"))


def _bytes(core: Core) -> list[str]:
    path = str(core.engine.url.database)
    return [
        hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in (path, f"{path}-wal") if Path(name).exists()
    ]

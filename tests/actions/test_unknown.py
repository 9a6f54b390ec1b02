"""What an issuer's profile does not know is told as not known, in every reply that would need it (DOMAIN 6)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from billing_core import Core, profiles
from tests.actions.talking import Member
from tests.billing_core.world import CANONICAL, JAN, World

DEC = date(2026, 12, 1)


@pytest.fixture
def world(sqlite_core: Core) -> World:
    sqlite_core.clock.set(CANONICAL)
    return World(sqlite_core)


def member(world: World, profile: str, *, unpaid: tuple[date, ...] = (JAN,), autopay: str | None = None) -> Member:
    world.member(profile=profile, saved=["checking", "visa"], unpaid=unpaid, autopay=autopay)
    return Member(world.core, "ada", level="L3")


def test_when_the_lock_is_unknown(world: World) -> None:
    answer = member(world, "ny_generic", autopay="checking").says("turn off autopay", "cancel_autopay")
    assert "don't know when your New York plan allows" in answer
    assert "the number on your ID card" in answer


@pytest.mark.parametrize(("profile", "known"), [("nc_seed", True), ("ny_generic", False)])
def test_when_the_last_day_of_grace_is_unknown(world: World, profile: str, known: bool) -> None:
    answer = member(world, profile, unpaid=(DEC, JAN)).says("what do i owe", "ask_amount_due")
    assert ("the usual last day is December 31, 2026" in answer) is known
    assert ("I don't know the last day" in answer) is not known


@pytest.mark.parametrize(("profile", "known"), [("nc_seed", True), ("ma_connector", False)])
def test_when_it_is_unknown_how_a_part_is_treated(world: World, profile: str, known: bool) -> None:
    answer = member(world, profile, unpaid=(date(2026, 12, 23),)).says("pay $100 from checking", "pay_partial")
    assert "Reply PAY" in answer
    assert ("I don't know how" in answer) is not known


@pytest.mark.parametrize(("profile", "known"), [("nc_seed", True), ("ny_generic", False)])
def test_when_a_part_in_grace_has_no_known_last_day(world: World, profile: str, known: bool) -> None:
    answer = member(world, profile, unpaid=(DEC,)).says("pay $100 from checking", "pay_partial")
    assert "does not end the grace period" in answer
    assert ("I don't know the last day" in answer) is not known


@pytest.mark.parametrize(("profile", "known"), [("nc_seed", True), ("ny_generic", False)])
def test_when_the_next_due_date_is_unknown(world: World, profile: str, known: bool) -> None:
    speaker = member(world, profile, unpaid=())
    for text, intent in (("what do i owe", "ask_amount_due"), ("pay my bill", "pay_bill")):
        answer = speaker.says(text, intent)
        assert ("I don't know when the next bill is due" in answer) is not known
        assert ("January 1" in answer) is known


def test_a_receipt_promises_no_next_due_date_that_is_unknown(world: World) -> None:
    speaker = member(world, "ny_generic")
    speaker.says("pay from checking", "pay_bill")
    answer = speaker.says("pay")
    assert "You owe nothing now. I don't know when the next bill is due" in answer


@pytest.mark.parametrize(("profile", "known"), [("ma_connector", True), ("ca_generic", False)])
def test_when_it_is_unknown_whether_cards_are_taken(world: World, profile: str, known: bool) -> None:
    speaker = member(world, profile, unpaid=(date(2026, 12, 23),))
    answer = speaker.says("how can i pay", "ask_payment_methods_accepted")
    assert ("I don't know whether your California plan takes credit or debit cards" in answer) is not known
    answer = speaker.says("pay with my visa", "pay_bill", method="visa")
    assert ("I don't know whether" in answer) is not known
    assert world.charges() == []


def test_when_it_is_unknown_whether_autopay_takes_a_bank_account(world: World) -> None:
    answer = member(world, "ca_generic", unpaid=()).says("set up autopay", "setup_autopay")
    assert "I don't know whether your California plan takes checking ending 6789 for this" in answer


@pytest.mark.parametrize("profile", [name for name in profiles.shipped() if name != "ma_connector"])
def test_when_the_fee_is_unknown(world: World, profile: str) -> None:
    answer = member(world, profile, unpaid=()).says("is there a fee", "ask_fees")
    assert ("I don't know whether" in answer) is (profiles.get(profile).convenience_fee_cents is None)


def test_when_the_first_open_day_is_not_known_yet(world: World) -> None:
    speaker = member(world, "bcbsnc_current", unpaid=(), autopay="checking")
    world.core.clock.set(datetime.fromisoformat("2026-12-28T10:00"))
    answer = speaker.says("turn off autopay", "cancel_autopay")
    assert "not before January 2, 2027; I don't know the day yet" in answer
    assert "by December 29" in answer
    assert "I don't know that day yet" in speaker.says("off later")
    assert "I don't know that day yet" in speaker.says("how is autopay", "ask_autopay_status")
    assert "I don't know that day yet" in speaker.says("turn off autopay", "cancel_autopay")


@pytest.mark.parametrize(("allowed", "word"), [(True, True), (False, False)])
def test_where_nothing_is_saved_for_later_no_word_for_it_is_offered(
    world: World, monkeypatch: pytest.MonkeyPatch, allowed: bool, word: bool
) -> None:
    speaker = member(world, "nc_seed", unpaid=(), autopay="checking")
    profile = profiles.get("nc_seed").model_copy(update={"pending_changes_allowed": allowed})
    monkeypatch.setattr(profiles, "get", lambda _id: profile)
    world.core.clock.set(datetime.fromisoformat("2026-12-20T10:00"))
    answer = speaker.says("turn off autopay", "cancel_autopay")
    assert "January 7, 2027" in answer
    assert ("OFF LATER" in answer) is word
    assert bool(world.open_offers()) is word

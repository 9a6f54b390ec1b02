"""How often a method may be tried, on the last attempt allowed and the first refused (3.6, 3.8, G29)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from billing_core import attempts, caps, profiles
from billing_core.caps import Attempt, Tried, may_attempt
from billing_core.decisions import Allowed, Answer, Refused
from billing_core.errors import TriedTooOften
from tests.billing_core.world import JAN, World

NOW = datetime(2027, 1, 20, 15, tzinfo=UTC)
TODAY = date(2027, 1, 20)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NC = profiles.get("nc_seed")


def tried(code: str | None, ago: timedelta, *, automatic: bool = False, due: date = JAN, method: int = 1) -> Tried:
    at = NOW - ago
    return Tried("p", "ada", method, automatic, f"e:{due}" if automatic else "", 100, at, at.date(), at.date(), code)


def ask(
    history: list[Tried], *, brand: str | None = "visa", rail: caps.Rail = "card", due: date | None = None
) -> Answer:
    return may_attempt(Attempt(1, rail, brand, TODAY, due), sorted(history, key=lambda each: each.at), NC, NOW)


def until(answer: Answer) -> tuple[str, date | None]:
    assert isinstance(answer, Refused)
    return answer.rule, answer.until


@pytest.mark.parametrize(("brand", "failed"), [("visa", 20), ("mastercard", 35)])
def test_a_network_allows_as_many_failures_in_30_days_as_it_says_and_not_one_more(brand: str, failed: int) -> None:
    ago = [timedelta(days=2) + number * timedelta(hours=12) for number in range(failed)]
    history = [tried("insufficient_funds", each) for each in ago]
    assert isinstance(ask(history[1:], brand=brand), Allowed)
    rule, day = until(ask(history, brand=brand))
    assert rule == f"{brand}_{failed}_in_30_days"
    room = (NOW - ago[-1] + 30 * DAY).astimezone(ZoneInfo(NC.time_zone)).date()
    assert day == room + DAY


def test_a_failure_counts_until_30_days_are_over_and_not_a_second_longer() -> None:
    recent = [tried("insufficient_funds", 3 * DAY) for _ in range(19)]
    assert not ask([*recent, tried("insufficient_funds", 30 * DAY - timedelta(seconds=1))])
    assert ask([*recent, tried("insufficient_funds", 30 * DAY)])


def test_mastercard_takes_ten_failures_in_24_hours_and_names_the_first_whole_day_after() -> None:
    history = [tried("insufficient_funds", HOUR * (number + 1)) for number in range(10)]
    assert ask(history[1:], brand="mastercard")
    assert until(ask(history, brand="mastercard")) == ("mastercard_10_in_24_hours", date(2027, 1, 22))
    assert ask(history), "Visa has no such window"


def test_visa_counts_what_the_member_tries_apart_from_what_we_try() -> None:
    ours = [tried("insufficient_funds", 5 * DAY, automatic=True, due=date(2026, 12, 1)) for _ in range(20)]
    assert ask(ours)
    assert not ask(ours, due=date(2027, 2, 1))


def test_another_card_of_the_member_is_not_held_to_blame() -> None:
    assert ask([tried("insufficient_funds", DAY, method=2) for _ in range(40)])


@pytest.mark.parametrize(("days", "allowed"), [(29, False), (30, True)])
def test_after_a_code_that_forbids_it_the_same_card_is_left_alone_for_30_days(days: int, allowed: bool) -> None:
    assert bool(ask([tried("security_violation", days * DAY)])) is allowed


@pytest.mark.parametrize(("ago_days", "allowed"), [(0, False), (1, True)])
def test_a_second_automatic_card_attempt_comes_a_day_after_the_first_at_the_earliest(
    ago_days: int, allowed: bool
) -> None:
    answer = ask([tried("insufficient_funds", ago_days * DAY + HOUR, automatic=True)], due=JAN)
    assert bool(answer) is allowed


def test_the_third_comes_three_days_after_the_second_and_a_fourth_never() -> None:
    def after(days: int, count: int) -> Answer:
        history = [tried("insufficient_funds", (days + number) * DAY, automatic=True) for number in range(count)]
        return ask(history, due=JAN)

    assert until(after(2, 2)) == ("G29", date(2027, 1, 21))
    assert after(3, 2)
    assert until(after(3, 3)) == ("G29", None)


@pytest.mark.parametrize(("hours", "allowed"), [(23, False), (24, True)])
def test_no_automatic_card_attempt_is_made_inside_24_hours_of_any_other(hours: int, allowed: bool) -> None:
    assert bool(ask([tried("insufficient_funds", hours * HOUR)], due=JAN)) is allowed
    assert ask([tried("insufficient_funds", hours * HOUR)]), "the member's own try is not automatic"


@pytest.mark.parametrize(
    ("code", "hours", "allowed"), [("MAC 30", 240, True), ("MAC 30", 239, False), ("MAC 24", 24, True)]
)
def test_a_network_that_asks_to_wait_is_heard_by_what_we_try_ourselves(code: str, hours: int, allowed: bool) -> None:
    history = [tried(code, hours * HOUR)]
    assert bool(ask(history, brand="mastercard", due=date(2027, 2, 1))) is allowed
    assert ask(history, brand="mastercard"), "the member may try at once"


def test_a_retry_is_told_for_the_first_day_on_which_the_wait_is_over_at_whatever_hour() -> None:
    history = [tried("MAC 27", HOUR, automatic=True)]
    assert until(ask(history, brand="mastercard", due=JAN)) == ("G29", TODAY + 5 * DAY)


@pytest.mark.parametrize("code", ["expired_card", "stolen_card", "incorrect_cvc", "transaction_not_allowed"])
def test_no_automatic_attempt_follows_a_hard_code_or_one_that_asks_for_a_change(code: str) -> None:
    assert until(ask([tried(code, 10 * DAY, automatic=True)], due=JAN)) in [("G29", None), ("3.8", None)]


@pytest.mark.parametrize(("days", "allowed"), [(4, False), (5, True)])
def test_a_bank_account_is_debited_again_five_days_after_r01(days: int, allowed: bool) -> None:
    history = [tried("R01", days * DAY, automatic=True)]
    assert bool(ask(history, rail="ach", brand=None, due=JAN)) is allowed


def test_the_seed_issuer_debits_a_months_premium_twice_and_no_more() -> None:
    history = [tried("R01", 12 * DAY, automatic=True), tried("R01", 6 * DAY, automatic=True)]
    assert until(ask(history, rail="ach", brand=None, due=JAN)) == ("G29", None)


@pytest.mark.parametrize(("days", "allowed"), [(180, True), (181, False)])
def test_a_debit_is_sent_again_within_180_days_of_the_first_and_not_a_day_later(days: int, allowed: bool) -> None:
    first = TODAY - days * DAY
    history = [tried("R01", days * DAY, automatic=True, due=first)]
    assert bool(ask(history, rail="ach", brand=None, due=first)) is allowed


def test_where_the_issuers_cap_is_unknown_nothing_is_tried_a_second_time_by_itself() -> None:
    profile = profiles.get("ma_connector")
    asked = Attempt(1, "ach", None, TODAY, JAN)
    assert until(may_attempt(asked, [tried("R01", 9 * DAY, automatic=True)], profile, NOW)) == ("unknown", None)
    assert may_attempt(asked, [], profile, NOW)


def test_a_members_own_try_is_held_to_the_networks_cap_and_told_the_first_day(world: World) -> None:
    world.member(saved=["mastercard", "checking"])
    for _ in range(10):
        world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
        world.pay(method="mastercard")
    with pytest.raises(TriedTooOften) as refused:
        world.quote(method="mastercard")
    assert (refused.value.label, refused.value.until) == ("Mastercard ending 5100", date(2026, 12, 17))
    assert world.quote(method="checking").amount_cents == 41210
    world.core.clock.advance(24 * HOUR)
    assert world.pay(method="mastercard").payment.state == "settled"


def test_a_quote_of_before_the_last_try_does_not_get_around_the_cap(world: World) -> None:
    world.member(saved=["mastercard"])
    quote = world.quote(method="mastercard", conversation="other")
    for _ in range(10):
        world.core.processor.script("insufficient_funds")  # type: ignore[attr-defined]
        world.pay(method="mastercard")
    with pytest.raises(TriedTooOften):
        attempts.confirm(world.core, quote.payment_id, world.turn())


def test_every_window_of_the_table_names_its_rule_and_its_sources() -> None:
    rules = [window.rule for windows in caps.table().networks.values() for window in windows]
    assert len(rules) == len(set(rules)) == 3
    assert all(window.hours <= caps.LONGEST / HOUR for windows in caps.table().networks.values() for window in windows)
    assert len(caps.table().sources) >= 4

"""A profile told in plain words: the same dates as the rules give, and nothing invented where nothing is known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from billing_core import lock, profiles
from billing_core.decisions import Allowed, Refused
from billing_core.profiles.explain import UNKNOWN, differing, explain

CANCEL = "Cancel autopay, or move it to another method"


def answers(profile_id: str, on: str) -> dict[str, str]:
    return {told.question: told.answer for told in explain(profiles.get(profile_id), date.fromisoformat(on))}


def test_on_the_first_locked_day_the_lock_and_the_first_open_day_are_named() -> None:
    told = answers("nc_seed", "2026-12-17")
    assert told[CANCEL] == (
        "Locked from December 17, 2026 through January 6, 2027 (S19). The first open day is January 7, 2027."
    )
    assert told["Autopay set up on this day drafts first on"] == "February 1, 2027."


def test_the_day_before_it_is_open_and_the_next_lock_is_named() -> None:
    told = answers("nc_seed", "2026-12-16")
    assert told[CANCEL] == "Open. Locked again from December 17, 2026 through January 6, 2027."
    assert told["Autopay set up on this day drafts first on"] == "January 1, 2027."


def test_until_the_outcome_no_day_is_named() -> None:
    assert answers("bcbsnc_current", "2026-12-27")[CANCEL] == (
        "Locked from December 27, 2026 until it is known how the draft of January 1, 2027 went (G25). "
        "The first open day is not known yet; not before January 2, 2027."
    )


def test_what_a_profile_does_not_know_is_told_so() -> None:
    told = answers("ny_generic", "2026-12-17")
    assert told[CANCEL] == told["The fee for paying"] == told["A part of what is owed"] == UNKNOWN
    assert told["Unpaid without a tax credit, the last day to pay is"] == UNKNOWN
    assert told["Unpaid with a tax credit, the last day to pay is"] == "March 31, 2027."
    assert "the plan's invoice says" in told["The next premium is due"]
    assert (
        "30 days after the notice"
        in answers("ca_generic", "2026-12-17")["Unpaid without a tax credit, the last day to pay is"]
    )


@pytest.mark.parametrize("profile_id", profiles.shipped())
def test_the_words_agree_with_the_rule_on_every_day_of_two_years(profile_id: str) -> None:
    profile = profiles.get(profile_id)
    for step in range(0, 730):
        day = date(2027, 1, 1) + timedelta(days=step)
        answer = lock.may_cancel(profile, day, [])
        told = answers(profile_id, day.isoformat())[CANCEL]
        if isinstance(answer, Allowed):
            assert told.startswith("Open.")
        elif isinstance(answer, Refused) and answer.until is not None:
            assert f"The first open day is {answer.until:%B} {answer.until.day}, {answer.until.year}." in told
        else:
            assert told == UNKNOWN or "not known yet" in told


def test_two_profiles_differ_where_their_answers_do_and_one_does_not_differ_from_itself() -> None:
    on = date(2026, 12, 17)
    seed, current = (explain(profiles.get(name), on) for name in ("nc_seed", "bcbsnc_current"))
    assert CANCEL in differing(seed, current)
    assert "The fee for paying" not in differing(seed, current)
    assert differing(seed, seed) == set()


def test_what_may_be_missing_part_months_payers_and_the_way_back_are_told_or_not_known() -> None:
    seed, york = answers("nc_seed", "2026-12-17"), answers("ny_generic", "2026-12-17")
    short, back = "So little may be missing of a bill without grace", "Coverage that ended may be asked back for"
    assert (seed[short], york[short]) == ("Nothing.", UNKNOWN)
    assert seed[back] == "30 days after the termination notice, through a person. Nobody has verified it."
    assert york[back] == seed["A part of a month is billed"] == UNKNOWN
    assert "tribes" in york["Premium is taken from"]
    assert seed["Premium is not taken from"] == "businesses, an employer's account."


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"threshold_kind": "fixed", "threshold_value": 1000}, "$10.00; it stays owed."),
        ({"threshold_kind": "net_percent", "threshold_value": 95}, "5 percent of the member's part; it stays owed."),
    ],
)
def test_a_threshold_is_told_as_what_may_be_missing(facts: dict[str, object], told: str) -> None:
    profile = profiles.get("nc_seed").model_copy(update=facts)
    answered = {each.question: each.answer for each in explain(profile, date(2026, 12, 17))}
    assert answered["So little may be missing of a bill without grace"] == told

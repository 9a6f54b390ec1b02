"""Coverage back through a person and only when all is paid (2.7); who may pay, and that a payer hears nothing (2.8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing_core import accounts, history, ledger, payers, profiles, records, reinstating, views
from billing_core.decisions import Refused
from billing_core.errors import CoverageEnded, ProfileInvalid, RefusedByRule
from billing_core.profiles.third_parties import REQUIRED_PAYERS
from billing_core.reinstating import Received, Reinstated
from billing_core.termination import end_coverage
from tests.billing_core.test_billing_day import run
from tests.billing_core.test_profiles import SEED
from tests.billing_core.world import JAN, World

NOV, DEC, FEB = date(2026, 11, 1), date(2026, 12, 1), date(2027, 2, 1)
DECIDED = date(2026, 12, 15)


@pytest.fixture(autouse=True)
def whole_ledger(world: World) -> Iterator[None]:
    yield
    assert world.ledger_total_cents() == 0


def with_rule(monkeypatch: pytest.MonkeyPatch, **facts: Any) -> None:
    profile = profiles.get("nc_seed").model_copy(update=facts)
    monkeypatch.setattr(profiles, "get", lambda _: profile)


def ended(world: World, *unpaid: date, autopay: str | None = None) -> None:
    """Coverage ended back to October 31, as decided today, December 15."""
    world.member(unpaid=unpaid or (NOV, DEC, JAN), autopay=autopay)
    with world.core.write() as session:
        account = accounts.hold(session, "ada")
        end_coverage(session, account, date(2026, 10, 31), DECIDED, datetime(2026, 12, 15, 15, tzinfo=UTC))


def give_back(world: World, cents: int | None = None, reference: str = "check 101") -> Reinstated:
    received = None if cents is None else Received(cents, reference)
    return reinstating.reinstate(world.core, "ada", by="kim", reason="paid by check", received=received)


def test_with_all_paid_coverage_is_back_and_the_bills_are_issued_again(world: World) -> None:
    ended(world)
    assert world.owed_cents() == 0
    done = give_back(world, 2 * 41210)
    assert (done.had_ended_on, done.open_cents, done.autopay_on) == (date(2026, 10, 31), 41210, False)
    view = views.account(world.core, "ada")
    assert (view["coverage_ended_on"], view["credit_cents"], view["grace"]) == (None, 0, None)
    assert [(row["due_on"], row["open_cents"]) for row in view["invoices"]] == [("2027-01-01", 41210)]
    with world.core.read() as session:
        assert ledger.balance_cents(session, "ada", ledger.PAID_ELSEWHERE) == 82420


def test_a_cent_short_changes_nothing(world: World) -> None:
    ended(world)
    with pytest.raises(RefusedByRule) as refused:
        give_back(world, 2 * 41210 - 1)
    assert refused.value.refusal.facts == {"short_cents": 1}
    view = views.account(world.core, "ada")
    assert (view["coverage_ended_on"], view["owed_cents"], view["credit_cents"]) == ("2026-10-31", 0, 0)


def test_a_cent_over_goes_to_the_next_bill(world: World) -> None:
    ended(world)
    assert give_back(world, 2 * 41210 + 1).open_cents == 41209


def test_credit_that_was_kept_counts(world: World) -> None:
    world.member(unpaid=[NOV, DEC])
    world.pay()
    with world.core.write() as session:
        account = accounts.hold(session, "ada")
        end_coverage(session, account, date(2026, 10, 31), DECIDED, datetime(2026, 12, 15, 15, tzinfo=UTC))
    assert views.account(world.core, "ada")["credit_cents"] == 82420
    give_back(world)
    assert views.account(world.core, "ada")["credit_cents"] == 0
    assert world.owed_cents() == 0


def test_months_that_were_not_billed_meanwhile_are_billed_and_have_to_be_paid(world: World) -> None:
    ended(world, NOV, DEC)
    world.at("2027-01-10T10:00")
    run(world, "2027-01-10")
    assert [row.coverage_month for row in world.invoices()] == [NOV, DEC], "ended coverage is not billed"
    with pytest.raises(RefusedByRule):
        give_back(world, 2 * 41210)
    give_back(world, 3 * 41210)
    assert [row.coverage_month for row in world.invoices()] == [NOV, DEC, JAN]


def test_autopay_stays_off(world: World) -> None:
    ended(world, autopay="visa")
    give_back(world, 2 * 41210)
    assert world.enrollment().state == "ended"


def test_it_is_kept_who_said_so(world: World) -> None:
    ended(world)
    give_back(world, 2 * 41210)
    facts = records.of(world.core, "ada")[-1].computed["facts"]
    assert (facts["by"], facts["reason"], facts["had_ended_on"]) == ("kim", "paid by check", "2026-10-31")


def test_an_end_an_again_and_an_end_once_more_leave_the_ledger_whole(world: World) -> None:
    ended(world)
    give_back(world, 2 * 41210)
    with world.core.write() as session:
        account = accounts.hold(session, "ada")
        end_coverage(session, account, date(2026, 10, 31), DECIDED, datetime(2026, 12, 16, 15, tzinfo=UTC))
    assert (world.owed_cents(), views.account(world.core, "ada")["credit_cents"]) == (0, 82420)
    give_back(world)
    assert world.owed_cents() == 41210


def test_coverage_that_has_not_ended_cannot_be_given_back(world: World) -> None:
    world.member()
    with pytest.raises(RefusedByRule):
        give_back(world)


@pytest.mark.parametrize(("day", "allowed"), [("2027-01-14", True), ("2027-01-15", False)])
def test_a_verified_window_ends_thirty_days_after_the_notice(
    world: World, monkeypatch: pytest.MonkeyPatch, day: str, allowed: bool
) -> None:
    with_rule(monkeypatch, reinstatement_verified=True)
    ended(world)
    world.at(f"{day}T10:00")
    answer = reinstating.may_reinstate(accounts.get(world.core, "ada"), date.fromisoformat(day))
    assert bool(answer) is allowed
    if allowed:
        give_back(world, 3 * 41210)
        return
    with pytest.raises(RefusedByRule) as refused:
        give_back(world, 3 * 41210)
    assert refused.value.refusal.facts["until"] == date(2027, 1, 14)


def test_a_window_nobody_verified_or_knows_is_a_persons_word(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(world)
    world.at("2027-01-15T10:00")
    assert give_back(world, 3 * 41210).had_ended_on == date(2026, 10, 31)
    with_rule(monkeypatch, reinstatement_days=None)
    world.member("bea", ended_on=date(2026, 10, 31))
    answer = reinstating.may_reinstate(accounts.get(world.core, "bea"), JAN)
    assert isinstance(answer, Refused)
    assert answer.rule == "unknown"


@pytest.mark.parametrize(("verified", "until"), [(True, date(2027, 1, 14)), (False, None)])
def test_a_payment_after_the_end_is_refused_with_the_window_where_it_is_verified(
    world: World, monkeypatch: pytest.MonkeyPatch, verified: bool, until: date | None
) -> None:
    with_rule(monkeypatch, reinstatement_verified=verified)
    ended(world)
    with pytest.raises(CoverageEnded) as refused:
        world.quote()
    assert refused.value.reinstate_until == until


def test_an_unknown_window_cannot_be_verified() -> None:
    text = SEED.replace("reinstatement_verified: false", "reinstatement_verified: true")
    assert profiles.load(text, "mine.yml").reinstatement_verified
    with pytest.raises(ProfileInvalid, match="reinstatement_verified: unknown reinstatement_days"):
        profiles.load(text.replace("reinstatement_days: 30", "reinstatement_days: unknown"), "mine.yml")


@pytest.mark.parametrize("profile_id", profiles.shipped())
@pytest.mark.parametrize("payer", ["member", "authorized_user", *REQUIRED_PAYERS])
def test_no_issuer_refuses_the_member_or_a_payer_that_the_law_names(world: World, profile_id: str, payer: Any) -> None:
    assert payers.may_pay(accounts.Account(profile_id=profile_id), payer)


@pytest.mark.parametrize(
    ("profile_id", "payer", "rule"),
    [
        ("nc_seed", "business", "G30"),
        ("nc_seed", "employer", "G30"),
        ("nc_seed", "charity", "unknown"),
        ("ma_connector", "business", "unknown"),
        ("ca_generic", "family_or_friend", "unknown"),
    ],
)
def test_other_payers_are_the_issuers_policy_and_unknown_stays_unknown(profile_id: str, payer: Any, rule: str) -> None:
    answer = payers.may_pay(accounts.Account(profile_id=profile_id), payer)
    assert isinstance(answer, Refused)
    assert answer.rule == rule


def test_a_payer_hears_nothing_unless_the_member_authorized_them() -> None:
    assert payers.may_hear("member")
    assert payers.may_hear("authorized_user")
    for payer in (*REQUIRED_PAYERS, "employer", "business", "provider", "charity", "family_or_friend"):
        assert not payers.may_hear(payer)  # type: ignore[arg-type]


def test_the_payer_of_a_payment_is_kept_and_a_refused_one_gets_no_quote(world: World) -> None:
    world.member()
    world.pay(amount_cents=100, payer="ryan_white")
    with pytest.raises(RefusedByRule) as refused:
        world.quote(amount_cents=100, payer="business")
    assert refused.value.rule == "G30"
    assert [line.payer for line in history.of(world.core, "ada")] == ["ryan_white"]


def test_a_payer_that_must_be_taken_cannot_be_refused_by_a_profile() -> None:
    for payer in ("tribe", "member"):
        with pytest.raises(ProfileInvalid, match="third_party_policy"):
            profiles.load(SEED.replace("refused: [business,", f"refused: [{payer},"), "mine.yml")

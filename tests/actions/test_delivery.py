"""Paper, paperless and reminders: by consent, by the issuer's rule, and nothing promised that is not done."""

from __future__ import annotations

from datetime import datetime

import pytest

from billing_core import Core, notices, views
from tests.actions.talking import Member
from tests.billing_core.world import CANONICAL, World


def delivery(core: Core, key: str) -> str:
    found: str = views.account(core, key)["delivery"]
    return found


def test_paperless_counts_only_after_the_consent_was_read_and_agreed_to(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L3")
    answer = member.says("go paperless", "request_paperless")
    assert "no longer by post" in answer
    assert "Reply AGREE" in answer
    assert delivery(cast_core, "lee") == "paper"
    assert "come by e-mail from now on" in member.says("agree")
    assert delivery(cast_core, "lee") == "email"


def test_not_agreeing_leaves_the_bills_as_they_are(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L3")
    member.says("go paperless", "request_paperless")
    assert "nothing changes" in member.says("back")
    assert delivery(cast_core, "lee") == "paper"


def test_agreeing_twice_in_one_turn_says_the_same(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L3")
    member.says("go paperless", "request_paperless")
    first = member.says("agree", turn_id="turn-agree")
    assert member.says("agree", turn_id="turn-agree") == first


def test_an_old_consent_is_not_taken_up(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L3")
    member.says("go paperless", "request_paperless")
    cast_core.clock.set(datetime.fromisoformat("2026-12-15T10:31"))
    assert "30 minutes" in member.says("agree")
    assert delivery(cast_core, "lee") == "paper"


def test_paper_comes_back_where_autopay_is_off(cast_core: Core) -> None:
    member = Member(cast_core, "lee", level="L3")
    member.says("go paperless", "request_paperless")
    member.says("agree")
    assert "come by post from now on" in member.says("paper bills", "request_paper_bill")
    assert delivery(cast_core, "lee") == "paper"


def test_on_autopay_paper_is_refused_and_a_copy_offered_which_goes_by_post(cast_core: Core) -> None:
    since = notices.last_id(cast_core)
    member = Member(cast_core, "rivera", level="L3")
    answer = member.says("paper bills", "request_paper_bill")
    assert "While autopay is on, bills come by e-mail only" in answer
    assert "copy of your newest bill" in member.says("agree")
    assert notices.kinds_since(cast_core, "rivera", since) == ["paper_copy"]
    assert delivery(cast_core, "rivera") == "email"


def test_turning_autopay_off_names_the_way_back_to_paper(cast_core: Core) -> None:
    answer = Member(cast_core, "rivera", level="L3").says("turn off autopay", "cancel_autopay")
    assert "Bills keep coming by e-mail" in answer
    assert "Say 'paper bills'" in answer


@pytest.mark.parametrize("intent", ["request_paper_bill", "request_paperless"])
def test_changing_delivery_needs_a_code_within_the_last_minutes(cast_core: Core, intent: str) -> None:
    member = Member(cast_core, "lee", level="L2")
    assert member.says("x", intent) == ""
    assert member.data[0]["step_up"] == {"level": "L3", "purpose": "delivery"}


def test_reminders_are_told_as_the_profile_knows_them(cast_core: Core) -> None:
    answer = Member(cast_core, "lee").says("remind me", "request_notification")
    for part in ("about 19 days before", "5 days before each draft", "10 days before it if the amount changes"):
        assert part in answer
    assert "can't set other reminders" in answer


def test_a_lead_nobody_knows_is_said_to_be_unknown(sqlite_core: Core) -> None:
    sqlite_core.clock.set(CANONICAL)
    World(sqlite_core).member(profile="ny_generic")
    answer = Member(sqlite_core, "ada").says("remind me", "request_notification")
    assert "I don't know how many days before the due date your New York plan sends a bill" in answer
    assert "5 days" not in answer

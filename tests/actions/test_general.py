"""What needs no account: plans, login, contact, language; and what a stranger hears of everything else."""

from __future__ import annotations

from typing import Any

import pytest

from billing_core import Core, profiles
from bot.actions import words
from bot.actions.language import named
from tests.actions.talking import RULES, Member
from tests.billing_core.world import CANONICAL, World

# Whatever is asked, these words would tell a stranger that somebody has an account, or what is on it.
OF_AN_ACCOUNT = ("$412.10", "4242", "January 1", "Jordan", "your account has")


@pytest.mark.parametrize("intent", sorted(RULES))
def test_a_stranger_always_hears_something_and_never_of_an_account(cast_core: Core, intent: str) -> None:
    stranger = Member(cast_core, None, level="L0")
    answer = stranger.says("x", intent)
    signals = {name for data in stranger.data for name in data}
    assert answer or signals & {"opt", "repeat"}
    assert "step_up" not in signals
    assert not [word for word in OF_AN_ACCOUNT if word in answer]


OF_THE_ACCOUNT = [
    "explain_bill", "ask_tax_credit", "ask_payment_history", "ask_billing_account_number", "ask_minimum_payment",
    "ask_missed_payment", "ask_coverage_lapsed", "ask_what_if", "ask_why_locked", "pause_autopay",
    "ask_autopay_min_vs_balance", "report_double_charge", "report_payment_error", "report_billing_issue",
    "dispute_charge", "request_refund", "ask_refund_status",
]  # fmt: skip


@pytest.mark.parametrize("intent", OF_THE_ACCOUNT)
def test_below_l2_the_account_is_not_told_and_a_code_is_asked_for(cast_core: Core, intent: str) -> None:
    member = Member(cast_core, "brown", level="L1")
    assert member.says("x", intent) == ""
    assert member.data[0]["step_up"] == {"level": "L2", "purpose": "account"}


@pytest.mark.parametrize(
    ("intent", "parts"),
    [
        ("login_help", ["https://member.duely.example/billing", "Forgot Password", "never send a password"]),
        ("logout_help", ["https://member.duely.example/billing"]),
        ("create_account", ["sign up at https://member.duely.example/billing"]),
        ("ask_security", ["never ask for card numbers or passwords", "padlock", "public Wi-Fi"]),
        ("ask_marketplace", ["depends on the state", "official site", "Duely Health NC"]),
        ("ask_other_plan", ["benefits office", "Medicare"]),
        ("ask_contact_info", ["1-800-555-0100", "weekdays 8-6 Eastern"]),
        ("bot_challenge", ["payment bot of Duely Health NC, not a person", "HELP ME"]),
        ("small_talk", ["bill"]),
        ("combine_bills", ["one payment for all of them"]),
        ("change_due_date", ["sets the due date", "can't move it"]),
        ("change_autopay_date", ["runs on the due date", "not drafted again"]),
        ("waive_fee", ["no fee"]),
    ],
)
def test_a_general_question_is_answered_for_anybody(cast_core: Core, intent: str, parts: list[str]) -> None:
    for who, level in ((None, "L0"), ("brown", "L1"), ("lee", "L2")):
        answer = Member(cast_core, who, level=level).says("x", intent)
        for part in parts:
            assert part in answer


@pytest.mark.parametrize("who", ["smith", "lee"])
def test_where_to_pay_is_the_members_own_issuer(cast_core: Core, who: str) -> None:
    answer = Member(cast_core, who).says("where do i pay in my state", "ask_marketplace")
    assert ("MA Health Connector" in answer) is (who == "smith")


def test_an_unknown_postal_address_is_said_to_be_unknown_with_what_goes_by_post(cast_core: Core) -> None:
    answer = Member(cast_core, "lee").says("where do i send a check", "ask_mail_payment_address")
    assert "cashier's check, check and money order" in answer
    assert "I don't know the address" in answer


def test_a_known_postal_address_is_told(cast_core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    known = profiles.get("nc_seed").model_copy(update={"mail_address": "PO Box 1, Durham NC 27701"})
    monkeypatch.setattr(profiles, "get", lambda _id: known)
    assert "PO Box 1, Durham" in Member(cast_core, "lee").says("where do i send it", "ask_mail_payment_address")


@pytest.mark.parametrize(("fee_cents", "told"), [(0, "We charge no fee"), (150, "fee of $1.50"), (None, "don't know")])
def test_a_fee_is_waived_nowhere_and_told_as_the_profile_knows_it(
    cast_core: Core, monkeypatch: pytest.MonkeyPatch, fee_cents: int | None, told: str
) -> None:
    known = profiles.get("nc_seed").model_copy(update={"convenience_fee_cents": fee_cents})
    monkeypatch.setattr(profiles, "get", lambda _id: known)
    assert told in Member(cast_core, "lee").says("waive the fee", "waive_fee")


def test_a_complaint_is_met_kindly_and_noted(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    answer = member.says("this is ridiculous", "complain")
    assert "sorry" in answer
    assert "1-800-555-0100" in answer
    assert {"handoff": {"reason": "complaint"}} in member.data


def test_an_opt_out_in_a_text_is_left_to_the_channel_and_in_the_browser_explained(cast_core: Core) -> None:
    texting = Member(cast_core, "lee")
    assert texting.says("no more texts", "opt_out") == ""
    assert {"opt": "out"} in texting.data
    chatting = Member(cast_core, "lee", channel="web")
    assert "Autopay and bills go on" in chatting.says("no more texts", "opt_out")
    assert {"opt": "out"} not in chatting.data


def test_the_last_reply_is_the_channels_to_repeat(cast_core: Core) -> None:
    member = Member(cast_core, "lee")
    assert member.says("say that again", "repeat") == ""
    assert {"repeat": True} in member.data


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("can we do this in spanish", "es"),
        ("español por favor", "es"),
        ("en espanol", "es"),
        ("english please", "en"),
        ("do you speak vietnamese", "vi"),
        ("no hablo ingles", None),
        ("change the language", None),
    ],
)
def test_the_language_asked_for_is_read(text: str, language: str | None) -> None:
    assert named(text) == language


def test_a_language_we_have_is_kept_by_the_channel_and_spoken_at_once(cast_core: Core) -> None:
    for language in words.LANGUAGES:
        member = Member(cast_core, "lee")
        answer = member.says({"en": "in english", "es": "in spanish"}[language], "set_language")
        assert {"language": language} in member.data
        assert answer == words.sentences(language)["utter_language_set"]


@pytest.mark.parametrize(("text", "told"), [("chinese please", "only write in English or Spanish"), ("hm", "español")])
def test_any_other_language_is_said_to_be_missing_or_asked_about(cast_core: Core, text: str, told: str) -> None:
    member = Member(cast_core, "lee")
    assert told in member.says(text, "set_language")
    assert not [data for data in member.data if "language" in data]


@pytest.mark.parametrize(
    ("plan_type", "told"), [("employer", "benefits office"), ("medicare", "Medicare"), ("student", "not billed here")]
)
def test_a_plan_not_served_here_is_sent_to_who_bills_it(sqlite_core: Core, plan_type: str, told: str) -> None:
    sqlite_core.clock.set(CANONICAL)
    World(sqlite_core).member(plan_type=plan_type)
    assert told in Member(sqlite_core, "ada").says("how much do i owe", "ask_amount_due")


NEXT_STEP: dict[str, Any] = {"explain_bill": "lee", "ask_minimum_payment": "lee", "ask_coverage_lapsed": "okafor"}


@pytest.mark.parametrize(("intent", "who"), NEXT_STEP.items())
def test_an_answer_about_money_that_is_owed_ends_with_a_word_that_pays_it(
    cast_core: Core, intent: str, who: str
) -> None:
    member = Member(cast_core, who)
    assert "Reply PAY" in member.says("x", intent)
    assert "Paid" in member.says("pay")


@pytest.mark.parametrize("text", ["zero me out please", "bring me down to zero", "wipe out my balance"])
def test_words_about_the_balance_never_stop_the_texts(cast_core: Core, text: str) -> None:
    member = Member(cast_core, "lee")
    assert "Pay $412.10" in member.says(text, "opt_out")
    assert not [data for data in member.data if "opt" in data]

"""Two close readings of one message: asked about once, by number, and never guessed where it matters."""

from __future__ import annotations

import pytest

from billing_core import Core, views
from tests.actions.talking import Member

CLOSE = (("cancel_autopay", 0.44), ("update_payment_method", 0.40), ("pay_bill", 0.05))


@pytest.fixture
def core(cast_core: Core) -> Core:
    return cast_core


def autopay(core: Core, key: str) -> str:
    return str(views.account(core, key)["autopay"]["status"])


def test_two_close_readings_are_asked_about_by_number(core: Core) -> None:
    member = Member(core, "rivera", level="L3")
    asked = member.says("take my card off autopay", "cancel_autopay", ranking=CLOSE)
    assert asked == ("Which do you mean? 1) turn off autopay 2) change the card or account for autopay. Reply 1 or 2.")
    assert [each["payload"] for each in member.buttons] == ["1", "2"]
    assert autopay(core, "rivera") == "active"


@pytest.mark.parametrize("word", ["1", "1.", "the first one", "first", "number 1", "uno", "el primero"])
def test_the_number_picks_its_reading_in_either_language(core: Core, word: str) -> None:
    member = Member(core, "rivera", level="L3")
    member.says("take my card off autopay", "cancel_autopay", ranking=CLOSE)
    assert "Autopay is off" in member.says(word)
    assert "choice" not in member.memory


def test_the_second_reading_is_done_with_the_words_that_were_said(core: Core) -> None:
    member = Member(core, "patel", level="L3")
    ranking = (("pay_bill", 0.4), ("remove_payment_method", 0.38))
    member.says("take the mastercard", "pay_bill", ranking=ranking)
    assert "Mastercard ending 5100" in member.says("2")


def test_a_choice_can_be_answered_in_words_and_left(core: Core) -> None:
    member = Member(core, "rivera", level="L3")
    member.says("take my card off autopay", "cancel_autopay", ranking=CLOSE)
    assert "Autopay is off" in member.says("turn autopay off", "cancel_autopay", ranking=(("cancel_autopay", 0.9),))
    other = Member(core, "nguyen", level="L3")
    other.says("take my card off autopay", "cancel_autopay", ranking=CLOSE)
    assert "I won't do that" in other.says("no", "deny")
    assert autopay(core, "nguyen") == "active"


def test_a_wrong_answer_is_asked_once_more_and_then_a_person(core: Core) -> None:
    member = Member(core, "rivera", level="L3")
    member.says("take my card off autopay", "cancel_autopay", ranking=CLOSE)
    assert "Which do you mean?" in member.says("blorb", "nlu_fallback")
    assert "asking a person" in member.says("blorb", "nlu_fallback")
    assert autopay(core, "rivera") == "active"


@pytest.mark.parametrize(
    ("ranking", "asks"),
    [
        ((("cancel_autopay", 0.52), ("update_payment_method", 0.32)), True),
        ((("cancel_autopay", 0.53), ("update_payment_method", 0.32)), False),
        ((("cancel_autopay", 0.24), ("update_payment_method", 0.15)), True),
        ((("cancel_autopay", 0.24), ("update_payment_method", 0.149)), False),
        ((("cancel_autopay", 0.45), ("out_of_scope", 0.44)), False),
        ((("cancel_autopay", 0.45), ("goodbye", 0.44)), False),
    ],
)
def test_only_close_and_real_readings_are_asked_about(
    core: Core, ranking: tuple[tuple[str, float], ...], asks: bool
) -> None:
    reply = Member(core, "rivera", level="L3").says("autopay my card", "cancel_autopay", ranking=ranking)
    assert ("Which do you mean?" in reply) is asks


def test_stopping_the_payment_is_not_stopping_autopay(core: Core) -> None:
    member = Member(core, "khan", level="L3")
    member.says("pay my bill", "pay_bill")
    reply = member.says("stop the payment", "cancel_autopay")
    assert "nothing was charged" in reply
    assert "autopay stays as it is" in reply
    assert autopay(core, "khan") == "active"


def test_turning_it_off_is_about_autopay_though_a_payment_is_open(core: Core) -> None:
    member = Member(core, "khan", level="L3")
    member.says("pay my bill", "pay_bill")
    assert "Autopay is off" in member.says("turn it off", "cancel_autopay")


@pytest.mark.parametrize("intent", ["cancel_autopay", "cancel"])
def test_a_scheduled_payment_is_dropped_by_its_word_only_and_the_word_is_told(core: Core, intent: str) -> None:
    member = Member(core, "lee", level="L3")
    member.says("pay it on december 28", "pay_bill")
    member.says("pay")
    assert "To drop the $412.10 payment on December 28, reply DROP IT." in member.says("stop the payment", intent)
    assert "Dropped" in member.says("drop it")


def test_what_was_not_understood_but_is_one_of_two_is_asked_about(core: Core) -> None:
    ranking = (("nlu_fallback", 0.4), ("setup_autopay", 0.35), ("cancel_autopay", 0.3))
    assert "1) turn on autopay 2) turn off autopay" in Member(core, "lee").says(
        "autopay", "nlu_fallback", ranking=ranking
    )


def test_what_the_message_refuses_is_no_reading_of_it(core: Core) -> None:
    member = Member(core, "lee")
    member.says("pay my bill", "pay_bill")
    ranking = (("pay_bill", 0.4), ("cancel", 0.38))
    assert "nothing was charged" in member.says("i don't want to pay now", "pay_bill", ranking=ranking)


@pytest.mark.parametrize(("sure", "says"), [(0.79, "I did not get that"), (0.8, "I only help with premium bills")])
def test_what_is_hardly_about_anything_else_was_not_understood(core: Core, sure: float, says: str) -> None:
    assert says in Member(core, "lee").says("blorb", "out_of_scope", ranking=(("out_of_scope", sure),))

"""Where a message is cut in two, where it is not, and what leans on the answer before; without Rasa."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runtime import wishes

TWO = {
    "pay it and turn on autopay": ["pay it", "turn on autopay"],
    "how much do i owe and when is it due": ["how much do i owe", "when is it due"],
    "cancel autopay and pay half": ["cancel autopay", "pay half"],
    "pay my bill, then set up autopay please": ["pay my bill", "set up autopay please"],
    "My card got declined. Can I pay with another one?": ["My card got declined", "Can I pay with another one?"],
    "pay 1,250.50 and also show my bill": ["pay 1,250.50", "show my bill"],
    "Is there a fee? And can I pay with amex?": ["Is there a fee", "can I pay with amex?"],
    "don't set up autopay and pay half": ["don't set up autopay", "pay half"],
    "pay it and autopay please": ["pay it", "autopay please"],
    "show my bill and don't pay it": ["show my bill", "don't pay it"],
    "pay both and put autopay on the dental": ["pay both", "put autopay on the dental"],
    "quiero pagar y poner pago automatico": ["quiero pagar", "poner pago automatico"],
    "cuánto debo y cuándo vence": ["cuánto debo", "cuándo vence"],
    "yes and turn on autopay": ["yes", "turn on autopay"],
    "turn off autopay, also can you please pay 50": ["turn off autopay", "can you please pay 50"],
}
ONE = [
    "pay visa and mastercard bill", "january and february", "pay january and february", "pay 50 and use my visa",
    "no. make it 75", "pay it. $412.10", "can i pay half and the rest later", "pay half now and half on friday",
    "pay my bill and thanks", "health and dental", "pay the health and the dental", "dr. smith is my doctor",
    "everything and then some", "i paid and autopay took it again", "i made a payment and don't see it",
    "thanks and have a good night", "i closed my checking account and have a new one", "pay $1,250.50",
    "enero y febrero", "la visa y la mastercard", "me and my wife", "and", "", "...",
]  # fmt: skip
LEANS = {
    "and for dental?": "ask_amount_due",
    "what about next month": "ask_amount_due",
    "What about my dental plan?": "ask_amount_due",
    "same for february": "ask_amount_due",
    "and january and february?": "ask_amount_due",
    "how about last month": "ask_amount_due",
    "and when is that?": "ask_amount_due",
    "when's that": "ask_amount_due",
    "and with the mastercard?": "change",
    "what about the other card": "change",
    "and from my checking account instead?": "change",
}
STANDS = [
    "and is there a fee", "what about fees", "when is it due", "and pay it", "how much is dental", "dental",
    "next month", "february", "and turn on autopay for dental", "pay dental", "what about it",
]  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), TWO.items(), ids=list(TWO))
def test_a_message_is_cut_where_another_wish_begins(text: str, parts: list[str]) -> None:
    assert wishes.cut(text) == parts


@pytest.mark.parametrize("text", ONE)
def test_a_list_a_correction_or_an_amount_is_not_cut(text: str) -> None:
    assert len(wishes.cut(text)) <= 1


@given(st.text(max_size=200))
def test_a_cut_invents_and_reorders_nothing(text: str) -> None:
    parts = wishes.cut(text)
    place = 0
    for part in parts:
        assert part
        place = text.index(part, place) + len(part)


@given(st.lists(st.sampled_from(["january", "february", "visa", "mastercard", "health", "dental", "50"]), min_size=1))
def test_a_list_of_things_is_one_wish_however_long(things: list[str]) -> None:
    assert len(wishes.cut("pay " + " and ".join(things))) == 1


def read(*intents: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"text": name, "intent": {"name": name, "confidence": sure}, "entities": []} for name, sure in intents]


def test_two_wishes_are_two_different_ones_each_understood() -> None:
    first, second, more = wishes.pair(read(("pay_bill", 0.9), ("setup_autopay", 0.8))) or ({}, {}, True)
    assert (first["text"], second["text"], more) == ("pay_bill", "setup_autopay", False)


@pytest.mark.parametrize(
    "parts",
    [
        [("pay_bill", 0.9), ("pay_bill", 0.9)],
        [("pay_bill", 0.9), ("nlu_fallback", 0.6)],
        [("pay_bill", 0.9), ("setup_autopay", 0.49)],
        [("greet", 0.9), ("pay_bill", 0.9)],
        [("deny", 0.9), ("pay_bill", 0.9)],
        [("pay_bill", 0.9)],
        [("affirm", 0.9), ("pay_bill", 0.9)],
        [("affirm", 0.9), ("pay_partial", 0.9)],
        [("affirm", 0.9), ("thank", 0.9)],
        [("deny", 0.9), ("pay_partial", 0.9)],
    ],
)
def test_what_is_one_wish_after_all_stays_whole(parts: list[tuple[str, float]]) -> None:
    assert wishes.pair(read(*parts)) is None


def test_a_yes_with_a_wish_behind_it_is_both() -> None:
    first, second, more = wishes.pair(read(("affirm", 0.9), ("setup_autopay", 0.8))) or ({}, {}, True)
    assert (first["text"], second["text"], more) == ("affirm", "setup_autopay", False)


def test_a_third_wish_is_noticed_and_a_courtesy_is_none() -> None:
    three = read(("pay_bill", 0.9), ("setup_autopay", 0.8), ("view_invoice", 0.9))
    assert (wishes.pair(three) or (0, 0, 0))[2] is True
    thanked = read(("pay_bill", 0.9), ("setup_autopay", 0.8), ("thank", 0.9))
    assert (wishes.pair(thanked) or (0, 0, 1))[2] is False


@pytest.mark.parametrize(("text", "intent"), LEANS.items(), ids=list(LEANS))
def test_a_message_that_says_only_what_is_meant_leans_on_the_topic(text: str, intent: str) -> None:
    assert wishes.leaning(text, "ask_amount_due") == intent
    assert wishes.leaning(text, None) is None


@pytest.mark.parametrize("text", STANDS)
def test_a_message_that_says_what_it_wants_stands_by_itself(text: str) -> None:
    assert wishes.leaning(text, "ask_amount_due") is None

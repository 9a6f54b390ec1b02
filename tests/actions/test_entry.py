"""What follows the secure page: the open payment with the new method, autopay's move to it, or nothing at all."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from billing_core import Core, adding, methods, offers
from billing_core.authorization import Said
from billing_core.processors import Entered
from bot.actions import entry
from tests import casting
from tests.actions.talking import Member

_saved = count(1)


def save(core: Core, account: str, what: Entered) -> int:
    with core.write() as session:
        reference = f"link-{next(_saved)}"
        said = Said(reference, "sms", "L3")
        return adding.add(
            core, session, account_id=account, what=what, text="as shown", reference=reference, said=said
        ).method_id


def card(core: Core, account: str, last4: str = "1881") -> int:
    return save(core, account, Entered(f"tok_visa_{last4}", "card", "visa", last4, date(2030, 8, 1)))


def after(member: Member, method_id: int, turn: str = "link-turn") -> str:
    """What is said in the member's conversation when the method is there."""
    said = entry.goes_on(
        member.core,
        account_id=str(member.account_id),
        conversation_id=member.conversation_id,
        turn_id=turn,
        level="L3",
        channel="sms",
        method_id=method_id,
        language=member.language,
    )
    return " ".join(text for text, _ in said if text)


def test_the_open_payment_goes_on_with_the_new_card_and_keeps_its_amount(core: Core) -> None:
    casting.load(core)
    lee = Member(core, "lee")
    assert "$150.00" in lee.says("pay 150", "pay_partial", amount="150")
    said = after(lee, card(core, "lee"))
    assert "Pay $150.00" in said
    assert "Visa ending 1881" in said
    assert "Paid $150.00" in lee.says("PAY")


def test_told_of_twice_the_payment_is_offered_once(core: Core) -> None:
    casting.load(core)
    lee = Member(core, "lee")
    lee.says("pay my bill", "pay_bill")
    method = card(core, "lee")
    assert after(lee, method) == after(lee, method)
    with core.read() as session:
        assert offers.current(session, lee.conversation_id) is not None


def test_with_nothing_on_the_table_what_is_owed_is_offered_softly(core: Core) -> None:
    casting.load(core)
    lee = Member(core, "lee")
    assert after(lee, card(core, "lee")) == "Reply PAY to pay it today with Visa ending 1881."
    assert "Paid $412.10" in lee.says("PAY")


def test_who_owes_nothing_hears_nothing_more(core: Core) -> None:
    casting.load(core)
    rivera = Member(core, "rivera")
    assert after(rivera, card(core, "rivera")) == ""


def test_autopay_whose_card_ends_before_the_draft_is_offered_to_move(core: Core) -> None:
    casting.load(core)
    nguyen = Member(core, "nguyen", level="L3")
    said = after(nguyen, card(core, "nguyen", "4242"))
    assert "Move autopay from Visa ending 1881 to Visa ending 4242" in said
    assert "now uses Visa ending 4242" in nguyen.says("AGREE")


def test_the_same_card_renewed_needs_no_move(core: Core) -> None:
    casting.load(core)
    nguyen = Member(core, "nguyen", level="L3")
    assert after(nguyen, card(core, "nguyen", "1881")) == ""
    assert [row.expires for row in methods.saved(core, "nguyen")] == ["08/2030"]


def signals(member: Member) -> list[Any]:
    return [data["secure_link"] for data in member.data if "secure_link" in data]


def test_the_page_is_asked_for_where_a_method_is_wanted_and_only_there(core: Core) -> None:
    casting.load(core)
    lee, brown = Member(core, "lee"), Member(core, "brown")
    lee.says("i want to add a card", "add_payment_method")
    assert signals(lee) == [{}]
    brown.says("pay my bill", "pay_bill")
    assert signals(brown) == [{"purpose": "add", "resume": True}]
    brown.says("how much do i owe", "ask_amount_due")
    assert signals(brown) == []


def test_who_has_autopay_is_asked_for_the_new_details_of_it(core: Core) -> None:
    casting.load(core)
    nguyen = Member(core, "nguyen")
    nguyen.says("update my card", "update_payment_method")
    (signal,) = signals(nguyen)
    assert signal["purpose"] == "update"
    assert signal["method_id"] == methods.saved(core, "nguyen")[0].id


def test_a_stranger_is_told_where_to_go_and_gets_no_page(core: Core) -> None:
    casting.load(core)
    stranger = Member(core, None, level="L0")
    assert "add a card or bank account" in stranger.says("add a card", "add_payment_method")
    assert signals(stranger) == []

"""What follows when a card or bank account was saved on the secure page: the payment or the autopay that it was for."""

from __future__ import annotations

from billing_core import Core, enrolling, offers, quotes, summary
from billing_core.errors import BillingError
from billing_core.offers import OfferTerms
from billing_core.payments import Payment
from billing_core.quotes import Wish
from billing_core.summary import Summary
from bot.actions import quoting, replies, words
from bot.actions.say import Say, button, say
from bot.actions.turn import Turn


def goes_on(
    core: Core,
    *,
    account_id: str,
    conversation_id: str,
    turn_id: str,
    level: str,
    channel: str,
    method_id: int,
    language: str,
) -> list[tuple[str | None, Say]]:
    """What is said after "Visa ending 1881 is saved.", in the given language; nothing where nothing is open."""
    turn = Turn(
        account_id=account_id,
        conversation_id=conversation_id,
        turn_id=turn_id,
        level=level,
        channel=channel,
        text="",
        intent="",
        marked={},
        exact=True,
        language=language,
    )
    with words.spoken_in(turn.language):
        try:
            said = _next(core, turn, method_id)
        except BillingError as error:
            said = replies.of(core, error, turn)
        return [(reply.text, reply) for reply in said]


def _next(core: Core, turn: Turn, method_id: int) -> list[Say]:
    with core.read() as session:
        offer = offers.current(session, turn.conversation_id)
        open_ = None
        if offer is not None and offer.kind == offers.PAYMENT and offer.expires_at >= core.now():
            open_ = session.get_one(Payment, offer.subject_id)
    view = summary.of(core, turn.account)
    if open_ is not None:
        wished = Wish(
            amount_cents=open_.amount_cents,
            method_id=method_id,
            pay_on=open_.pay_on if open_.pay_on > view.today else None,
            policy_id=open_.policy_id,
        )
        quote = quotes.open_payment(
            core, account_id=turn.account, conversation_id=turn.conversation_id, turn_id=turn.turn_id, wish=wished
        )
        return quoting.read_back(core, quote, turn)
    enrollment = view.autopay.enrollment
    if enrollment is not None and enrollment.method_id != method_id and not view.autopay.method_outlives_draft:
        return _move_autopay(core, turn, view, method_id)
    offered = None
    if view.open and enrollment is None:
        offered = quoting.offer_quietly(core, turn, Wish(method_id=method_id))
    if offered is None:
        return []
    return [say("utter_reply_pay", method=offered.method_label, buttons=quoting.buttons(offered))]


def _move_autopay(core: Core, turn: Turn, view: Summary, method_id: int) -> list[Say]:
    """The card that autopay uses ends before the next draft: ask to move it, or tell the lock with what can be done."""
    enrollment = view.autopay.enrollment
    new = next(row for row in view.methods if row.id == method_id)
    assert enrollment is not None
    if view.autopay.lock is not None:
        enrolling.change_method(
            core,
            account_id=turn.account,
            conversation_id=turn.conversation_id,
            turn_id=turn.turn_id,
            method_id=method_id,
        )
    offers.put(
        core,
        conversation_id=turn.conversation_id,
        account_id=turn.account,
        turn_id=turn.turn_id,
        terms=OfferTerms(offers.METHOD_CHANGE, str(method_id), {"AGREE": "affirm", "BACK": "cancel"}),
    )
    agree = [button("button_agree", "AGREE"), button("button_not_now", "BACK")]
    return [say("utter_offer_method_change", old=enrollment.method.label, new=new.label, buttons=agree)]

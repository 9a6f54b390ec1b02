"""The base of every action: checks who speaks, asks the core in a thread, turns refusals into replies."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from rasa_sdk import Action

from billing_core import Core, offers, quotes
from billing_core.errors import BillingError
from bot.actions import replies, words
from bot.actions.say import Say, button, say
from bot.actions.turn import Turn

# What general answers are about when nobody is known yet.
DEFAULT_PROFILE = "nc_seed"


class Step(Action):
    """One conversation step.

    `needs` is the identity level below which nothing of the account is told: a stranger is shown the way in, a known
    member is asked for a one-time code and this very message is answered after it (`purpose` names it to them).
    """

    action: ClassVar[str]
    needs: ClassVar[str] = "L2"
    purpose: ClassVar[str] = "see your account"
    # What holds for everybody, told to a stranger before they are shown the way in.
    general: ClassVar[str | None] = None
    # Whether an open payment is brought back to mind after this answer (a question asked in the middle of it).
    returns_to_offer: ClassVar[bool] = False

    def __init__(self, core: Core) -> None:
        self.core = core

    def name(self) -> str:
        return self.action

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        turn = Turn.of(tracker)
        for text, reply in await asyncio.to_thread(self.speak, turn):
            dispatcher.utter_message(text=text, buttons=reply.buttons or None, json_message=reply.data)
        return []

    def speak(self, turn: Turn) -> list[tuple[str | None, Say]]:
        """What this step says in this turn, put into words."""
        with words.spoken_in(turn.language):
            return [(reply.text, reply) for reply in self.reply(turn)]

    def reply(self, turn: Turn) -> list[Say]:
        """Everything this step has to say in this turn."""
        stopped = self.stop_for_identity(turn, self.needs)
        if stopped is not None:
            return stopped
        try:
            said = self.answer(turn)
        except BillingError as error:
            said = replies.of(self.core, error, turn)
        return said + (self.back_to_offer(turn) if self.returns_to_offer else [])

    def answer(self, turn: Turn) -> list[Say]:
        """What the step is for; may raise any `BillingError`."""
        raise NotImplementedError

    def stop_for_identity(self, turn: Turn, level: str) -> list[Say] | None:
        """None when the speaker is known well enough, else what to say instead (DESIGN 5)."""
        if level == "L0" or (turn.account_id is not None and turn.at_least(level)):
            return None
        if turn.account_id is None:
            contact = replies.contact(self.core, turn)
            return [say(name, **contact) for name in (self.general, "utter_stranger") if name is not None]
        return [Say(None, data={"step_up": {"level": level, "purpose": self.purpose}})]

    def back_to_offer(self, turn: Turn) -> list[Say]:
        """After a question in the middle of a payment, the payment goes on where it was."""
        with self.core.read() as session:
            offer = offers.current(session, turn.conversation_id)
        ours = offer is not None and offer.opened_by_turn == turn.turn_id
        if offer is None or ours or not offer.firm or offer.expires_at < self.core.now():
            return []
        if offer.kind == offers.PAYMENT:
            quote = quotes.read_back(self.core, offer.subject_id)
            return [
                say(
                    "utter_back_to_payment",
                    amount_cents=quote.amount_cents,
                    method=quote.method_label,
                    buttons=[button("Pay", "PAY"), button("Change", "CHANGE"), button("Not now", "BACK")],
                )
            ]
        if offer.kind == offers.AUTOPAY:
            return [say("utter_back_to_autopay", buttons=[button("Agree", "AGREE"), button("Not now", "BACK")])]
        return []

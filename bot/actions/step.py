"""The base of every action: checks who speaks, asks the core in a thread, turns refusals into replies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar

from rasa_sdk import Action

from billing_core import Core, offers, quotes, records
from billing_core.errors import BillingError
from bot.actions import choices, follow_ups, quoting, reading, replies, wishes, words
from bot.actions.rules import action_of
from bot.actions.say import Say, button, say
from bot.actions.turn import Turn

# What general answers are about when nobody is known yet.
DEFAULT_PROFILE = "nc_seed"


class Step(Action):
    """One conversation step.

    `needs` is the identity level below which nothing of the account is told: a stranger is shown the way in, a known
    member is asked for a one-time code and this very message is answered after it (`purpose`: what the code is for, by
    its name in the channels' words).
    """

    action: ClassVar[str]
    needs: ClassVar[str] = "L2"
    purpose: ClassVar[str] = "account"
    # What holds for everybody, told to a stranger before they are shown the way in.
    general: ClassVar[str | None] = None
    # Whether an open payment is brought back to mind after this answer (a question asked in the middle of it).
    returns_to_offer: ClassVar[bool] = False
    # Whether it moves money or changes the account: of such, one is done at a time.
    changes: ClassVar[bool] = False
    # Whether a short message after it ("and for dental?") asks the same about something else.
    topic: ClassVar[bool] = False
    # The verbs of what it does, and the offer it makes: "don't set up autopay" does not, and leaves what is open of it.
    act: ClassVar[str] = ""
    offer_kind: ClassVar[str] = ""

    def __init__(self, core: Core) -> None:
        self.core = core

    def name(self) -> str:
        return self.action

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        turn = Turn.of(tracker)
        self.tell(dispatcher, turn, await asyncio.to_thread(self.speak, turn))
        return []

    def tell(self, dispatcher: Any, turn: Turn, said: list[tuple[str | None, Say]]) -> None:
        """Hand what was said to Rasa's dispatcher, as the channel reads it."""
        for text, reply in said:
            dispatcher.utter_message(text=text, buttons=reply.buttons or None, json_message=reply.data)
        # Kept by the channel: what the next turn needs, and from what these words can be made again.
        noted = [reply.noted(turn.language) for _, reply in said if reply.response is not None]
        dispatcher.utter_message(json_message={"memory": turn.memory.plain(), "said": noted})

    def speak(self, turn: Turn) -> list[tuple[str | None, Say]]:
        """What is said in this turn, by this step and that of a second wish, put into words."""
        with words.spoken_in(turn.language), records.during(turn.turn_id):
            said = wishes.answered(self, turn)
            if not any("repeat" in (each.data or {}) for each in said):
                turn.memory.payment_named = any(each["payload"] == "PAY" for reply in said for each in reply.buttons)
            return [(reply.text, reply) for reply in said]

    def reply(self, turn: Turn) -> list[Say]:
        """Everything this step has to say in this turn."""
        doubt = choices.between(self, turn) if self.changes else None
        if doubt is not None:
            return doubt
        if self.refused(turn):
            return self.leave_it(turn)
        stopped = self.stop_for_identity(turn, self.needs)
        if stopped is not None:
            return stopped
        turn.memory.topic = turn.intent if self.topic else turn.memory.topic
        follow_ups.note(turn)
        try:
            said = self.answer(turn)
        except BillingError as error:
            follow_ups.note(turn, error)
            if turn.account_id is not None:
                records.refused(self.core, turn.account_id, error)
            # What was open before still is, and is brought back to mind.
            said = replies.of(self.core, error, turn) + replies.way_on(error)
            return said + self.back_to_offer(turn)
        # An answer that reads the open payment back has asked already.
        asks = any(each["payload"] == "PAY" for reply in said for each in reply.buttons)
        return said + (self.back_to_offer(turn) if self.returns_to_offer and not asks else [])

    @property
    def settles(self) -> bool:
        """Whether after it a second wish may come up: it did something, or answered what was open."""
        return self.changes

    def can_correct(self, turn: Turn) -> bool:
        """Whether it corrects what is open with what this message names."""
        return False

    def other(self, intent: str) -> Step | None:
        """The step that answers an intent, for the same core; None for an intent without a rule."""
        action = action_of().get(intent)
        kind = next((each for each in _kinds(Step) if vars(each).get("action") == action), None)
        return kind(self.core) if action is not None and kind is not None else None

    def hears(self, turn: Turn) -> bool:
        """Whether a message is for this step, whatever it was taken for. Asked of every step, of every message."""
        return False

    def hearer(self, turn: Turn) -> Step | None:
        """The step that hears this message by its words, for the same core; None for nearly every message."""
        hearing = (kind(self.core) for kind in _kinds(Step) if "hears" in vars(kind))
        return next((step for step in hearing if step.hears(turn)), None)

    def tells_too(self, turn: Turn, said: str) -> bool:
        """Whether this step's own answer tells what the second half of the message asks ("... and how much")."""
        return False

    def refused(self, turn: Turn) -> bool:
        """Whether the member says not to do what this step does."""
        return bool(self.act) and not turn.exact and reading.refuses(turn.text, self.act)

    def leave_it(self, turn: Turn) -> list[Say]:
        """Nothing is done; an open offer of just this is left, any other goes on."""
        deny = self.other("deny")
        if (
            deny is not None
            and self.offer_kind
            and offers.kind_at_hand(self.core, turn.conversation_id) == self.offer_kind
        ):
            return deny.reply(turn)
        return [say("utter_not_done"), *self.back_to_offer(turn)]

    def answer(self, turn: Turn) -> list[Say]:
        """What the step is for; may raise any `BillingError`."""
        raise NotImplementedError

    def stop_for_identity(self, turn: Turn, level: str) -> list[Say] | None:
        """None when the speaker is known well enough, else what to say instead (DESIGN 5)."""
        if level == "L0" or (turn.account_id is not None and turn.at_least(level)):
            return None
        if turn.account_id is None:
            contact = replies.contact(self.core, turn)
            told = [say(self.general, **contact)] if self.general is not None else []
            return [*told, say("utter_stranger", data={"find": {"level": level, "purpose": self.purpose}}, **contact)]
        return [Say(None, data={"step_up": {"level": level, "purpose": self.purpose}})]

    def back_to_offer(self, turn: Turn) -> list[Say]:
        """After a question in the middle of a payment, the payment goes on where it was."""
        with self.core.read() as session:
            offer = offers.current(session, turn.conversation_id)
        ours = offer is not None and offer.opened_by_turn.partition(":")[0] == turn.turn_id.partition(":")[0]
        if offer is None or ours or turn.quiet or not offer.firm or offer.expires_at < self.core.now():
            return []
        if offer.kind == offers.PAYMENT:
            quote = quotes.read_back(self.core, offer.subject_id)
            return [
                say(
                    "utter_back_to_payment",
                    amount_cents=quote.amount_cents,
                    method=quote.method_label,
                    when=f" {quoting.when(quote)}" if quote.pay_on > quote.today else "",
                    buttons=[
                        button("button_pay_now", "PAY"),
                        button("button_change", "CHANGE"),
                        button("button_not_now", "BACK"),
                    ],
                )
            ]
        if offer.kind == offers.AUTOPAY:
            return [
                say(
                    "utter_back_to_autopay", buttons=[button("button_agree", "AGREE"), button("button_not_now", "BACK")]
                )
            ]
        return []


def _kinds(base: type[Step]) -> Iterator[type[Step]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)

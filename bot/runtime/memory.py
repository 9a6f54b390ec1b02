"""A tracker store that forgets: Rasa remembers only the last few turns, and only of the conversations still going on.

Everything that must last (quotes, offers, the transcript) lives in the billing core and the channels' tables. Rasa
re-reads and re-sends a conversation's whole history on every turn, so what it does not need, each later turn pays for.
"""

from collections import OrderedDict
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.runtime import turn as turns

TURNS = 6
CONVERSATIONS = 5000


class ShortMemory(InMemoryTrackerStore):
    """Keeps at most TURNS member messages of a conversation and at most CONVERSATIONS conversations.

    A conversation that is full begins anew, as after Rasa's own session timeout, unless a form is asking its
    questions: that one is kept until the form is done. The conversation quiet for longest is dropped first.
    """

    def __init__(self, domain: Domain | None, event_broker: EventBroker | None = None, **kwargs: Any) -> None:
        super().__init__(domain, event_broker)
        self.store = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps the conversation, or forgets it when it is full, or when this turn failed half-way: what Rasa then
        believes to have happened did not, and it would go on from there."""
        turn = turns.current()
        said = sum(isinstance(event, UserUttered) for event in tracker.events)
        if (turn is not None and turn.failed) or (said >= TURNS and not tracker.active_loop_name):
            self.store.pop(tracker.sender_id, None)
            return
        await super().save(tracker)
        self.store.move_to_end(tracker.sender_id)
        while len(self.store) > CONVERSATIONS:
            self.store.popitem(last=False)

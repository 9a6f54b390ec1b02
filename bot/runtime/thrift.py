"""What Rasa's training does that ours has no use for; together two fifths of its processor time."""

from typing import Any

from rasa.engine.training.hooks import TrainingHook
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message


def train_thriftily() -> None:
    """Changes Rasa for the life of this process, which trains one model and ends.

    - No fingerprints of what goes in and out of every part: they are for a cache that has no room (the gateway sets
      RASA_MAX_CACHE_SIZE=0) and is never asked (`force_training`).
    - No copies of the sentences when training data are put together, which Rasa does ten times. Nothing here uses the
      pieces again.
    - A sentence is told apart by its text and intent, as tests/nlu holds them apart, in place of a digest of its JSON.
    """
    TrainingHook.on_before_node = lambda *_, **__: {}
    TrainingHook.on_after_node = lambda *_, **__: None
    Message.__deepcopy__ = lambda self, _memo: self
    digest = Message.__hash__

    def told_apart(self: Message) -> Any:
        text, intent = self.get(TEXT), self.get(INTENT)
        return hash((text, intent)) if text and intent else digest(self)

    Message.__hash__ = told_apart

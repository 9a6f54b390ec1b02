"""What each conversation step asks the billing core: thin, async, one file a topic. `webhook` serves them to Rasa."""

from bot.actions.webhook import STEPS, webhook

__all__ = ["STEPS", "webhook"]

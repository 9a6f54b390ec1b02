"""Talks to the actions as Rasa would, with the intent given: rules from bot/data/rules, words from bot/replies."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import yaml

from billing_core import Core, offers
from bot.actions.step import Step
from bot.actions.turn import Turn
from bot.actions.webhook import STEPS

ROOT = Path(__file__).parents[2]
RULES: dict[str, str] = {
    rule["steps"][0]["intent"]: rule["steps"][1]["action"]
    for path in (ROOT / "bot/data/rules").glob("*.yml")
    for rule in yaml.safe_load(path.read_text())["rules"]
    if "intent" in rule["steps"][0]
}
_turns = count(1)


class Member:
    """One member in one conversation."""

    def __init__(
        self, core: Core, account_id: str | None, level: str = "L2", channel: str = "sms", language: str = "en"
    ) -> None:
        self.core = core
        self.account_id = account_id
        self.level = level
        self.channel = channel
        self.language = language
        self.conversation_id = f"talk-{next(_turns)}"
        self.steps: dict[str, Step] = {kind.action: kind(core) for kind in STEPS}
        self.data: list[dict[str, Any]] = []

    def says(self, text: str, intent: str | None = None, turn_id: str | None = None, **marked: str) -> str:
        """The reply to `text`; without an intent it must be an offered word, as the gateway would find it."""
        exact = None
        turn_id = turn_id or f"turn-{next(_turns)}"
        if intent is None:
            intent = exact = offers.spoken(self.core, self.conversation_id, text, turn_id)
            assert intent is not None, f"{text!r} was not offered"
        turn = Turn(
            account_id=self.account_id,
            conversation_id=self.conversation_id,
            turn_id=turn_id,
            level=self.level,
            channel=self.channel,
            text="" if exact else text,
            intent=intent,
            marked={name: [value] for name, value in marked.items()},
            exact=exact is not None,
            language=self.language,
        )
        said = self.steps[RULES[intent]].speak(turn)
        self.data = [reply.data for _, reply in said if reply.data]
        return " ".join(text for text, _ in said if text)

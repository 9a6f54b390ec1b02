"""Talks to the actions as Rasa would, with the intent given: rules from bot/data/rules, words from bot/domain.yml."""

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
RESPONSES: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "bot/domain.yml").read_text())["responses"]
RULES: dict[str, str] = {
    rule["steps"][0]["intent"]: rule["steps"][1]["action"]
    for path in (ROOT / "bot/data/rules").glob("*.yml")
    for rule in yaml.safe_load(path.read_text())["rules"]
    if "intent" in rule["steps"][0]
}
_turns = count(1)


class Member:
    """One member in one conversation."""

    def __init__(self, core: Core, account_id: str | None, level: str = "L2", channel: str = "sms") -> None:
        self.core = core
        self.account_id = account_id
        self.level = level
        self.channel = channel
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
        )
        said = self.steps[RULES[intent]].reply(turn)
        self.data = [reply.data for reply in said if reply.data]
        return " ".join(render(reply.response, reply.values) for reply in said if reply.response)


def render(response: str, values: dict[str, str]) -> str:
    """The response as Rasa renders it; a missing value is an error."""
    return str(RESPONSES[response][0]["text"]).format(**values)

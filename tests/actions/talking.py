"""Talks to the actions as Rasa would, with the intent given: rules from bot/data/rules, words from bot/replies."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from billing_core import Core, offers
from billing_core.offered_words import meant
from bot.actions.memory import Memory, Wanted
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
        self.buttons: list[dict[str, str]] = []
        # What the channel keeps with the conversation between turns, and nothing else survives one.
        self.memory: dict[str, Any] = {}
        self.misunderstandings = 0

    def says(
        self,
        text: str,
        intent: str | None = None,
        turn_id: str | None = None,
        *,
        then: tuple[str, str] | None = None,
        ranking: tuple[tuple[str, float], ...] = (),
        more: bool = False,
        **marked: str,
    ) -> str:
        """The reply to `text`; without an intent it must be an offered word, as the gateway would find it.

        `then` is the second wish as the runtime cuts it off: its words and its intent.
        """
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
            word=meant(text) if exact else "",
            ranking=ranking,
            memory=Memory.of(json.loads(json.dumps(self.memory))),
            misunderstandings=self.misunderstandings,
            after=Wanted(then[1], then[0]) if then else None,
            whole=f"{text} and {then[0]}" if then else "",
            more=more,
        )
        said = self.steps[RULES[intent]].speak(turn)
        self.data = [reply.data for _, reply in said if reply.data]
        self.buttons = [each for _, reply in said for each in reply.buttons]
        self.memory = turn.memory.plain()
        missed = any("misunderstood" in data for data in self.data)
        self.misunderstandings = self.misunderstandings + 1 if missed else 0
        return " ".join(text for text, _ in said if text)

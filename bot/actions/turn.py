"""One member message as an action sees it: who speaks, how sure we are of them, and what they said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LEVELS = ("L0", "L1", "L2", "L3")


@dataclass(frozen=True)
class Turn:
    """What Rasa's tracker says about the message being answered.

    `exact` means the member said an offered word exactly, which only the gateway can vouch for (it alone may send
    text that begins with a slash).
    """

    account_id: str | None
    conversation_id: str
    turn_id: str
    level: str
    channel: str
    text: str
    intent: str
    marked: dict[str, list[str]]
    exact: bool
    language: str = "en"

    @classmethod
    def of(cls, tracker: Any) -> Turn:
        """Read the tracker that rasa-sdk hands over."""
        message = tracker.latest_message
        metadata = message.get("metadata") or {}
        marked: dict[str, list[str]] = {}
        for entity in message.get("entities") or []:
            marked.setdefault(entity["entity"], []).append(str(entity["value"]))
        text = message.get("text") or ""
        return cls(
            account_id=metadata.get("account_id"),
            conversation_id=metadata.get("conversation_id") or tracker.sender_id,
            turn_id=metadata.get("turn_id") or "",
            level=metadata.get("level", "L0"),
            channel=metadata.get("channel", "sms"),
            text="" if text.startswith("/") else text,
            intent=(message.get("intent") or {}).get("name") or "",
            marked=marked,
            exact=text.startswith("/"),
            language=metadata.get("language", "en"),
        )

    def at_least(self, level: str) -> bool:
        """Whether the speaker's identity level reaches `level` (DESIGN 5)."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    @property
    def account(self) -> str:
        """The account id, which a step that needs L1 or more has been promised."""
        assert self.account_id is not None
        return self.account_id

"""One member message as an action sees it: who speaks, how sure we are of them, and what they said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.actions.memory import Memory, Wanted

LEVELS = ("L0", "L1", "L2", "L3")


@dataclass(frozen=True)
class Turn:
    """What Rasa's tracker says about the message being answered.

    `exact` means the member said an offered word exactly (`word`), which only the gateway can vouch for (it alone may
    send text that begins with a slash). `after` is the second wish of the same message, `whole` all of its words and
    `more` that it held a third. A `quiet` answer is followed by another one and offers nothing itself.
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
    word: str = ""
    ranking: tuple[tuple[str, float], ...] = ()
    memory: Memory = field(default_factory=Memory)
    misunderstandings: int = 0
    after: Wanted | None = None
    whole: str = ""
    more: bool = False
    quiet: bool = False

    @classmethod
    def of(cls, tracker: Any) -> Turn:
        """Read the tracker that rasa-sdk hands over."""
        message = tracker.latest_message
        metadata = message.get("metadata") or {}
        marked: dict[str, list[str]] = {}
        for entity in message.get("entities") or []:
            marked.setdefault(entity["entity"], []).append(str(entity["value"]))
        # Words that lean on the topic come beside it: Rasa was given the topic's intent in their place.
        said = metadata.get("said")
        text = said or message.get("text") or ""
        command = text.startswith("/")
        return cls(
            account_id=metadata.get("account_id"),
            conversation_id=metadata.get("conversation_id") or tracker.sender_id,
            turn_id=metadata.get("turn_id") or "",
            level=metadata.get("level", "L0"),
            channel=metadata.get("channel", "sms"),
            text="" if command else text,
            intent=(message.get("intent") or {}).get("name") or "",
            marked=marked,
            exact=command,
            language=metadata.get("language", "en"),
            word=metadata.get("word", ""),
            ranking=tuple(
                (str(row.get("name")), float(row.get("confidence") or 0)) for row in message.get("intent_ranking") or []
            ),
            memory=Memory.of(metadata.get("memory") or {}),
            misunderstandings=int(metadata.get("misunderstandings") or 0),
            after=Wanted.of(metadata["next"]) if metadata.get("next") else None,
            whole=metadata.get("whole", ""),
            more=bool(metadata.get("more")),
        )

    def at_least(self, level: str) -> bool:
        """Whether the speaker's identity level reaches `level` (DESIGN 5)."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    @property
    def account(self) -> str:
        """The account id, which a step that needs L1 or more has been promised."""
        assert self.account_id is not None
        return self.account_id

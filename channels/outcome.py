"""What a turn decided, before any of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from channels.rasa import RasaReply, RasaTurn


@dataclass(frozen=True)
class StepUp:
    """An action asked for a higher level; when the code is right, `resume_message_id` is asked again."""

    level: str
    purpose: str
    resume_message_id: str

    @classmethod
    def of(cls, data: Any, resume_message_id: str) -> StepUp:
        wanted = data if isinstance(data, dict) else {}
        return cls(str(wanted.get("level", "L3")), str(wanted.get("purpose", "other")), resume_message_id)


@dataclass(frozen=True)
class LinkWish:
    """A one-time link to the secure page is to go with the replies: for which purpose, about which saved method.

    When something was saved there, `resume_message_id` is asked again; without one the conversation goes on by itself.
    """

    purpose: str = "add"
    method_id: int | None = None
    resume_message_id: str | None = None

    @classmethod
    def of(cls, data: Any, resume_message_id: str) -> LinkWish:
        wanted = data if isinstance(data, dict) else {}
        method_id = wanted.get("method_id")
        return cls(
            "update" if wanted.get("purpose") == "update" else "add",
            method_id if isinstance(method_id, int) else None,
            resume_message_id if wanted.get("resume") else None,
        )


@dataclass(frozen=True)
class Said:
    """A reply in the channels' own words: a name in words.yml, filled in with `values` when it is written."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The result of a turn. `wipe` names messages that together held a secret of the kinds `found`; `opt` changes
    consent to texts."""

    handled_by: str
    replies: Sequence[RasaReply | Said] = ()
    rasa: RasaTurn | None = None
    step_up: StepUp | None = None
    link: LinkWish | None = None
    handoff: str | None = None
    failed: bool = False
    opt: Literal["out", "in"] | None = None
    wipe: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)


def only(name: str, **data: Any) -> list[Said]:
    """One fixed sentence as the whole reply."""
    return [Said(name, data)]

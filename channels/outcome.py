"""What a turn decided, before any of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from channels import consent
from channels.rasa import RasaReply, RasaTurn


@dataclass(frozen=True)
class StepUp:
    """A higher level is needed; when the code is right, `resume_message_id` is asked again.

    `prefers` is the way the member wants the code to go. `hidden` is for a stranger who gave their details: the code
    goes for `account_id`, to nowhere without one, and the same is said either way.
    """

    level: str
    purpose: str
    resume_message_id: str
    prefers: str | None = None
    hidden: bool = False
    account_id: str | None = None

    @classmethod
    def of(cls, data: Any, resume_message_id: str) -> StepUp:
        wanted = data if isinstance(data, dict) else {}
        return cls(str(wanted.get("level", "L3")), str(wanted.get("purpose", "other")), resume_message_id)


@dataclass(frozen=True)
class Find:
    """A stranger wants what needs an account, at `level` for `purpose`: they are asked who they are."""

    level: str
    purpose: str
    resume_message_id: str

    @classmethod
    def of(cls, data: Any, resume_message_id: str) -> Find:
        wanted = data if isinstance(data, dict) else {}
        return cls(str(wanted.get("level", "L2")), str(wanted.get("purpose", "account")), resume_message_id)


@dataclass(frozen=True)
class LinkWish:
    """A one-time link to the secure page is to go with the replies: for which purpose, about which saved method;
    for a guest, of which amount.

    When something was saved there, `resume_message_id` is asked again; without one the conversation goes on by itself.
    """

    purpose: str = "add"
    method_id: int | None = None
    resume_message_id: str | None = None
    amount_cents: int | None = None

    @classmethod
    def of(cls, data: Any, resume_message_id: str) -> LinkWish:
        wanted = data if isinstance(data, dict) else {}
        method_id = wanted.get("method_id")
        amount_cents = wanted.get("amount_cents")
        if wanted.get("purpose") == "pay" and isinstance(amount_cents, int):
            return cls("pay", amount_cents=amount_cents)
        return cls(
            "update" if wanted.get("purpose") == "update" else "add",
            method_id if isinstance(method_id, int) else None,
            resume_message_id if wanted.get("resume") else None,
        )


@dataclass(frozen=True)
class NewContact:
    """Another phone (E.164) or e-mail address that the member wants on file: it is to be proved first."""

    way: Literal["sms", "email"]
    address: str

    @classmethod
    def of(cls, data: Any) -> NewContact:
        return cls("email" if data["way"] == "email" else "sms", str(data["address"]))


@dataclass(frozen=True)
class Said:
    """A reply in the channels' own words: a name in words.yml, filled in with `values` when it is written."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The result of a turn. `wipe` names messages that together held a secret of the kinds `found`; `opt` is what the
    member said about texts, and `source` how; `language` is the one that the conversation goes on in."""

    handled_by: str
    replies: Sequence[RasaReply | Said] = ()
    rasa: RasaTurn | None = None
    step_up: StepUp | None = None
    link: LinkWish | None = None
    handoff: str | None = None
    failed: bool = False
    opt: consent.Kind | None = None
    source: consent.Source = "keyword"
    find: Find | None = None
    new_contact: NewContact | None = None
    language: str | None = None
    wipe: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)


def only(name: str, **data: Any) -> list[Said]:
    """One fixed sentence as the whole reply."""
    return [Said(name, data)]

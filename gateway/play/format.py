"""The conversation file: what may stand in it, and where it is wrong.

Words that YAML would turn into something else (`no`, `yes`, `on`, dates) stay the words the member types.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from billing_core import cast, notices
from gateway.play.happenings import CarrierStep, IssuerStep, PageStep, Part, ProcessorStep, ReturnStep, UpdaterStep

CANONICAL_CLOCK = datetime(2026, 12, 15, 10, 0)  # noqa: DTZ001 - issuer-local, as `Clock.set` takes it


class FileWrong(Exception):
    """A conversation file that cannot be played; the message names the file, the step and what is wrong."""


class Step(Part):
    """One thing that happens; what must reach the member stands beside what brings it about.

    `agent` is what the person of the hand-off says (Kim; `/release` gives the conversation back); `mail: bounced` is
    an e-mail to the member that comes back.
    """

    member: str | None = None
    intent: str | None = None
    bot: list[str] = Field(default_factory=list)
    bot_not: list[str] = Field(default_factory=list)
    processor: ProcessorStep | None = None
    carrier: CarrierStep | None = None
    page: PageStep | None = None
    run_days: int | None = Field(default=None, ge=1, le=800)
    wait_minutes: int | None = Field(default=None, ge=1)
    returned: ReturnStep | None = Field(default=None, alias="return")
    agent: str | None = None
    issuer: IssuerStep | None = None
    updater: UpdaterStep | None = None
    mail: Literal["bounced"] | None = None

    @field_validator("bot", "bot_not", mode="before")
    @classmethod
    def _one_or_many(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("bot", "bot_not")
    @classmethod
    def _patterns_compile(cls, given: list[str]) -> list[str]:
        for fragment in given:
            if (found := pattern(fragment)) is not None:
                try:
                    re.compile(found)
                except re.error as error:
                    raise ValueError(f"{fragment} is not a regular expression: {error}") from None
        return given

    @model_validator(mode="after")
    def _one_kind(self) -> Step:
        kinds = [name for name in KINDS if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError(f"a step is exactly one of: {', '.join(KINDS).replace('returned', 'return')}")
        if kinds != ["member"] and self.intent:
            raise ValueError("intent stands beside `member` only")
        if kinds[0] not in HEARD and (self.bot or self.bot_not):
            raise ValueError(f"bot and bot_not stand beside one of: {', '.join(HEARD)}")
        return self

    @property
    def kind(self) -> str:
        return next(name for name in KINDS if getattr(self, name) is not None)

    def __str__(self) -> str:
        name = self.kind
        value = getattr(self, name)
        shown = value.model_dump() if isinstance(value, Part) else value
        return f"{'return' if name == 'returned' else name}: {shown}"


HEARD = ("member", "page", "agent", "wait_minutes")
OF_AN_ACCOUNT = ("issuer", "updater", "mail")
KINDS = ("member", "page", "processor", "carrier", "run_days", "wait_minutes", "returned", "agent", *OF_AN_ACCOUNT)


class Sent(Part):
    """A notice that reached the member: its kind, how it came, and what is in it and what is not."""

    kind: str
    channel: Literal["sms", "email", "post"]
    has: list[str] = Field(default_factory=list)
    has_not: list[str] = Field(default_factory=list)

    @field_validator("kind")
    @classmethod
    def _known(cls, given: str) -> str:
        if given not in notices.kinds():
            raise ValueError(f"{given} is no kind of billing_core/notices.yml")
        return given


class Then(Part):
    """What must be true at the end; only the named keys are looked at.

    `notices` are the kinds written since the start; `sent` those that arrived, oldest first, with their words.
    """

    account: dict[str, Any] = Field(default_factory=dict)
    notices: list[str] | None = None
    sent: list[Sent] | None = None
    conversation: dict[str, Any] = Field(default_factory=dict)


class Conversation(Part):
    """One conversation file."""

    title: str
    member: str | None = None
    channel: Literal["sms", "web"] = "sms"
    clock: datetime = CANONICAL_CLOCK
    identity: Literal["L0", "L1", "L2", "L3"] | None = None
    steps: list[Step] = Field(min_length=1)
    then: Then = Field(default_factory=Then)

    @field_validator("member")
    @classmethod
    def _of_the_cast(cls, given: str | None) -> str | None:
        keys = [member["key"] for member in cast.MEMBERS]
        if given is not None and given not in keys:
            raise ValueError(f"nobody of the cast is called {given}; there are {', '.join(keys)}")
        return given

    @model_validator(mode="after")
    def _stranger_has_no_account(self) -> Conversation:
        if self.member is None and any(step.kind in OF_AN_ACCOUNT for step in self.steps):
            raise ValueError("issuer, updater and mail are about an account: name a member")
        if self.member is None and (self.then.account or self.then.notices or self.then.sent):
            raise ValueError("a stranger has no account and no notices: name a member")
        return self


def pattern(fragment: str) -> str | None:
    """The regular expression of a fragment written between slashes."""
    return fragment[1:-1] if len(fragment) > 2 and fragment.startswith("/") and fragment.endswith("/") else None


def read(path: Path) -> Conversation:
    """The conversation of a file; raises `FileWrong`."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FileWrong(f"{path}: {' '.join(str(error).split())}") from None
    try:
        return Conversation.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise FileWrong(f"{path}, {_place(first['loc'])}: {first['msg'].removeprefix('Value error, ')}") from None


def _place(location: tuple[int | str, ...]) -> str:
    """`("steps", 2, "bot")` as `step 3, bot`."""
    parts = list(location)
    if parts[:1] == ["steps"] and len(parts) > 1 and isinstance(parts[1], int):
        parts = [f"step {parts[1] + 1}", *parts[2:]]
    return ", ".join(str(part) for part in parts) or "the file"


class _Loader(yaml.SafeLoader):
    """YAML 1.2's idea of plain words: only `true`, `false`, `null` and numbers are anything but text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _expression, _first in (
    ("tag:yaml.org,2002:bool", r"true|false", "tf"),
    ("tag:yaml.org,2002:null", r"null|~|", "n~"),
    ("tag:yaml.org,2002:int", r"-?(0|[1-9][0-9]*)", "-0123456789"),
    ("tag:yaml.org,2002:float", r"-?(0|[1-9][0-9]*)\.[0-9]+", "-0123456789"),
):
    _Loader.add_implicit_resolver(
        _tag, re.compile(rf"^(?:{_expression})$"), [*_first, ""] if "~" in _first else [*_first]
    )

"""The stories of stories.yml, and how the model read what is said in them (heard.yml)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

HEARD = Path(__file__).with_name("heard.yml")
_STORIES = Path(__file__).with_name("stories.yml")
STRANGER = "stranger"


class Happening(BaseModel):
    """A step that is not said by the member; one of these is set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    processor: list[str] | None = None
    agent: str | None = None
    release: bool = False
    lost: list[str] | None = None
    trouble: bool = False
    pause_minutes: int = 0
    returned: list[str] | None = None


class Story(BaseModel):
    """One way that a conversation goes; `weight` is how often, beside the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: int = Field(gt=0)
    who: list[str] = Field(alias="as", min_length=1)
    channel: Literal["sms", "web"] | None = None
    steps: list[str | list[str] | Happening]

    def texts(self) -> Iterator[str]:
        """All that a member may say in it."""
        for step in self.steps:
            if not isinstance(step, Happening):
                yield from [step] if isinstance(step, str) else step


@cache
def stories() -> list[Story]:
    """Every story, as written."""
    return [Story(**row) for row in yaml.safe_load(_STORIES.read_text(encoding="utf-8"))]


@cache
def heard() -> dict[str, dict[str, Any]]:
    """What the model read in each text, as it was recorded: `intent`, `ranking` and `entities`."""
    rows: dict[str, dict[str, Any]] = yaml.safe_load(HEARD.read_text(encoding="utf-8"))
    return rows

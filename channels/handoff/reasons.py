"""Why a person is brought in, from reasons.yml: how urgent it is, what staff should know, what the member hears."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_FILE = Path(__file__).with_name("reasons.yml")
OTHER = "other"
TROUBLE = "trouble"


class Reason(BaseModel):
    """One row: 1 is the most urgent, `staff` is for who takes it, `member` what becomes of the reply that asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urgency: int = Field(ge=1, le=3)
    member: Literal["replaced", "added"]
    staff: str


@cache
def table() -> dict[str, Reason]:
    """Every reason by its name."""
    return TypeAdapter(dict[str, Reason]).validate_python(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def known(name: str) -> str:
    """The name of a reason that the table has; one that it lacks is `other`."""
    return name if name in table() else OTHER

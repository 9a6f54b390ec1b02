"""Decline and return codes as one table: what the member hears, what may be tried again, what it does to the method.

The table is data (`codes.yml`, with its sources); advice after a rejection comes from here and from nowhere else
(G24). Codes marked `may_disclose: false` already carry a general sentence: the real reason is never told (DOMAIN 3.8).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from billing_core.errors import CodeNotFound

# Returns that say "I did not authorize this": only a person may go on (DOMAIN 3.3, 3.6).
UNAUTHORIZED = frozenset({"R05", "R07", "R10", "R11", "R29"})
# Returns of accounts that are closed, not there or not a number of one (DOMAIN 3.3).
ADMINISTRATIVE = frozenset({"R02", "R03", "R04"})


class Code(BaseModel):
    """One row of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    rail: Literal["card", "ach"]
    processor_source: str
    equivalent_codes: list[str]
    seed_group: Literal["insufficient_funds", "incorrect_information", "expired_card", "other", "technical"]
    plain_reason: str
    member_action: str
    retryable: Literal["never", "after_change", "later"]
    hard_or_soft: Literal["hard", "soft"]
    disable_saved_method: bool
    may_disclose: bool
    operator_note: str


@cache
def table() -> dict[str, Code]:
    """Every known code, by its name."""
    rows = yaml.safe_load((files("billing_core") / "codes.yml").read_text(encoding="utf-8"))["codes"]
    return {row["code"]: Code(**row) for row in rows}


def lookup(code: str) -> Code:
    """The row of `code`; raises `CodeNotFound`."""
    try:
        return table()[code]
    except KeyError:
        raise CodeNotFound(code) from None


def reason(code: str) -> Code:
    """The row of `code`, or the general decline for a code that the table does not know yet."""
    return table().get(code) or table()["generic_decline"]

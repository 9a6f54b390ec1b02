"""Decline and return codes as one table: what the member hears, what may be tried again, what it does to the method.

The table is data (`codes.yml`, with its sources); advice after a rejection comes from here and from nowhere else
(G24). Codes marked `may_disclose: false` already carry a general sentence: the real reason is never told (DOMAIN 3.8).
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from billing_core.errors import CodeNotFound

# Returns that say "I did not authorize this": only a person may go on (DOMAIN 3.3, 3.6).
UNAUTHORIZED = frozenset({"R05", "R07", "R10", "R11", "R29", "R51"})
# Returns of accounts that are closed, not there or not a number of one (DOMAIN 3.3).
ADMINISTRATIVE = frozenset({"R02", "R03", "R04"})
# The row of every return that the table does not list.
UNLISTED_RETURN = "LOCAL_UNLISTED_RETURN"
_RETURN = re.compile(r"R\d\d")


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
    # How long the network asks to leave the method alone before it is tried again by itself.
    wait_hours: int = 0


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
    """The row of `code`; of one that the table does not know yet, the general decline.

    A bank's return of which nobody knows what it says is taken for the worst: nothing is debited again before a person
    has read it.
    """
    return table().get(code) or table()[UNLISTED_RETURN if is_return(code) else "generic_decline"]


def is_return(code: str) -> bool:
    """Whether the code is a bank's return, listed or not."""
    return _RETURN.fullmatch(code) is not None


@cache
def for_person() -> frozenset[str]:
    """The returns after which only a person may go on: the unauthorized, and those that nobody listed."""
    return UNAUTHORIZED | {f"R{number:02}" for number in range(100)} - set(table())

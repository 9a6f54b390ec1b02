"""The members of the demo traffic: each like one of the cast, with a name, a phone and an amount of their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml
from sqlalchemy import select

from billing_core import Core, cast
from billing_core.accounts import Account
from channels.assembly import Channels
from channels.inbox import contact_for

KEY = "demo"
_FILE = Path(__file__).with_name("people.yml")


@cache
def _people() -> dict[str, list[str]]:
    """First and last names, and area codes, which are of text as phone numbers are."""
    return {name: words.split() for name, words in yaml.safe_load(_FILE.read_text(encoding="utf-8")).items()}


def most() -> int:
    """How many members there can be: so many phone numbers are nobody's."""
    return 100 * len(_people()["areas"])


def phones() -> Iterator[str]:
    """Every number that may be used, once."""
    return (f"+1{area}55501{last:02d}" for last in range(100) for area in _people()["areas"])


def like(key: str, number: int, phone: str, random: Random) -> dict[str, Any]:
    """A row as in cast.yml, like that of `key`; months and history are its own, names and amounts are not."""
    row = next(each for each in cast.rows() if each["key"] == key)
    factor = random.uniform(0.7, 1.6)
    policies = [each | {"premium_cents": _cents(each, factor)} for each in row["policies"]]
    name = " ".join(random.choice(_people()[each]) for each in ("first", "last"))
    return row | {
        "key": f"{KEY}-{number:05d}", "member_id": f"D{number:07d}", "confirmation": f"DT{number:05d}",
        "name": name, "phone": phone, "policies": policies,
    }  # fmt: skip


def join(channels: Channels, row: dict[str, Any], number: int) -> None:
    """Open the account as of the clock, with its past in the ledger, and its phone as trusted as the cast's is."""
    cast.add(channels.core, row, number)
    now = channels.core.now()
    with channels.core.write() as session:
        contact = contact_for(session, "sms", row["phone"])
        contact.account_id = row["key"]
        contact.trusted_at = contact.told_how_at = now if row.get("trusted", True) else None


def joined(core: Core) -> bool:
    """Whether there is demo traffic in this database already."""
    with core.read() as session:
        return session.scalar(select(Account.id).where(Account.id.startswith(f"{KEY}-")).limit(1)) is not None


def _cents(policy: dict[str, Any], factor: float) -> int:
    """The tax credit stays as it is, and what is left to pay moves."""
    credit = int(policy.get("tax_credit_cents", 0))
    return credit + round((policy["premium_cents"] - credit) * factor)

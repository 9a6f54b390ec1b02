"""The golden years as pages that anyone can read: `docs/golden_years/<member>.md`."""

from __future__ import annotations

from billing_core import cast
from billing_core.money import dollars
from gateway.golden.story import Told
from gateway.golden.year import Year, decisions

HEAD = """# {name}: a year with Duely

{about}. **What they do in this year:** {story}

Drawn from the code by `duely docs golden-years`, from {first:%B} {first.day}, {first.year} on, with a billing day every
morning and a sandbox that accepts; a test holds this page to it. Only days on which something happens are listed.

| day | what happens | owes | credit |
|---|---|---:|---:|
"""


def pages(year: Year) -> dict[str, str]:
    """The text of each member's page, by the member's key."""
    return {member["key"]: _page(year, member) for member in cast.MEMBERS}


def _page(year: Year, member: dict[str, str]) -> str:
    key = member["key"]
    head = HEAD.format(name=member["name"], about=member["about"], story=decisions()[key]["story"], first=year.first_on)
    return head + "".join(_row(told) for told in year.told[key])


def _row(told: Told) -> str:
    credit = dollars(told.credit_cents) if told.credit_cents else ""
    what = "<br>".join(line.replace("|", "/") for line in told.lines)
    return f"| {told.on:%Y-%m-%d} | {what} | {dollars(told.owed_cents)} | {credit} |\n"

"""docs/notices.md tells every kind as the registry has it."""

from __future__ import annotations

import re
from pathlib import Path

from billing_core import notices

ROOT = Path(__file__).parents[2]


def row(kind: notices.Kind) -> str:
    ways = [way for way in kind.channels if kind.required or way != "post"]
    goes = ", then ".join(ways) + ("; in writing always" if kind.written else "")
    held = "no" if kind.answer else "yes, e-mail after 20:00" if kind.dated else "yes"
    return f"| `{kind.kind}` | {kind.about} | {kind.rule or 'courtesy'} | {goes} | {held} |"


def test_the_table_of_kinds_is_that_of_the_registry() -> None:
    told = re.findall(r"^\| `.*$", (ROOT / "docs/notices.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [row(kind) for kind in notices.kinds().values()]

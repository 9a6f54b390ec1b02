"""Holding what came against what was expected; every function answers with faults in words, none when all is well."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from gateway.play.format import pattern


def said(fragment: str, replies: Sequence[str]) -> bool:
    """Whether a fragment is in any of the replies, ignoring case and how white space is broken."""
    expression = pattern(fragment)
    if expression is not None:
        return any(re.search(expression, reply, re.IGNORECASE | re.DOTALL) for reply in replies)
    wanted = _flat(fragment)
    return any(wanted in _flat(reply) for reply in replies)


def reply_faults(wanted: Sequence[str], unwanted: Sequence[str], replies: Sequence[str]) -> Iterator[str]:
    """What the replies lack, and what they should not have said."""
    got = " | ".join(replies) if replies else "no reply"
    for fragment in wanted:
        if not said(fragment, replies):
            yield f"expected {fragment!r}\n    got: {got}"
    for fragment in unwanted:
        if said(fragment, replies):
            yield f"did not expect {fragment!r}\n    got: {got}"


def subset_faults(expected: Any, got: Any, where: str) -> Iterator[str]:
    """Where `got` differs from `expected`: of mappings the named keys only, lists element by element."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key, value in expected.items():
            if key not in got:
                yield f"{where}.{key}: expected {value!r}\n    got: no such key; there are {', '.join(map(str, got))}"
            else:
                yield from subset_faults(value, got[key], f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield f"{where}: expected {len(expected)}: {expected!r}\n    got {len(got)}: {got!r}"
            return
        for index, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from subset_faults(one, other, f"{where}[{index}]")
    elif expected != got or isinstance(expected, bool) != isinstance(got, bool):
        yield f"{where}: expected {expected!r}\n    got: {got!r}"


def _flat(text: str) -> str:
    return " ".join(text.lower().split())

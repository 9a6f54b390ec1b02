"""The policy a member names, on an account that has several."""

from __future__ import annotations

import re

from billing_core.errors import PolicyNotFound
from billing_core.summary import Summary
from bot.actions.reading.negation import dropped, kept

POLICIES = {"dental": r"dental|teeth|tooth|dentist", "health": r"health|medical", "vision": r"vision|eyes?"}


def policy_id(text: str, summary: Summary) -> int | None:
    """The policy the text names, or the one left when it names another with "not".

    Raises `PolicyNotFound` for one the account has not. Naming all of them, or none, is None.
    """
    held = {policy.kind: policy.id for policy in summary.account.policies}
    said, shunned = _kinds(kept(text)), _kinds(dropped(text))
    if len(held) < 2 and said <= {"health"}:
        return None
    if not said and shunned & set(held):
        left = [held[kind] for kind in held if kind not in shunned]
        return left[0] if len(left) == 1 else None
    if len(said) != 1:
        return None
    (kind,) = said
    if kind not in held:
        raise PolicyNotFound(kind)
    return held[kind]


def _kinds(words: str) -> set[str]:
    return {kind for kind, names in POLICIES.items() if re.search(rf"\b(?:{names})\b", words)}

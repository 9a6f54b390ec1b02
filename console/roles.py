"""Who may do and see what: one table of roles by permission, and one of roles by field."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["product", "support", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

# What a page or an action needs. `money` is the account's payments beside a conversation, `live` helping members,
# `erase` deleting a member's conversations, `review` labelling turns, `teach` changing what the live model understands.
Permission = Literal["read", "money", "live", "audit", "erase", "review", "teach"]
MAY: dict[Role, frozenset[Permission]] = {
    "product": frozenset(("read", "review", "teach")),
    "support": frozenset(("read", "money", "live", "review")),
    "admin": frozenset(("read", "money", "live", "audit", "erase", "review", "teach")),
}

# What is in the words of a conversation, and whose role needs it in clear; everyone else sees a mark in its place.
Field = Literal["person", "contact", "amount", "last_four"]
SEES: dict[Role, frozenset[Field]] = {
    "product": frozenset(),
    "support": frozenset(("person", "contact", "amount", "last_four")),
    "admin": frozenset(("person", "contact", "amount", "last_four")),
}


def may(role: str, permission: Permission) -> bool:
    """Whether a role has a permission; one that is not known has none."""
    return role in ROLES and permission in MAY[role]


def sees(role: str, field: Field) -> bool:
    """Whether a role sees a field in clear; one that is not known sees none."""
    return role in ROLES and field in SEES[role]

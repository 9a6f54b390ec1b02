"""Money is integer cents; this is the only place where it becomes text."""

from __future__ import annotations


def dollars(amount_cents: int) -> str:
    """`131840` as `$1,318.40`; a negative amount as `-$1,318.40`."""
    sign = "-" if amount_cents < 0 else ""
    whole, cents = divmod(abs(amount_cents), 100)
    return f"{sign}${whole:,}.{cents:02d}"

"""Billing rules, money and the ledger of Duely. What other rooms may use is listed here; nothing else is theirs."""

from __future__ import annotations

from billing_core import (
    accounts,
    attempts,
    autopay,
    billing_day,
    cast,
    enrolling,
    errors,
    invoices,
    methods,
    money,
    notices,
    offers,
    payments,
    pending,
    profiles,
    quotes,
    reversals,
    states,
    store,
    summary,
    views,
)
from billing_core.calendar import Clock
from billing_core.core import Core
from billing_core.processors.sandbox import SandboxProcessor
from billing_core.store import Store, create_store_engine

__all__ = [
    "Clock",
    "Core",
    "accounts",
    "attempts",
    "autopay",
    "billing_day",
    "cast",
    "enrolling",
    "errors",
    "invoices",
    "methods",
    "money",
    "notices",
    "offers",
    "open_core",
    "payments",
    "pending",
    "profiles",
    "quotes",
    "reversals",
    "states",
    "store",
    "summary",
    "views",
]

PROCESSORS = {"sandbox": SandboxProcessor}


def open_core(database_url: str, *, clock: Clock | None = None, processor: str = "sandbox") -> Core:
    """The core on a database that has its tables; `processor` names an adapter (raises `KeyError` for others)."""
    opened = Store(create_store_engine(database_url))
    clock = clock or Clock.system()
    return Core(opened, clock, PROCESSORS[processor](opened, clock))

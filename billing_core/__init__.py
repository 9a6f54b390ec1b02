"""Billing rules, money and the ledger of Duely. What other rooms may use is listed here; nothing else is theirs."""

from __future__ import annotations

from collections.abc import Callable

from billing_core import (
    accounts,
    adding,
    amounts,
    attempts,
    authorization,
    autopay,
    bill_changes,
    billing_day,
    cast,
    correcting,
    delivery,
    double_charges,
    enrolling,
    errors,
    events,
    grace_timeline,
    guests,
    history,
    invoices,
    methods,
    money,
    notices,
    offers,
    past_due,
    payers,
    payments,
    pending,
    profiles,
    proof,
    quotes,
    refunding,
    refunds,
    reinstating,
    removing,
    return_rates,
    reversals,
    states,
    store,
    summary,
    views,
)
from billing_core.calendar import Clock
from billing_core.core import Core
from billing_core.processors import Processor, stripe_records
from billing_core.processors.sandbox import SandboxProcessor
from billing_core.store import Store, create_store_engine

__all__ = [
    "reinstating",
    "payers",
    "grace_timeline",
    "guests",
    "correcting",
    "refunds",
    "refunding",
    "past_due",
    "history",
    "double_charges",
    "bill_changes",
    "amounts",
    "Clock",
    "Core",
    "accounts",
    "adding",
    "attempts",
    "authorization",
    "autopay",
    "billing_day",
    "cast",
    "delivery",
    "enrolling",
    "errors",
    "events",
    "invoices",
    "methods",
    "money",
    "notices",
    "offers",
    "open_core",
    "payments",
    "pending",
    "profiles",
    "proof",
    "quotes",
    "removing",
    "return_rates",
    "reversals",
    "states",
    "store",
    "stripe_records",
    "summary",
    "views",
]

# What opens a processor on the core's store and clock; whatever else an adapter needs, it was given before.
OpensProcessor = Callable[[Store, Clock], Processor]


def open_core(database_url: str, *, clock: Clock | None = None, processor: OpensProcessor = SandboxProcessor) -> Core:
    """The core on a database that has its tables, with the processor that `processor` opens."""
    opened = Store(create_store_engine(database_url))
    clock = clock or Clock.system()
    return Core(opened, clock, processor(opened, clock))

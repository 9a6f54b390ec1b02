"""The core as one value: where it keeps things, what time it is, and who moves the money."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from billing_core.calendar import Clock
from billing_core.processors import Processor
from billing_core.store import Store


@dataclass(frozen=True)
class Core:
    """What every function of the core is given first."""

    store: Store
    clock: Clock
    processor: Processor

    @property
    def engine(self) -> Engine:
        """The engine that the tables live behind; other rooms' tables may share it."""
        return self.store.engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading."""
        with self.store.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction that holds the write lock from its start."""
        with self.store.write() as session:
            yield session

    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def today(self, zone: str) -> date:
        """The issuer's civil date."""
        return self.clock.today(zone)

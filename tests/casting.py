"""The cast, put back from a copy: loading it issues and posts every bill, which takes twenty times as long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from billing_core import Core, cast
from gateway import database

_copies: dict[tuple[str, str], tuple[database.Rows, datetime]] = {}


def load(core: Core) -> None:
    """Bring the cast, as of the core's clock, into an empty database."""
    once(core, "cast", lambda: cast.load(core))


def load_with(core: Core, contacts: Callable[[], None]) -> None:
    """The cast and what `contacts` makes of it, which must be the same at the same moment."""

    def both() -> None:
        load(core)
        contacts()

    once(core, "contacts", both)


def once(core: Core, what: str, make: Callable[[], object]) -> None:
    """Every row and the clock as `make` leaves them: made the first time, put back for each later test.

    `what` names it among all that is made at that moment. What `make` keeps elsewhere, such as jobs, is not put back.
    """
    key = what, core.now().isoformat()
    if key in _copies:
        rows, moment = _copies[key]
        database.put_rows(core.engine, rows)
        core.clock.set(moment)
        return
    make()
    _copies[key] = database.copy_rows(core.engine), core.now()

"""`duely account show`: the core on the settings' database, without the rest of the stack."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from billing_core import Core, errors, money, open_core, views
from gateway import database
from gateway.settings import Settings


class CannotShow(RuntimeError):
    """Why there is nothing to show, in one sentence."""


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Core]:
    """The core on the settings' database, with its tables in place."""
    database.migrate(settings.database)
    core = open_core(settings.database, clock=settings.open_clock(), processor=settings.opens_processor())
    try:
        yield core
    finally:
        core.engine.dispose()


def show(settings: Settings, key: str, *, as_json: bool) -> None:
    """Print the account as the core sees it. Raises `CannotShow` for a key that nobody has."""
    with opened(settings) as core:
        try:
            view = views.account(core, key)
        except errors.AccountNotFound:
            raise CannotShow(f"There is no account {key!r} in {settings.database_url}.") from None
    if as_json:
        print(json.dumps(view, indent=2))
        return
    table = Table(title=f"{view['name']} ({view['key']}), {view['issuer']}", show_header=False, title_justify="left")
    for name, value in view.items():
        table.add_row(name, _readable(name, value))
    Console().print(table)


def _readable(name: str, value: Any) -> str:
    if name.endswith("_cents") and isinstance(value, int):
        return money.dollars(value)
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_readable(key, each)}" for key, each in value.items())
    if isinstance(value, list):
        return "\n".join(
            ", ".join(_readable(key, part) for key, part in each.items()) if isinstance(each, dict) else str(each)
            for each in value
        )
    return "-" if value is None else str(value)

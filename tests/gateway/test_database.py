"""The revisions make exactly the tables that the code has, on both databases, and rehearsals put rows back."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine

from billing_core import Clock, Core, cast, open_core, views
from billing_core.accounts import Policy
from gateway import database

MONTH = date(2027, 1, 1)
NOW = datetime(2026, 12, 15, 10)  # noqa: DTZ001 - local to the issuer


def test_the_revisions_leave_nothing_to_change(core: Core) -> None:
    assert database.differences(core.engine) == []


def test_migrating_twice_is_migrating_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'twice.sqlite'}"
    database.migrate(url)
    database.migrate(url)
    engine = create_engine(url)
    assert database.is_current(engine)
    engine.dispose()


def test_the_newest_revision_can_be_taken_back_and_made_again_with_every_row_in_place(tmp_path: Path) -> None:
    core = open_core(f"sqlite:///{tmp_path / 'rows.sqlite'}", clock=Clock.fixed(NOW))
    database.migrate_engine(core.engine)
    cast.load(core)
    before = database.copy_rows(core.engine)
    with core.engine.connect() as connection:
        command.downgrade(database.alembic(connection), "-1")
    assert database.differences(core.engine) != []
    database.migrate_engine(core.engine)
    assert database.differences(core.engine) == []
    assert database.copy_rows(core.engine) == before
    with core.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    core.engine.dispose()


def test_an_empty_database_is_not_current(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    assert not database.is_current(engine)
    engine.dispose()


@pytest.mark.parametrize("key", ["lee", "khan"])  # khan's ledger has an entry that points at another
def test_rows_put_back_are_the_rows_that_were_copied(core: Core, key: str) -> None:
    cast.load(core)
    before, view = database.copy_rows(core.engine), views.account(core, key)
    database.put_rows(core.engine, {})
    assert not any(database.copy_rows(core.engine).values())
    database.put_rows(core.engine, before)
    assert database.copy_rows(core.engine) == before
    assert views.account(core, key) == view
    with core.write() as session:
        session.add(Policy(account_id=key, kind="dental", plan_name="Dental", premium_cents=1, first_month=MONTH))

"""What a step asks the database: a turn costs mostly statements, and nobody sees one more of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from billing_core import Core
from tests.actions.talking import Member


@contextmanager
def counted(core: Core) -> Iterator[list[str]]:
    """The statements that are run within, beginnings of transactions too."""
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        ran.append(statement)

    event.listen(core.engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(core.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("said", "intent", "most"),
    [
        ("how much do i owe", "ask_amount_due", 22),
        ("pay my bill", "pay_bill", 24),
        ("what can you do", "ask_capabilities", 4),
    ],
)
def test_a_step_asks_the_core_no_oftener_than_it_has_to(cast_core: Core, said: str, intent: str, most: int) -> None:
    lee = Member(cast_core, "lee")
    with counted(cast_core) as ran:
        lee.says(said, intent)
    assert 0 < len(ran) <= most, "\n".join(ran)


def test_leaving_a_payment_is_one_transaction(cast_core: Core) -> None:
    lee = Member(cast_core, "lee")
    lee.says("pay my bill", "pay_bill")
    with counted(cast_core) as ran:
        lee.says("never mind", "cancel")
    assert ran.count("BEGIN IMMEDIATE") == 1
    assert len(ran) <= 15, "\n".join(ran)

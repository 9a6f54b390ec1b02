"""What a turn asks the database has a bound: it crept up once, and each statement costs a member a millisecond."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from channels import turn

LEE = "+19195550101"


def test_a_turn_asks_the_database_no_oftener_than_it_has_to(world: Any) -> None:
    world.rasa.on("how much do i owe", "Your January premium is $412.10.", intent="ask_amount_due")
    world.text(LEE, "how much do i owe")
    ran: list[str] = []
    event.listen(
        world.channels.core.engine, "before_cursor_execute", lambda _c, _k, statement, *_: ran.append(statement)
    )
    world.text(LEE, "how much do i owe", run=False)
    claimed = len(ran)
    assert 0 < claimed <= 6, "\n".join(ran)
    (message,) = world.rows(direction="in", state="queued")
    ran.clear()
    turn.answer(world.channels, message.id)
    # Five to see it with what is around it, fourteen to write what came of it.
    assert 0 < len(ran) <= 19, "\n".join(ran)
    assert ran.count("BEGIN IMMEDIATE") == 1

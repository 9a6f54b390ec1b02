"""Two `duely up` on one PostgreSQL: what a killed one had begun the other answers, once and in order."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.pool import NullPool

from channels.store import Contact, Conversation, Message
from channels.twilio_standin import StandIn
from gateway.play.rehearsal import model
from gateway.rasa_process import RasaProcess
from gateway.serving import free_port
from tests.gateway.processes import LIMIT_S, SECRET, UpProcess

pytestmark = [pytest.mark.rasa, pytest.mark.postgres]

LEE = "+19195550101"


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """A database of the test's own on the session's server."""
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE two_processes"))
    yield make_url(postgres_url).set(database="two_processes").render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE two_processes WITH (FORCE)"))


def replies(url: str) -> list[str]:
    """What was said to Lee, in order."""
    engine = create_engine(url, poolclass=NullPool)
    said = (
        select(Message.text).join(Conversation).join(Contact).where(Contact.address == LEE, Message.direction == "out")
    )
    with engine.connect() as connection:
        return list(connection.scalars(said.order_by(Message.seq)))


def test_what_a_killed_process_had_begun_the_other_answers_once_and_in_order(database: str, tmp_path: Path) -> None:
    with StandIn().serving() as twilio:
        first = UpProcess(tmp_path, {"TWILIO_API_URL": twilio.url, "DATABASE_URL": database})
        second = replace(first, port=free_port(), actions_port=free_port(), tokenizer_port=free_port(), lines=[])
        rasa = RasaProcess(free_port(), SECRET, second.actions_url, tmp_path / "rasa.log", model=model())
        first.settings["RASA_URL"] = rasa.url
        try:
            rasa.start()
            rasa.wait_ready(LIMIT_S)
            for each in (first, second):
                each.start()
            assert rasa.pid is not None
            os.kill(rasa.pid, signal.SIGSTOP)
            for number, said in enumerate(["how much do i owe", "what can you do", "thanks"]):
                assert first.text_in(LEE, said, f"SMtwo{number}").status_code == 200
            first.kill()
            os.kill(rasa.pid, signal.SIGCONT)
            sent = twilio.wait_for(3, LEE, LIMIT_S)
            assert sent == replies(database)
            assert (len(sent), "$412.10" in sent[0]) == (3, True)
        finally:
            first.close()
            second.close()
            rasa.stop()

"""Where the log goes, to standard error as it is at that moment, and what it never holds."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from billing_core import Core
from bot.actions.webhook import webhook
from gateway import logs


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., io.StringIO]]:
    """Sets logging up and gives what is written from then on; everything is as it was when the test is over."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def begin(*, as_json: bool) -> io.StringIO:
        written = io.StringIO()
        monkeypatch.setattr(sys, "stderr", written)
        logs.set_up(level="INFO", as_json=as_json)
        return written

    yield begin
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_logging_goes_on_where_standard_error_was_replaced_and_closed(
    monkeypatch: pytest.MonkeyPatch, logged: Callable[..., io.StringIO]
) -> None:
    first, second = logged(as_json=False), io.StringIO()
    monkeypatch.setattr(sys, "stderr", second)
    first.close()
    structlog.get_logger("test").info("still_told")
    assert "still_told" in second.getvalue()


@pytest.mark.parametrize("as_json", [False, True])
def test_no_secret_is_written_whoever_logs_it(as_json: bool, logged: Callable[..., io.StringIO]) -> None:
    written = logged(as_json=as_json)
    ours, theirs = structlog.get_logger("test"), logging.getLogger("somebody.else")
    ours.info("refused", reason="card 4111 1111 1111 1111", parts=["my ssn is 123-45-6789"], text="pay 5")
    ours.warning("refused", error=ValueError("4111111111111111"), about={"4111-1111-1111-1111": 4111111111111111})
    theirs.error("bad request 4111 1111 1111 1111")
    for log in (ours, theirs):
        try:
            raise ValueError("no such card: 4111.1111.1111.1111")
        except ValueError:
            log.exception("failed")
    told = written.getvalue()
    assert "[card]" in told
    assert "[ssn]" in told
    assert told.count("Traceback") == 2
    assert not re.search(r"1111|6789|pay 5", told)


IDS = (
    "baa4424d05894055aba835eeb14336c8", "SM78678505935247c39832a13553364e09", "57a08f03-8640-4078-829c-1cff4dd8b6a2",
    "invoice:123456789", "+19195550101",
)  # fmt: skip


@pytest.mark.parametrize("number", IDS)
def test_ids_are_written_whole_although_some_look_like_a_card(number: str, logged: Callable[..., io.StringIO]) -> None:
    written = logged(as_json=True)
    structlog.get_logger("test").info("queued", conversation=number, ms=41210, at=f"job {number} of 3")
    assert json.loads(written.getvalue()) | {"conversation": number, "ms": 41210, "at": f"job {number} of 3"} == (
        json.loads(written.getvalue())
    )


def test_a_failing_step_is_logged_under_the_message_it_was_for(
    sqlite_core: Core, logged: Callable[..., io.StringIO]
) -> None:
    written = logged(as_json=True)
    latest = {"text": "my card is 4111 1111 1111 1111", "metadata": {"turn_id": "t1"}}
    call = {"next_action": "action_pay", "tracker": {"latest_message": latest}}
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"body": json.dumps(call).encode()}

    async def send(event: dict[str, Any]) -> None:
        statuses.append(event.get("status", 0))

    for _ in range(2):
        asyncio.run(webhook(sqlite_core)({"type": "http", "path": "/webhook", "method": "POST"}, receive, send))
        call = {"next_action": "action_pay", "tracker": {}}
    assert statuses[0] == statuses[2] == 500
    first, second = (json.loads(line) for line in written.getvalue().splitlines())
    assert (first["event"], first["turn"]) == ("an action failed", "t1")
    assert second["turn"] is None, "the id of one message is not kept for the next"

"""The whole way of teaching with a real Rasa and the tiny bot: misread, labelled, trained, compared, promoted, and then
understood, while members write and no turn is lost."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest

from channels.rasa import RasaClient, RasaFailed
from console.review import labels
from console.review.labels import Given
from console.teach import candidates
from gateway import training
from gateway.live_rasa import LiveRasa
from gateway.rasa_process import RasaProcess
from gateway.serving import free_port
from gateway.teaching import models
from gateway.teaching.teacher import FilesTeacher
from tests.console.conftest import LEE, Office, make_office, sqlite_office  # noqa: F401
from tests.runtime.conftest import SECRET, ActionServer

pytestmark = pytest.mark.rasa
MISREAD = "square me up mate"
SWAPPED_WITHIN_S = 300.0
WRITES_EVERY_S = 0.1
TRIES = 3


class Members:
    """Somebody writes all the time; `lost` is what no answer came to.

    Only where this test's own action server was too slow is a turn tried again, as the queue does; what a swap could do
    to it (nobody there, no answer in time) is never forgiven.
    """

    def __init__(self, client: RasaClient) -> None:
        self.answered = 0
        self.lost: list[list[str]] = []
        self._client = client
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(f"member-{number}",)) for number in range(2)]

    def __enter__(self) -> Members:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(30)

    def _write(self, sender: str) -> None:
        while not self._ended.wait(WRITES_EVERY_S):
            reasons: list[str] = []
            while len(reasons) < TRIES:
                try:
                    turn = self._client.turn(sender, "how much do i owe", "sms", {})
                    assert turn.replies
                    self.answered += 1
                    break
                except RasaFailed as failure:
                    reasons.append(failure.reason)
                    if failure.reason != "action_failed":
                        self.lost.append(reasons)
                        break
            else:
                self.lost.append(reasons)


def test_a_sentence_that_is_misread_is_taught_and_then_understood(
    sqlite_office: Office,  # noqa: F811
    sources: Path,
    tiny_model: Path,
    action_server: ActionServer,
    tmp_path: Path,
) -> None:
    office, core = sqlite_office, sqlite_office.core
    (sources / "models").mkdir()
    base = shutil.copy(tiny_model, training.model_path(sources))

    def rasa(model: Path) -> RasaProcess:
        return RasaProcess(free_port(), SECRET, action_server.url, tmp_path / "rasa.log", model=model)

    first = rasa(base)
    first.start()
    client = RasaClient(first.url, SECRET)
    live = LiveRasa(
        first, base, client=client, make=rasa, warm=lambda url: None,
        wanted=lambda: models.path_of(candidates.taught_by(candidates.in_force(core)), sources),
    )  # fmt: skip
    teacher = FilesTeacher(core, live.live, sources)
    try:
        first.wait_ready(SWAPPED_WITHIN_S)
        read = client.turn("kim", MISREAD, "sms", {})
        assert read.intent != "pay_bill"
        message = office.says(LEE, MISREAD, intent=read.intent, confidence=read.confidence or 0.0)
        for who in ("ann", "kim"):
            labels.give(core, who, message.id, Given("pay_bill"))
        row = candidates.start(core, teacher, "kim")
        with Members(client) as members:
            row = teacher.work.run(row.id)
            assert (row.state, row.trouble) == ("ready", "")
            taught = row.comparison["sets"]["taught"]
            assert (taught["live"], taught["candidate"], taught["count"]) == (0, 1, 1)
            candidates.promote(core, teacher, row.id, "kim")
            swapped(live, row.model)
            assert client.turn("kim", MISREAD, "sms", {}).intent == "pay_bill"
        assert members.lost == []
        assert members.answered > 20
    finally:
        live.stop()


def swapped(live: LiveRasa, model: str) -> None:
    """Look, as `duely up` does, until the model is served and the one before has ended."""
    limit = time.monotonic() + SWAPPED_WITHIN_S
    while f"{live.live().model}.tar.gz" != model or live.leaving:
        assert live.live().state != "failed", live.live().trouble
        assert time.monotonic() < limit, "the model was not swapped in time"
        live.look()
        time.sleep(0.05)

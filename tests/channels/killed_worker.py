"""A worker process that kills itself at a named moment; run by test_durable_queue, never imported.

Arguments: database address, carrier address, and where to die, which happens at the fourth passing: `before_rasa`,
`before_record`, `before_send`, `after_send`, `after_sid`. With `nowhere` it claims nothing and ends when all is done.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from typing import Any

from billing_core import Clock, open_core
from channels import inbox, outbox, record
from channels.app import assemble
from channels.config import ChannelConfig
from channels.durable_queue import DurableQueue
from channels.rasa import RasaClient
from channels.rasa_fake import FakeRasa

PHONES = ("+19195550101", "+19195550104", "+19195550109")
EACH = 3


def dying(function: Any, *, after: bool = False) -> Any:
    """The function, killing the process at its fourth call: before it, or after it was done."""
    calls = itertools.count(1)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        call = next(calls)
        if call == 4 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if call == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


def main(database: str, carrier_url: str, moment: str) -> None:
    core = open_core(database, clock=Clock.system())
    rasa = FakeRasa()
    config = ChannelConfig(
        public_url="http://127.0.0.1:8080",
        environment="test",
        secret_key="a-secret-key-for-tests-only",
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token="standin-token",
        twilio_from="+19195550000",
        twilio_api_url=carrier_url,
        twilio_unclear_seconds=1,
        executor="worker",
    )
    client = RasaClient("http://rasa.test", rasa.secret, http=rasa.client())
    channels = assemble(core, config, rasa=client)
    if moment == "before_rasa":
        client.turn = dying(client.turn)  # type: ignore[method-assign]
    elif moment == "before_record":
        record.write = dying(record.write)
    elif moment == "before_send":
        channels.carrier.send = dying(channels.carrier.send)  # type: ignore[method-assign]
    elif moment == "after_send":
        channels.carrier.send = dying(channels.carrier.send, after=True)  # type: ignore[method-assign]
    elif moment == "after_sid":
        outbox._taken = dying(outbox._taken, after=True)
    queue = channels.queue
    assert isinstance(queue, DurableQueue)
    queue.start()
    if moment != "nowhere":
        for number in range(EACH):
            for phone in PHONES:
                sid = f"SM{moment.replace('_', '')}{phone[-3:]}{number}"
                text = f"{moment} {number}"
                inbox.claim(core, queue, inbox.Inbound(channel="sms", address=phone, provider_id=sid, text=text))
    while not queue.idle():
        time.sleep(0.05)
    queue.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])

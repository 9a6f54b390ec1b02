"""The secure page in a conversation file: what a member's browser would post, to our origin and to the card form's."""

from __future__ import annotations

import re
from typing import Any

import httpx
from sqlalchemy import select

from channels import outbox
from channels.authorities import authorities
from channels.store import Message
from gateway.play.happenings import PageStep
from gateway.play.rehearsal import Rehearsal
from gateway.play.speaking import settle

ROUTING = "110000000"
_LINK = re.compile(r"/pay#([A-Za-z0-9]{43})")


class PageFailed(Exception):
    """The page did not do what the file says; the message is what it said instead."""


def enter(world: Rehearsal, step: PageStep) -> list[str]:
    """Open the newest link, save what the step names, and return what the conversation then says.

    With `fails`, the page must refuse in words that hold it, and the conversation hears nothing. Raises `PageFailed`.
    """
    token = _newest_link(world)
    with httpx.Client(base_url=world.url, timeout=60.0, verify=authorities()) as page:
        kind = "card" if step.card else "us_bank_account"
        answer = page.post("/pay/open", json={"token": token, "kind": kind})
        if answer.status_code == 200:
            answer = _type(world, page, token, answer.json()["setup"], step)
    said = _words(answer)
    if step.fails is not None:
        if answer.status_code == 200 or step.fails.lower() not in said.lower():
            raise PageFailed(f"expected the page to refuse with {step.fails!r}\n    got: {answer.status_code} {said}")
        return []
    if answer.status_code != 200:
        raise PageFailed(f"the page answered {answer.status_code}: {said}")
    return [] if step.guest else _told(world)


def _type(world: Rehearsal, page: httpx.Client, token: str, setup: str, step: PageStep) -> httpx.Response:
    """What is typed goes to the form's own origin; ours hears only that something was saved."""
    card = {"number": step.card, "expires": step.expires, "code": step.code}
    bank = {"routing": ROUTING, "account": step.bank, "again": step.bank, "type": step.type, "holder": "personal"}
    typed = (card if step.card else bank) | {"setup": setup}
    form = httpx.post(
        f"{world.tokenizer_url}/save",
        json=typed,
        headers={"origin": world.tokenizer_url},
        timeout=60.0,
        verify=authorities(),
    )
    if form.status_code != 200:
        return form
    return page.post("/pay/done", json={"token": token, "setup": form.json()["saved"], "agreed": True})


def _words(answer: httpx.Response) -> str:
    told: dict[str, Any] = answer.json()
    return str(told.get("detail") or told.get("declined") or told.get("faults") or told.get("title") or "")


def _newest_link(world: Rehearsal) -> str:
    with world.core.read() as session:
        rows = session.scalars(select(Message).where(Message.direction == "out").order_by(Message.at, Message.seq))
        linked = [row for row in rows if row.data.get("link_id")]
    found = _LINK.search(outbox.shown(world.channels, linked[-1])) if linked else None
    if found is None:
        raise PageFailed("no link to the secure page has been sent")
    return found[1]


def _told(world: Rehearsal) -> list[str]:
    """What the conversation says to what the page told it."""
    with world.core.read() as session:
        rows = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.at, Message.seq))
        event = [row for row in rows if "entered" in row.data][-1]
    settle(world, event.conversation_id)
    said = select(Message).where(
        Message.conversation_id == event.conversation_id, Message.direction == "out", Message.seq > event.seq
    )
    with world.core.read() as session:
        return [outbox.shown(world.channels, row) for row in session.scalars(said.order_by(Message.seq))]

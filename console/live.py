"""People who wait for a person: taken, answered and given back from here as from Slack (`channels.handoff.desk`)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from billing_core import errors, guests, methods, views
from billing_core.accounts import Account
from channels import identity, links
from channels.assembly import Channels
from channels.handoff import desk, linking
from channels.handoff.errors import HandoffError, HandoffNotFound, NoPayLink
from channels.handoff.store import Handoff
from channels.inbox import storable
from channels.outcome import LinkWish
from channels.store import Contact, Conversation
from console import allowed, answers, transcript
from console.drawing import draw, draw_if_new, mark
from console.gate import Gate
from console.sessions import Visit

# How much of a conversation stands beside the box to write in.
LAST_MESSAGES = 30


def router(gate: Gate) -> APIRouter:
    """The routes; the queue and an open conversation look again by themselves every five seconds."""
    routes = APIRouter(prefix="/live", include_in_schema=False)
    helps = Depends(gate.sees("live"))
    changes = Depends(gate.changes("live"))

    def press(request: Request, handoff_id: str, key: Annotated[str, Form()] = "", visit: Visit = changes) -> Pressed:
        return Pressed(gate, request, visit, handoff_id, storable(key)[:40])

    pressed = Depends(press)

    @routes.get("")
    def queue(request: Request, visit: Visit = helps) -> Response:
        gate.log(request, visit, "viewed_live")
        people = _queue(gate, visit)
        return draw("live.html", visit=visit, mark=mark("live_queue.html", **people), **people)

    @routes.get("/queue")
    def again(request: Request, seen: str = "", visit: Visit = helps) -> Response:
        gate.log_view(request, visit, "viewed_live")
        return draw_if_new("live_queue.html", seen, **_queue(gate, visit))

    @routes.get("/{handoff_id}")
    def one(request: Request, handoff_id: str, visit: Visit = helps) -> Response:
        return _one(gate, request, visit, handoff_id)

    @routes.get("/{handoff_id}/talk")
    def talk(request: Request, handoff_id: str, seen: str = "", visit: Visit = helps) -> Response:
        return draw_if_new("live_talk.html", seen, **_talk(gate, request, visit, handoff_id))

    @routes.post("/{handoff_id}/take")
    def take(pressed: Pressed = pressed) -> Response:
        return pressed.do("took", desk.take)

    @routes.post("/{handoff_id}/say")
    def say(words: Annotated[str, Form()] = "", pressed: Pressed = pressed) -> Response:
        def send(channels: Channels, handoff_id: str, agent: desk.Agent) -> object:
            return desk.say(channels, handoff_id, agent, words, pressed.once("console"))

        return pressed.do("said", send)

    @routes.post("/{handoff_id}/answer")
    def answer(
        answer: Annotated[str, Form()] = "", words: Annotated[str, Form()] = "", pressed: Pressed = pressed
    ) -> Response:
        # It is put into the box, where it can be changed before it is sent; nothing goes to the member.
        if answer in answers.table():
            pressed.log("used_answer", answer=answer)
        return _one(gate, pressed.request, pressed.visit, pressed.handoff_id, words=words, answer=answer)

    @routes.post("/{handoff_id}/link")
    def link(about: Annotated[str, Form()] = "", pressed: Pressed = pressed) -> Response:
        def send(channels: Channels, handoff_id: str, agent: desk.Agent) -> object:
            return linking.send_link(channels, handoff_id, agent, _wish(gate, handoff_id, about), pressed.once("link"))

        return pressed.do("sent_link", send)

    @routes.post("/{handoff_id}/release")
    def release(pressed: Pressed = pressed) -> Response:
        return pressed.do("gave_back", desk.release)

    return routes


@dataclass(frozen=True)
class Pressed:
    """A button of one hand-off that somebody pressed; `key` is the form's own, so that a second press or a reload does
    nothing twice."""

    gate: Gate
    request: Request
    visit: Visit
    handoff_id: str
    key: str

    def do(self, what: str, act: Callable[[Channels, str, desk.Agent], object]) -> Response:
        """Do it, write it into the audit log, and show the conversation; what cannot be done now is told there."""
        try:
            act(self.gate.channels, self.handoff_id, _agent(self.visit))
        except HandoffNotFound:
            raise HTTPException(404) from None
        except HandoffError as error:
            return _one(self.gate, self.request, self.visit, self.handoff_id, trouble=str(error))
        self.log(what)
        return RedirectResponse(f"/console/live/{self.handoff_id}", status_code=303)

    def log(self, what: str, **details: str) -> None:
        about = _found(self.gate, self.handoff_id).conversation_id
        self.gate.log(self.request, self.visit, what, about, handoff=self.handoff_id, **details)

    def once(self, kind: str) -> str:
        """What makes it the same press again."""
        return f"{kind}:{self.visit.digest[:16]}:{self.key}"


def _agent(visit: Visit) -> desk.Agent:
    """The member reads a first name: what stands before the first mark of the user's name."""
    return desk.Agent(key=f"console:{visit.name}"[:80], name=visit.name.split("@")[0].split(".")[0].title())


def _queue(gate: Gate, visit: Visit) -> dict[str, Any]:
    handoffs = desk.open_ones(gate.channels)
    with gate.core.read() as session:
        where = (
            select(Conversation.id, Contact, Account)
            .join(Contact, Contact.id == Conversation.contact_id)
            .outerjoin(Account, Account.id == Contact.account_id)
            .where(Conversation.id.in_([each.conversation_id for each in handoffs]))
        )
        people = {key: transcript.who(visit, contact, account) for key, contact, account in session.execute(where)}
    now, mine = gate.core.now(), _agent(visit).key
    rows = [
        (each, people[each.conversation_id], _minutes(now - each.opened_at), transcript.told(each)) for each in handoffs
    ]
    return {
        "waiting": [row for row in rows if row[0].taken_by is None],
        "held": [row for row in rows if row[0].taken_by is not None],
        "failed": len(gate.channels.queue.failed()),
        "mine": mine,
    }


def _minutes(waited: timedelta) -> int:
    return max(0, int(waited.total_seconds() // 60))


def _found(gate: Gate, handoff_id: str) -> Handoff:
    try:
        return desk.of(gate.channels, handoff_id)
    except HandoffNotFound:
        raise HTTPException(404) from None


def _wish(gate: Gate, handoff_id: str, about: str) -> LinkWish:
    """To add a method, to update this one of the account's, or for somebody else to pay what is due."""
    with gate.core.read() as session:
        account_id = desk.contact_of(session, handoff_id).account_id if _found(gate, handoff_id) else None
    if about == links.PAY:
        due_cents = _for_a_guest(gate, account_id)
        if not due_cents:
            raise NoPayLink
        return LinkWish(links.PAY, amount_cents=due_cents)
    saved = methods.saved(gate.core, account_id) if account_id is not None else []
    return next((LinkWish("update", row.id) for row in saved if str(row.id) == about), LinkWish())


def _for_a_guest(gate: Gate, account_id: str | None) -> int:
    """What somebody else may pay for this account by a link, in cents; 0 where that is nothing, or not allowed."""
    if account_id is None:
        return 0
    try:
        return guests.payable_cents(gate.core, account_id)
    except errors.BillingError:
        return 0


def _talk(gate: Gate, request: Request, visit: Visit, handoff_id: str) -> dict[str, Any]:
    """The hand-off with what was said, the newest of it; read by this person."""
    handoff = _found(gate, handoff_id)
    read = transcript.of(gate.core, visit, handoff.conversation_id)
    if read is None:
        raise HTTPException(404)
    gate.log_view(request, visit, "viewed", handoff.conversation_id)
    return {"handoff": handoff, "read": read, "messages": read.messages[-LAST_MESSAGES:]}


def _one(
    gate: Gate, request: Request, visit: Visit, handoff_id: str, *, trouble: str = "", words: str = "", answer: str = ""
) -> Response:
    talk = _talk(gate, request, visit, handoff_id)
    handoff, read = talk["handoff"], talk["read"]
    account = _account(gate, read.account)
    level = _level(gate, handoff.conversation_id)
    spoken = read.conversation.language or (read.account.language if read.account is not None else None)
    ready = answers.ready(gate.channels.config, account, spoken, proven=level >= "L2")
    chosen = next((each.words for each in ready if each.name == answer), "")
    return draw(
        "live_one.html",
        status=409 if trouble else 200,
        visit=visit,
        mark=mark("live_talk.html", **talk),
        **talk,
        told=transcript.told(handoff),
        account=account,
        level=level,
        ready=ready,
        allowed=allowed.today(gate.core, account) if account is not None else [],
        methods=methods.saved(gate.core, read.account.id) if read.account is not None else [],
        guest_cents=_for_a_guest(gate, read.account.id if read.account is not None else None),
        words="\n".join(each for each in (words.strip(), chosen) if each),
        chosen=bool(chosen),
        mine=_agent(visit).key,
        trouble=trouble,
        key=secrets.token_urlsafe(16),
    )


def _level(gate: Gate, conversation_id: str) -> str:
    """How sure we are at this moment of who is speaking (DESIGN 5)."""
    with gate.core.read() as session:
        conversation = session.get_one(Conversation, conversation_id)
        contact = session.get_one(Contact, conversation.contact_id)
    return identity.level_now(contact, conversation, gate.core.now())


def _account(gate: Gate, account: Account | None) -> dict[str, Any] | None:
    """The account as the core sees it at this moment."""
    if account is None:
        return None
    try:
        return views.account(gate.core, account.id)
    except errors.BillingError:
        return None

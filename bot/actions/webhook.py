"""The action server: one ASGI route that Rasa posts to, mounted on a loopback port of our own process.

Written on the bare ASGI interface because it is one route and needs nothing more (rasa-sdk's own server is four
processes on every interface). A step that fails answers 500 and says nothing about the message.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from structlog.contextvars import bind_contextvars, unbind_contextvars

from billing_core import Core
from bot.actions.account import AccountSummary, ViewInvoice
from bot.actions.answers import Affirm, Deny
from bot.actions.autopay import AutopayStatus, CancelAutopay, ChangeMethod, SetUpAutopay
from bot.actions.bill import AccountNumber, ExplainBill, PaymentHistory, TaxCredit
from bot.actions.changing import Change
from bot.actions.charges import BillingIssue, Dispute, DoubleCharge, PaymentError
from bot.actions.contact import ChangeContact
from bot.actions.coverage import Coverage, MinimumPayment, PaymentPlan
from bot.actions.delivery import Reminders, RequestPaper, RequestPaperless
from bot.actions.general import AcceptedMethods, Fees, Fixed, Misunderstood, OptOut, Person, Repeat, WaiveFee
from bot.actions.language import SetLanguage
from bot.actions.lock import DraftAmount, PauseAutopay, WhyLocked
from bot.actions.methods import AddMethod, RemoveMethod
from bot.actions.pay import Pay
from bot.actions.refund import RefundStatus, RequestRefund
from bot.actions.rejected import PaymentStatus, WhyRejected
from bot.actions.step import Step
from bot.actions.what_if import WhatIf

STEPS: tuple[type[Step], ...] = (
    AccountSummary,
    ViewInvoice,
    ExplainBill,
    TaxCredit,
    PaymentHistory,
    AccountNumber,
    MinimumPayment,
    Coverage,
    WhatIf,
    PaymentPlan,
    Pay,
    Affirm,
    Deny,
    Change,
    SetUpAutopay,
    CancelAutopay,
    AutopayStatus,
    WhyLocked,
    PauseAutopay,
    DraftAmount,
    ChangeMethod,
    AddMethod,
    RemoveMethod,
    RequestPaper,
    RequestPaperless,
    Reminders,
    WhyRejected,
    PaymentStatus,
    AcceptedMethods,
    Fees,
    DoubleCharge,
    PaymentError,
    BillingIssue,
    Dispute,
    RequestRefund,
    RefundStatus,
    WaiveFee,
    Fixed,
    Person,
    Repeat,
    OptOut,
    SetLanguage,
    Misunderstood,
)

# No rule of Rasa's leads to these: they hear a message by its words (`Step.hears`).
HEARERS: tuple[type[Step], ...] = (ChangeContact,)

Asgi = Callable[[Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]
log = logging.getLogger("duely.actions")


def webhook(core: Core) -> Asgi:
    """The ASGI app that runs the steps: POST /webhook as Rasa's action endpoint expects, GET /health."""
    executor = ActionExecutor()
    for step in STEPS:
        executor.register_action(step(core))

    async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"] == "/webhook" and scope["method"] == "POST":
            status, body = await _run(executor, await _body(receive))
            await _respond(send, status, body)
        elif scope["type"] == "http":
            await _respond(send, *((200, {"status": "ok"}) if scope["path"] == "/health" else (404, {"error": "path"})))

    return app


async def _run(executor: ActionExecutor, body: bytes) -> tuple[int, Any]:
    try:
        call = json.loads(body)
        # Whatever is logged meanwhile names the member's message, as the channel told it to Rasa.
        latest = call.get("tracker", {}).get("latest_message") or {}
        bind_contextvars(turn=(latest.get("metadata") or {}).get("turn_id"))
        result = await executor.run(call)
    except ActionExecutionRejection as rejection:
        return 400, {"error": str(rejection), "action_name": rejection.action_name}
    except ActionNotFoundException as missing:
        return 404, {"error": str(missing), "action_name": missing.action_name}
    except Exception:
        # The traceback names our own code and never the message; the channel above answers the member.
        log.exception("an action failed")
        return 500, {"error": "action failed"}
    finally:
        unbind_contextvars("turn")
    return 200, result.model_dump() if result is not None else {}


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    parts = []
    while True:
        event = await receive()
        parts.append(event.get("body", b""))
        if not event.get("more_body"):
            return b"".join(parts)


async def _respond(send: Callable[[Any], Awaitable[None]], status: int, body: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def _lifespan(receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return

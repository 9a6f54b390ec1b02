"""`POST /stripe/webhook`: Stripe tells what became of payments; signed, counted once, answered when it is written down.

Without a webhook secret, or with a signature that does not hold, everything is refused (403). An answer of 2xx means
that the event is in the database; on anything else Stripe delivers it again.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from billing_core import Core
from billing_core.events import Effect

log = structlog.get_logger(__name__)

LARGEST_BODY = 512 * 1024
_ANSWERS: dict[int | str, dict[str, object]] = {
    400: {"description": "Signed, but not an event"},
    403: {"description": "Not signed by Stripe with our secret, or too long ago"},
    413: {"description": "Larger than any event of Stripe's"},
    503: {"description": "What was saved could not be read now; Stripe delivers it again"},
}


# Saves what was entered by a setup (its id, our reference); False to be told once more.
Entered = Callable[[str, str], bool]


def router(core: Core, secret: str, entered: Entered = lambda _setup, _reference: True) -> APIRouter:
    """The route, checking signatures with `secret`; an empty one refuses all. `entered` hears of saved methods."""
    routes = APIRouter(tags=["stripe"])

    @routes.post("/stripe/webhook", status_code=204, response_class=Response, responses=_ANSWERS)
    async def webhook(request: Request) -> Response:
        """An event of Stripe's."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                return PlainTextResponse("Too large.", status_code=413)
        signature = request.headers.get("stripe-signature", "")
        if not secret or not signature:
            return PlainTextResponse("Forbidden.", status_code=403)
        return await run_in_threadpool(_receive, core, bytes(body), signature, secret, entered)

    return routes


def _receive(core: Core, body: bytes, signature: str, secret: str, entered: Entered) -> Response:
    # Imported here: the SDK is not needed where Stripe is not used, and no secret means that it is not.
    from billing_core.processors import stripe_events

    try:
        effect = stripe_events.receive(core, body, signature, secret)
    except stripe_events.NotFromStripe:
        log.warning("webhook_refused", path="/stripe/webhook")
        return PlainTextResponse("Forbidden.", status_code=403)
    except stripe_events.NotAnEvent:
        return PlainTextResponse("Not an event.", status_code=400)
    setup = stripe_events.setup_in(body)
    # Asked at each delivery, also of an event that was counted before: the one before may have died in between.
    if setup is not None and not entered(setup.id, setup.reference):
        return PlainTextResponse("Not yet.", status_code=503)
    (log.warning if effect is Effect.PERSON else log.info)("stripe_event", effect=effect.value)
    return Response(status_code=204)

"""The secure page: where a member saves a card or bank account at the processor, and we learn what was saved.

`GET /pay` is the same for everybody and uses nothing up. The page takes the link's token from behind the `#` and posts
it: once to open the processor's form, once to say that something was saved, which we then ask the processor itself.
Unknown, old, used and other people's links are told in the same words. Card numbers never come here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, StringConstraints
from starlette.concurrency import run_in_threadpool

from billing_core import adding, guests, methods, translated
from billing_core.adding import Added
from billing_core.errors import MethodDisabled, MethodNotAccepted, MethodRefused, MethodUnknown
from billing_core.processors import Declined, Entered, Kind, Unknown
from channels import links, pay_link, session
from channels.assembly import Channels
from channels.config import ChannelConfig
from channels.entry_saving import opened, processor_of, save, saved_before
from channels.pages import words
from channels.pages.router import page
from channels.problems import problem
from channels.store import SecureLink
from channels.words import say, spoken, spoken_in

log = structlog.get_logger(__name__)

Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{43}$")]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    402: {"description": "The processor declined what was entered; `detail` is the reason for the member"},
    403: {"description": "Not from a page of ours"},
    404: {"description": "The link is unknown, old, used or somebody else's"},
    409: {"description": "This issuer does not take what was entered; `detail` says so"},
    503: {"description": "The processor gave no answer; nothing was saved"},
}
STRIPE = "https://js.stripe.com https://*.js.stripe.com"


class Asking(BaseModel):
    """What every request of the page carries: the link's token, and the language that the page speaks."""

    token: Token
    language: Literal["en", "es"] = "en"


class Opening(Asking):
    """What the page asks first; with a `kind`, for that form of the processor's."""

    kind: Kind | None = None


class Agreeing(Asking):
    """What the page says before a bank account is saved at the processor."""


class Finishing(Asking):
    """What the page says when the processor has saved something: the setup's name, which proves nothing by itself."""

    setup: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    agreed: bool = False


def router(channels: Channels) -> APIRouter:
    """`GET /pay`, `POST /pay/open`, `POST /pay/agree` and `POST /pay/done`."""
    routes = APIRouter(tags=["secure entry"])
    headers = page_headers(channels.config)

    @routes.get(links.PATH, include_in_schema=False)
    def entry_page() -> Response:
        answer = page("entry.html", words=words.of("entry"), **form_of(channels.config))
        answer.headers.update(headers)
        return answer

    @routes.post(f"{links.PATH}/open", response_class=JSONResponse, responses=_ANSWERS)
    async def open_(request: Request, asked: Opening) -> Response:
        """What the link is for, and the processor's setup once a kind was chosen."""
        return await run_in_threadpool(_ours, channels, request, asked, _open)

    @routes.post(f"{links.PATH}/agree", response_class=JSONResponse, responses=_ANSWERS)
    async def agree(request: Request, asked: Agreeing) -> Response:
        """The authorization that was shown is agreed to; kept before anything is saved, which may never be told."""
        return await run_in_threadpool(_ours, channels, request, asked, _agree)

    @routes.post(f"{links.PATH}/done", response_class=JSONResponse, responses=_ANSWERS)
    async def done(request: Request, asked: Finishing) -> Response:
        """Ask the processor what was saved, put it on file, and tell the conversation, once."""
        return await run_in_threadpool(_ours, channels, request, asked, _done)

    return routes


def form_of(config: ChannelConfig) -> dict[str, str]:
    """Whose form the page holds: Stripe's where its key is set, else the sandbox's."""
    if config.stripe_publishable_key:
        return {"processor": "stripe", "key": config.stripe_publishable_key, "form": ""}
    return {"processor": "sandbox", "key": "", "form": config.tokenizer_url}


def page_headers(config: ChannelConfig) -> dict[str, str]:
    """The page's own policy: our files and one processor's, shown in no frame, told to no other site.

    Stripe.js must come from Stripe and sets styles of its own (docs.stripe.com/security/guide)."""
    stripe = bool(config.stripe_publishable_key)
    form = urlsplit(config.tokenizer_url)
    frames = f"{STRIPE} https://hooks.stripe.com" if stripe else f"{form.scheme}://{form.netloc}"
    policy = [
        "default-src 'none'",
        f"script-src 'self'{f' {STRIPE}' if stripe else ''}",
        f"style-src 'self'{' ' + repr('unsafe-inline') if stripe else ''}",
        "img-src 'self' data:",
        f"connect-src 'self'{' https://api.stripe.com' if stripe else ''}",
        f"frame-src {frames if stripe or form.netloc else repr('none')}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return {
        "content-security-policy": "; ".join(policy),
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
        # A bank's own log-in may open in a window that has to come back to us.
        "cross-origin-opener-policy": "same-origin-allow-popups" if stripe else "same-origin",
    }


def _ours(channels: Channels, request: Request, asked: Any, act: Any) -> Response:
    """Refuse other sites' pages, and hand on who is signed in here, if anybody is."""
    origin = request.headers.get("origin")
    if origin is not None and origin not in channels.config.origins():
        return problem(403)
    who = session.read(channels, request)
    with spoken_in(asked.language):
        answer: Response = act(channels, asked, who.account_id if who is not None else None)
    answer.headers["cache-control"] = "no-store"
    return answer


def _open(channels: Channels, asked: Opening, signed_in: str | None) -> Response:
    core = channels.core
    with core.write() as writing:
        found = opened(channels, writing, asked.token, signed_in)
    if found is None:
        return problem(404)
    link, account = found.link, found.account
    guest = link.purpose == links.PAY
    if guest and not pay_link.still_due(channels, link):
        return problem(404)
    old = next((row for row in methods.saved(core, account.id) if row.id == link.method_id), None)
    told: dict[str, Any] = {
        "purpose": link.purpose,
        "method": translated.of(old.label, found.language) if old else None,
        "kinds": found.kinds,
        "issuer": account.profile.short_name,
        "channel": found.conversation.channel,
        # The member's; the page of a guest goes on in the language of the guest's browser.
        "language": found.language,
    }
    if guest:
        told = pay_link.told(link, account)
    if asked.kind is None:
        return JSONResponse(told)
    if asked.kind not in found.kinds:
        return problem(409, say("entry_not_taken", issuer=account.profile.short_name))
    setup = processor_of(channels).create_setup(None if guest else account.id, kinds=[asked.kind], reference=link.id)
    if isinstance(setup, Unknown):
        return problem(503, say("entry_no_answer"))
    language = spoken()
    text = guests.bank_text(account, link.amount_cents or 0, language) if guest else adding.bank_text(account, language)
    text = text if asked.kind == "us_bank_account" else ""
    if text:
        with core.write() as writing:
            writing.get_one(SecureLink, link.id).shown = text
    return JSONResponse(told | {"setup": setup, "authorization": text})


def _agree(channels: Channels, asked: Agreeing, signed_in: str | None) -> Response:
    with channels.core.write() as writing:
        found = opened(channels, writing, asked.token, signed_in)
        if found is None or found.link.shown is None:
            return problem(404)
        found.link.agreed_at = channels.core.clock.now()
    return JSONResponse({})


def _done(channels: Channels, asked: Finishing, signed_in: str | None) -> Response:
    with channels.core.read() as reading:
        known = links.of(reading, asked.token)
    if known is not None and known.purpose == links.PAY:
        try:
            return JSONResponse(pay_link.pay(channels, asked.token, asked.setup, agreed=asked.agreed))
        except pay_link.NotNow as refused:
            return problem(refused.status, refused.words)
    with channels.core.write() as writing:
        found = opened(channels, writing, asked.token, signed_in)
    if found is None:
        return _saved_or_gone(channels, asked, signed_in)
    link, issuer = found.link, found.account.profile.short_name
    what = processor_of(channels).read_setup(found.account.id, asked.setup, reference=link.id)
    if isinstance(what, Declined):
        return problem(402, translated.of(adding.why_not_saved(what.code), spoken()))
    if isinstance(what, Unknown):
        return problem(503, say("entry_no_answer"))
    if what.kind != "card" and not (asked.agreed and link.shown):
        return problem(409, say("entry_not_agreed"))
    try:
        added = _save(channels, asked, signed_in, what)
    except MethodRefused as refusal:
        return problem(409, _refused(refusal, issuer, channels.config.person_phone))
    if added is None:
        return _saved_or_gone(channels, asked, signed_in)
    channels.hub.notify(link.conversation_id)
    log.info("method_saved", conversation=link.conversation_id, kind=what.kind, renewed=added.renewed, by="page")
    method = translated.of(added.label, spoken())
    return JSONResponse({"method": method, "waits": added.waits, "channel": found.conversation.channel})


def _saved_or_gone(channels: Channels, asked: Finishing, signed_in: str | None) -> Response:
    """The link opens nothing: because the processor's event, or this very request before, has saved it already?"""
    told = saved_before(channels, asked.token, asked.setup, signed_in)
    return JSONResponse(told | {"method": translated.of(told["method"], spoken())}) if told else problem(404)


def _save(channels: Channels, asked: Finishing, signed_in: str | None, what: Entered) -> Added | None:
    with channels.core.write() as writing:
        found = opened(channels, writing, asked.token, signed_in)
        if found is None:
            return None
        return save(channels, writing, found, asked.setup, what, language=asked.language)


def _refused(refusal: MethodRefused, issuer: str, phone: str) -> str:
    names: dict[type[MethodRefused], Literal["entry_not_accepted", "entry_unknown", "entry_disabled"]] = {
        MethodNotAccepted: "entry_not_accepted",
        MethodUnknown: "entry_unknown",
        MethodDisabled: "entry_disabled",
    }
    method = translated.of(str(getattr(refusal, "label", "")), spoken())
    return say(names[type(refusal)], issuer=issuer, method=method, phone=phone)

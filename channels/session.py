"""Who a browser is: a cookie signed by us, never an identifier the page chose (USER_ASKS 22)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection
from starlette.responses import Response

from billing_core import accounts
from billing_core.errors import AccountNotFound
from channels import trust
from channels.assembly import Channels
from channels.inbox import contact_for, conversation_for
from channels.pages import words
from channels.store import Contact, Conversation
from channels.surface import address
from channels.words import LANGUAGES

COOKIE = "duely_session"
# However active, a session ends then (NIST 800-63B, AAL2); an idle one sooner.
LASTS = timedelta(hours=12)
_SALT = "duely.web-session"


@dataclass(frozen=True)
class WebSession:
    """One browser's conversation; `name` is how the page greets the member, `language` what it is labelled in."""

    conversation_id: str
    address: str
    account_id: str | None
    name: str
    language: str = LANGUAGES[0]


def start(channels: Channels, account_id: str | None) -> WebSession:
    """A new session with a conversation of its own. With an account it is trusted (L2): the caller has proved it.

    Raises `AccountNotFound`. Without an account the visitor is a stranger (L0).
    """
    account = accounts.get(channels.core, account_id) if account_id else None
    browser = secrets.token_hex(16)
    now = channels.core.clock.now()
    with channels.core.write() as session:
        contact = contact_for(session, "web", browser)
        if account is not None:
            contact.account_id = account.id
            contact.trusted_at = now
        conversation = conversation_for(session, contact, now)
    return WebSession(conversation.id, browser, account_id, account.name if account else "Guest")


def read(channels: Channels, connection: HTTPConnection) -> WebSession | None:
    """The session of a request or web socket, or None when its cookie is missing, old, or not ours, or it has ended."""
    cookie = connection.cookies.get(COOKIE, "")
    try:
        conversation_id = str(_signer(channels).loads(cookie, max_age=int(LASTS.total_seconds())))
    except BadData:
        return None
    with channels.core.read() as session:
        contact = going_on(session, conversation_id, channels.core.clock.now())
        language = session.get_one(Conversation, conversation_id).language if contact is not None else None
    if contact is None:
        return None
    if contact.account_id is None:
        # Until a stranger has written, their browser says what they read.
        wanted = language or words.asked_for(connection.headers.get("accept-language", ""))
        return WebSession(conversation_id, contact.address, None, "Guest", wanted)
    try:
        account = accounts.get(channels.core, contact.account_id)
    except AccountNotFound:
        return None
    return WebSession(conversation_id, contact.address, account.id, account.name, language or account.language)


def visit(channels: Channels, connection: HTTPConnection) -> WebSession | None:
    """The same for a page that a member opens, which keeps an unended session from being idle."""
    who = read(channels, connection)
    if who is not None:
        with channels.core.write() as session:
            contact_for(session, "web", who.address).heard_at = channels.core.clock.now()
    return who


def going_on(session: Session, conversation_id: str, now: datetime) -> Contact | None:
    """The browser behind a conversation, unless it signed out, or was idle for half an hour with a member's account."""
    conversation = session.get(Conversation, conversation_id)
    contact = session.get(Contact, conversation.contact_id) if conversation else None
    if conversation is None or contact is None or contact.channel != "web" or contact.lost_at is not None:
        return None
    active = max(each for each in (contact.heard_at, contact.trusted_at, conversation.created_at) if each is not None)
    idle = contact.account_id is not None and now - active >= trust.IDLE_ENDS_SESSION
    return None if idle else contact


def end(channels: Channels, who: WebSession) -> None:
    """Sign out: no cookie opens this conversation again."""
    now = channels.core.clock.now()
    with channels.core.write() as session:
        contact = contact_for(session, "web", who.address)
        contact.trusted_at, contact.lost_at = None, now
        conversation = session.get_one(Conversation, who.conversation_id, with_for_update=True)
        conversation.level = conversation.level_until = None
    channels.hub.notify(who.conversation_id)


def give(channels: Channels, response: Response, session: WebSession, *, embedded: bool = False) -> None:
    """Put the session's cookie on a response; `embedded` for one that must reach us from inside a portal's page."""
    response.set_cookie(
        COOKIE,
        _signer(channels).dumps(session.conversation_id),
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        secure=channels.config.secure or embedded,
        samesite="none" if embedded else "lax",
    )
    if embedded:
        # Kept apart for each portal that frames us; the library knows the word only from Python 3.14 on.
        response.headers["set-cookie"] += "; Partitioned"


def caller(channels: Channels, connection: HTTPConnection) -> str:
    """Where a browser calls from, as a keyed digest: enough to count its tries, and no address to keep."""
    told = f"caller {address(connection, channels.config.proxies)}".encode()
    return hmac.new(channels.config.secret_key.encode(), told, hashlib.sha256).hexdigest()[:32]


def _signer(channels: Channels) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(channels.config.secret_key, salt=_SALT)

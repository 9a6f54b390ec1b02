"""E-mail: the port, SMTP with the standard library, and a folder that stands in where no server is set.

SMTP has no way to ask whether a message was taken, so one whose sending was cut short is sent again under the same
Message-ID: the member's mail program shows it once.
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from channels.notices.post import Letterbox

LIMIT_SECONDS = 20.0
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


class AddressRefused(Exception):
    """Nothing can be delivered to this address: a hard bounce (5xx at RCPT); `code` is the server's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MailRefused(Exception):
    """This message will not be taken, now or later; the address may be good."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MailLater(Exception):
    """Not taken now, or not known: send it again later, under the same Message-ID."""


class Mailer(Protocol):
    """Hands over one message; raises `AddressRefused`, `MailRefused` or `MailLater`."""

    def send(self, message: EmailMessage) -> None: ...


class SmtpMailer:
    """`smtp://user:password@host:port` (STARTTLS, which only loopback may lack) or `smtps://` (TLS from the start).

    Raises ValueError for an address of another kind.
    """

    def __init__(self, url: str, *, limit_seconds: float = LIMIT_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("it must be smtp://host:port or smtps://host:port")
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or (465 if self._tls else 587)
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._limit_seconds = limit_seconds

    def send(self, message: EmailMessage) -> None:
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            raise (AddressRefused(str(code)) if code >= 500 else MailLater(str(code))) from refused
        except smtplib.SMTPNotSupportedError as error:
            raise MailRefused("not_supported") from error
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            # Ours or the server's matter, not this message's: somebody will put it right.
            raise MailLater(str(error.smtp_code)) from error
        except smtplib.SMTPResponseException as error:
            raise (MailRefused if error.smtp_code >= 500 else MailLater)(str(error.smtp_code)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailLater(type(error).__name__) from error

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self._tls:
            server = smtplib.SMTP_SSL(self._host, self._port, timeout=self._limit_seconds, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._limit_seconds)
        try:
            server.ehlo()
            if not self._tls and server.has_extn("starttls"):
                server.starttls(context=context)
            elif not self._tls and self._host not in _LOOPBACK:
                raise MailLater("the server offers no STARTTLS, and bills are not sent in the clear")
            if self._login:
                server.login(*self._login)
        except BaseException:
            server.close()
            raise
        return server


class FolderMailer:
    """Keeps each message as a file, for development and rehearsals; the same Message-ID is the same file."""

    def __init__(self, folder: Path) -> None:
        self._box = Letterbox(folder)

    def send(self, message: EmailMessage) -> None:
        name = parseaddr(message["Message-ID"])[1].partition("@")[0]
        self._box.put(f"{name}.eml", message.as_bytes())


def message_id(key: str, sender: str) -> str:
    """The Message-ID of a notice's e-mail: the same every time it is sent."""
    domain = parseaddr(sender)[1].partition("@")[2] or "duely.invalid"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def composed(*, to: str, sender: str, subject: str, body: str, key: str, language: str, at: datetime) -> EmailMessage:
    """The message; raises `AddressRefused` for an address that cannot stand in a header."""
    message = EmailMessage()
    try:
        message["To"] = to
    except (ValueError, IndexError):
        raise AddressRefused("malformed") from None
    message["From"] = sender
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(key, sender)
    message["Auto-Submitted"] = "auto-generated"
    # First the content, which takes away every header about content that was there before.
    message.set_content(body)
    message["Content-Language"] = language
    return message

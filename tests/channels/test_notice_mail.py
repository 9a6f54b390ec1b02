"""E-mail over real SMTP: what the server says decides, and a message that is sent again is recognised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.notices import FolderMailer, Letterbox, SmtpMailer
from channels.notices.mail import AddressRefused, MailLater, MailRefused, composed, message_id
from gateway.serving import free_port

SENDER = "Our Plan <bills@plan.example>"
AT = datetime(2026, 12, 27, 14, tzinfo=UTC)


@dataclass
class Inbox:
    """What a server of the test's own took; `at_rcpt` and `at_data` are its answers."""

    taken: list[EmailMessage] = field(default_factory=list)
    at_rcpt: str = "250 OK"
    at_data: str = "250 OK"
    port: int = 0

    async def handle_RCPT(self, _s: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any) -> str:
        if self.at_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_rcpt

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.at_data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return self.at_data


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    found = Inbox(port=free_port())
    controller = Controller(found, hostname="127.0.0.1", port=found.port)
    controller.start()
    yield found
    controller.stop()


def mailer(inbox: Inbox) -> SmtpMailer:
    return SmtpMailer(f"smtp://127.0.0.1:{inbox.port}", limit_seconds=5)


def message(body: str = "On 1 de enero: $413.40", **values: Any) -> EmailMessage:
    given: dict[str, Any] = {
        "to": "ana@example.com", "sender": SENDER, "subject": "Recibo: confirmación", "body": body, "key": "draft:1",
        "language": "es", "at": AT,
    }  # fmt: skip
    return composed(**(given | values))


def test_a_message_arrives_whole_with_its_subject_language_and_sender(inbox: Inbox) -> None:
    mailer(inbox).send(message("Pagará $413.40 el 1 de enero.\n"))
    (got,) = inbox.taken
    assert got["Subject"] == "Recibo: confirmación"
    assert got["From"] == SENDER
    assert got["To"] == "ana@example.com"
    assert got["Content-Language"] == "es"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content().strip() == "Pagará $413.40 el 1 de enero."


def test_the_same_notice_has_the_same_message_id_and_another_one_another(inbox: Inbox) -> None:
    for key in ("draft:1", "draft:1", "draft:2"):
        mailer(inbox).send(message(key=key))
    first, again, other = (each["Message-ID"] for each in inbox.taken)
    assert first == again == message_id("draft:1", SENDER)
    assert other != first
    assert first.endswith("@plan.example>")


@pytest.mark.parametrize(
    ("answer", "error"), [("550 no such user", AddressRefused), ("553 no", AddressRefused), ("450 later", MailLater)]
)
def test_what_is_said_about_the_address_decides(inbox: Inbox, answer: str, error: type[Exception]) -> None:
    inbox.at_rcpt = answer
    with pytest.raises(error):
        mailer(inbox).send(message())
    assert inbox.taken == []


@pytest.mark.parametrize(("answer", "error"), [("554 spam", MailRefused), ("451 later", MailLater)])
def test_what_is_said_about_the_message_does_not_damn_the_address(
    inbox: Inbox, answer: str, error: type[Exception]
) -> None:
    inbox.at_data = answer
    with pytest.raises(error):
        mailer(inbox).send(message())


def test_a_server_that_is_away_is_tried_again_later() -> None:
    with pytest.raises(MailLater):
        SmtpMailer("smtp://127.0.0.1:9", limit_seconds=2).send(message())


def test_an_address_that_would_break_a_header_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(AddressRefused):
        message(to="ana@example.com\nBcc: all@example.com")


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25"])
def test_an_address_that_is_no_mail_server_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        SmtpMailer(url)


def test_a_folder_keeps_a_message_once(tmp_path: Path) -> None:
    box = FolderMailer(tmp_path)
    box.send(message())
    box.send(message())
    (kept,) = tmp_path.iterdir()
    assert b"$413.40" in kept.read_bytes()


def test_a_letter_that_is_there_stays_as_it_is_and_nothing_half_written_is_seen(tmp_path: Path) -> None:
    box = Letterbox(tmp_path / "post")
    box.put("a.txt", b"first")
    box.put("a.txt", b"second")
    assert [each.name for each in box.folder.iterdir()] == ["a.txt"]
    assert (box.folder / "a.txt").read_bytes() == b"first"

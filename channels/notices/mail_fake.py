"""The fake beside the port: keeps the e-mails it takes, and fails as it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage

from channels.notices.mail import AddressRefused, MailLater, MailRefused


@dataclass
class FakeMailer:
    """`plan` says how the next ones go: bounced, refused, later, taken_later (taken, but the answer is lost), dies."""

    taken: list[EmailMessage] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)

    def send(self, message: EmailMessage) -> None:
        plan = self.plan.pop(0) if self.plan else "ok"
        if plan == "bounced":
            raise AddressRefused("550")
        if plan == "refused":
            raise MailRefused("554")
        if plan == "later":
            raise MailLater("451")
        self.taken.append(message)
        if plan == "taken_later":
            raise MailLater("connection lost")
        if plan == "dies":
            raise KeyboardInterrupt

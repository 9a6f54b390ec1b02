"""Notices on their way to members: chosen way by way, worded in the member's language, sent in sending hours, once.

`send_due` does what is due now; whoever runs it may run it as often and in as many processes as they like.
"""

from __future__ import annotations

from channels.notices.mail import FolderMailer, Mailer, SmtpMailer
from channels.notices.post import Letterbox
from channels.notices.sending import Tally, Ways, send_due

__all__ = ["FolderMailer", "Letterbox", "Mailer", "SmtpMailer", "Tally", "Ways", "send_due"]

"""Notices sent by themselves: a thread that looks every few seconds for what is due, and what letters leave by."""

from __future__ import annotations

from pathlib import Path

from channels.assembly import Channels
from channels.notices import FolderMailer, Letterbox, Mailer, SmtpMailer, Ways, send_due
from gateway.looking import EVERY_S, Looker
from gateway.settings import Settings
from gateway.training import ROOT

# Whom e-mail comes from where no setting says it, which production does not allow.
NOBODY = "Duely <bills@duely.example>"


def ways(settings: Settings) -> Ways:
    """What `settings` say notices leave by; without an SMTP server e-mails are kept as files (not in production)."""
    folder = Path(settings.post_folder)
    folder = folder if folder.is_absolute() else ROOT / folder
    url = settings.smtp_url.get_secret_value()
    mailer: Mailer = SmtpMailer(url) if url else FolderMailer(folder / "email")
    return Ways(mailer, Letterbox(folder), settings.email_from or NOBODY)


class NoticeSender(Looker):
    """Sends what is due, for as long as it runs."""

    def __init__(self, channels: Channels, ways: Ways, *, every_s: float = EVERY_S) -> None:
        super().__init__("notices", lambda: send_due(channels, ways), every_s=every_s)

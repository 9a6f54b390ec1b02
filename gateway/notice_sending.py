"""Notices sent by themselves: a thread that looks every few seconds for what is due, and what letters leave by."""

from __future__ import annotations

import threading
from pathlib import Path

import structlog

from channels.assembly import Channels
from channels.notices import FolderMailer, Letterbox, Mailer, SmtpMailer, Ways, send_due
from gateway.settings import Settings
from gateway.training import ROOT

log = structlog.get_logger(__name__)

EVERY_S = 5.0
# Whom e-mail comes from where no setting says it, which production does not allow.
NOBODY = "Duely <bills@duely.example>"


def ways(settings: Settings) -> Ways:
    """What `settings` say notices leave by; without an SMTP server e-mails are kept as files (not in production)."""
    folder = Path(settings.post_folder)
    folder = folder if folder.is_absolute() else ROOT / folder
    url = settings.smtp_url.get_secret_value()
    mailer: Mailer = SmtpMailer(url) if url else FolderMailer(folder / "email")
    return Ways(mailer, Letterbox(folder), settings.email_from or NOBODY)


class NoticeSender:
    """Looks at once and then every `every_s` seconds, until it is stopped; several processes may each have one."""

    def __init__(self, channels: Channels, ways: Ways, *, every_s: float = EVERY_S) -> None:
        self._channels = channels
        self._ways = ways
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="notices", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _look_on(self) -> None:
        while not self._stopping.is_set():
            try:
                done = send_due(self._channels, self._ways)
            except Exception:
                log.exception("notices_failed", again_in_seconds=self._every_s)
            else:
                if done:
                    log.info("notices_sent", **done)
            self._stopping.wait(self._every_s)

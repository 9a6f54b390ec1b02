"""Notices send themselves in a running Duely, by what the settings say."""

from __future__ import annotations

import threading
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from billing_core import Core, notices
from channels import demo
from channels.app import assemble
from channels.assembly import Channels
from channels.config import ChannelConfig
from channels.notices import FolderMailer, Letterbox, SmtpMailer, Ways
from channels.queue import InlineQueue
from gateway.notice_sending import NOBODY, NoticeSender, ways
from gateway.settings import Settings, SettingWrong, load
from tests import casting


@pytest.fixture
def channels(sqlite_core: Core) -> Channels:
    casting.load(sqlite_core)
    config = ChannelConfig(public_url="https://duely.example", environment="test", secret_key="a-secret-key-for-tests")
    made = assemble(sqlite_core, config, queue=InlineQueue)
    demo.load_contacts(made)
    return made


class Heard:
    """A mailer that fails once as a broken program does, and then says that it was given something."""

    def __init__(self) -> None:
        self.given = threading.Event()
        self.failed = threading.Event()

    def send(self, message: EmailMessage) -> None:
        if not self.failed.is_set():
            self.failed.set()
            raise RuntimeError("broken")
        self.given.set()


def settings(**given: object) -> Settings:
    return Settings.model_construct(environment="test", **given)


def copy_of_terms(core: Core, key: str) -> None:
    facts = {"variant": "card", "draft_on": "2027-01-01", "open_on": "2027-01-07"}
    with core.write() as session:
        notices.record(session, "lee", "lock_refused", key, core.now(), facts)


def test_what_waits_is_sent_by_itself_and_a_failure_ends_nothing(channels: Channels, tmp_path: Path) -> None:
    mailer = Heard()
    sender = NoticeSender(channels, Ways(mailer, Letterbox(tmp_path), NOBODY), every_s=0.01)
    copy_of_terms(channels.core, "lock:1")
    sender.start()
    assert mailer.failed.wait(60)
    copy_of_terms(channels.core, "lock:2")
    assert mailer.given.wait(60)
    sender.stop()


def test_without_a_mail_server_emails_are_kept_as_files_beside_the_letters(tmp_path: Path) -> None:
    found = ways(settings(post_folder=str(tmp_path)))
    assert isinstance(found.mailer, FolderMailer)
    assert found.letters.folder == tmp_path
    assert found.sender == NOBODY


def test_with_a_mail_server_email_leaves_by_it_under_our_name(tmp_path: Path) -> None:
    given = settings(
        post_folder=str(tmp_path),
        smtp_url=SecretStr("smtps://mail.example"),
        email_from="Our Plan <bills@plan.example>",
    )
    found = ways(given)
    assert isinstance(found.mailer, SmtpMailer)
    assert found.sender == "Our Plan <bills@plan.example>"


def test_a_mail_address_of_another_kind_is_refused_with_its_setting_and_without_its_password() -> None:
    with pytest.raises(SettingWrong, match=r"^DUELY_SMTP_URL cannot be used: it must be smtp://") as refused:
        load(smtp_url="imap://user:hunter2@mail.example")
    assert "hunter2" not in str(refused.value)

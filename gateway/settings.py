"""Every setting of Duely: one table, read from the environment (`DUELY_*`) and from `.env`, held to README by a test.

Outside production every secret has a working value: `secret_key` and `rasa_secret` are made once and kept in `var/`
(mode 0600), and without Twilio's settings texts go to the stand-in of `channels.twilio_standin`. Production starts
only with secrets of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import make_url

from billing_core import Clock, OpensProcessor
from billing_core.processors.sandbox import SandboxProcessor
from channels.config import ChannelConfig
from gateway.settings_console import ConsoleSettings
from gateway.settings_fields import PREFIX, STANDIN_FROM, STANDIN_SID, STANDIN_TOKEN, Fields
from gateway.training import ROOT

SHORTEST_SECRET = 16
_CHANNEL = re.compile(r"[CG][A-Z0-9]{5,20}")
_LIVE_KEYS = ("sk_live_", "rk_live_")
_NEEDED_IN_PRODUCTION = (
    "secret_key",
    "rasa_secret",
    "public_url",
    "twilio_account_sid",
    "twilio_auth_token",
    "twilio_from",
    "smtp_url",
    "email_from",
)


class SettingWrong(Exception):
    """A setting is missing or cannot be used; the message is one sentence that names it."""


class Settings(Fields, ConsoleSettings):
    """The settings, and what follows from them."""

    # Of several bases pydantic takes the last one's, which knows no `DUELY_`.
    model_config = Fields.model_config

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def address(self) -> str:
        """The public address, as it is outside production when nothing else is said."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """The database's address; a relative SQLite file lies in the repository, wherever the command is run."""
        url = make_url(self.database_url)
        if url.get_backend_name() != "sqlite" or not url.database or Path(url.database).is_absolute():
            return self.database_url
        return url.set(database=str(ROOT / url.database)).render_as_string(hide_password=False)

    @property
    def uses_standin(self) -> bool:
        """Whether texts go to the stand-in for Twilio."""
        asked = self.twilio_account_sid or self.twilio_auth_token.get_secret_value() or self.twilio_api_url
        return not self.production and not asked

    def open_clock(self) -> Clock:
        """The clock that `clock` asks for."""
        return Clock.starting_at(self.clock) if self.clock else Clock.system()

    @property
    def entry_key(self) -> str:
        """What the sandbox and its card form know each other by; the form is not told our secret."""
        return hashlib.sha256(b"card form " + self.secret_key.get_secret_value().encode()).hexdigest()

    def opens_processor(self) -> OpensProcessor:
        """What opens the processor that `processor` names."""
        if self.processor == "sandbox":
            return partial(SandboxProcessor, entry_key=self.entry_key)
        # Imported here: the SDK is not needed by anybody who does not use it.
        from billing_core.processors.stripe import StripeConfig, StripeProcessor

        config = StripeConfig(self.stripe_secret_key.get_secret_value(), self.stripe_api_url)
        return partial(StripeProcessor, config=config)

    def for_channels(
        self, *, rasa_url: str, twilio_api_url: str, public_url: str = "", tokenizer_url: str = ""
    ) -> ChannelConfig:
        """What the channels are told, with the stand-in's values where development left Twilio's empty."""
        fill: Callable[[str, str], str] = lambda given, other: given or ("" if self.production else other)  # noqa: E731
        return ChannelConfig(
            public_url=public_url or self.address,
            environment=self.environment,
            secret_key=self.secret_key.get_secret_value(),
            rasa_url=rasa_url,
            rasa_secret=self.rasa_secret.get_secret_value(),
            twilio_account_sid=fill(self.twilio_account_sid, STANDIN_SID),
            twilio_auth_token=fill(self.twilio_auth_token.get_secret_value(), STANDIN_TOKEN),
            twilio_from=fill(self.twilio_from, STANDIN_FROM),
            twilio_api_url=twilio_api_url,
            twilio_unclear_seconds=self.twilio_unclear_seconds,
            person_phone=self.person_phone,
            person_hours=self.person_hours,
            person_silence_minutes=self.person_silence_minutes,
            slack_bot_token=self.slack_bot_token.get_secret_value(),
            slack_signing_secret=self.slack_signing_secret.get_secret_value(),
            slack_channel=self.slack_channel,
            slack_api_url=self.slack_api_url,
            tokenizer_url=tokenizer_url,
            stripe_publishable_key=self.stripe_publishable_key if self.processor == "stripe" else "",
            portal_origins=tuple(self.portal_origins.split()),
            portal_jwks_url=self.portal_jwks_url,
            portal_issuer=self.portal_issuer,
            portal_audience=self.portal_audience,
            opt_out_scope=self.opt_out_scope,
            requests_per_minute=self.requests_per_minute,
            proxies=self.proxies,
        )


def load(**given: Any) -> Settings:
    """The settings from the environment and `.env`; raises `SettingWrong` for one that cannot be read or is missing."""
    try:
        settings = Settings(_env_file=ROOT / ".env", **given)  # type: ignore[call-arg]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingWrong(f"{name} cannot be used: {first['msg'].removeprefix('Value error, ')}.") from None
    if settings.processor == "stripe":
        _check_stripe(settings)
    _check_slack(settings)
    if settings.portal_jwks_url and not (settings.portal_issuer and settings.portal_audience):
        missing = "PORTAL_ISSUER" if not settings.portal_issuer else "PORTAL_AUDIENCE"
        raise SettingWrong(f"{PREFIX}{missing} is missing: tokens of the portal are checked against it.")
    if settings.console_oidc_issuer:
        for name in ("console_oidc_client_id", "console_oidc_client_secret"):
            if not plain(getattr(settings, name)):
                raise SettingWrong(f"{PREFIX}{name.upper()} is missing: single sign-on needs it.")
    return settings


def with_secrets(settings: Settings) -> Settings:
    """The same settings with every secret in place; raises `SettingWrong` when production lacks one.

    In development missing secrets are made once and kept in `var/`, so sessions outlive a restart.
    """
    if settings.production:
        for name in _NEEDED_IN_PRODUCTION:
            if not plain(getattr(settings, name)):
                raise SettingWrong(f"{PREFIX}{name.upper()} is not set, and production does not start without it.")
        if settings.processor == "sandbox":
            raise SettingWrong(f"{PREFIX}PROCESSOR is sandbox, which charges nobody: production needs stripe.")
    made = {
        name: SecretStr(_kept(ROOT / "var" / name))
        for name in ("secret_key", "rasa_secret")
        if not plain(getattr(settings, name))
    }
    settings = settings.model_copy(update=made)
    for name in ("secret_key", "rasa_secret"):
        if len(plain(getattr(settings, name))) < SHORTEST_SECRET:
            raise SettingWrong(f"{PREFIX}{name.upper()} must have at least {SHORTEST_SECRET} characters.")
    return settings


def _check_stripe(settings: Settings) -> None:
    for name in ("stripe_secret_key", "stripe_webhook_secret", "stripe_publishable_key"):
        if not plain(getattr(settings, name)):
            missing = f"{PREFIX}{name.upper()}"
            raise SettingWrong(f"{missing} is not set, and {PREFIX}PROCESSOR=stripe does not start without it.")
    if not settings.production and plain(settings.stripe_secret_key).startswith(_LIVE_KEYS):
        raise SettingWrong(f"{PREFIX}STRIPE_SECRET_KEY is a live key, which charges real members: only in production.")


def _check_slack(settings: Settings) -> None:
    given = {
        name: plain(getattr(settings, name)) for name in ("slack_bot_token", "slack_signing_secret", "slack_channel")
    }
    missing = [name for name, value in given.items() if not value]
    if missing and len(missing) < len(given):
        raise SettingWrong(f"{PREFIX}{missing[0].upper()} is missing: Slack needs its token, secret and channel.")
    if given["slack_channel"] and not _CHANNEL.fullmatch(given["slack_channel"]):
        raise SettingWrong(f"{PREFIX}SLACK_CHANNEL must be the channel's id, such as C0123ABCD, not its name.")


def plain(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _kept(path: Path) -> str:
    """The secret in a file of ours, made if it is not there; two processes that start at once get the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    return path.read_text().strip()

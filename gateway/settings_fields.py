"""The fields of the settings: each with its default and its row in README."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from channels.handoff import hours
from channels.notices import SmtpMailer
from channels.twilio_standin import StandIn

PREFIX = "DUELY_"
# The stand-in's own values: they open nothing, and make signed webhooks possible on a developer's machine.
STANDIN_SID = StandIn.account_sid
STANDIN_TOKEN = StandIn.auth_token
STANDIN_FROM = "+19195550100"
PROCESSORS = ("sandbox", "stripe")


class Fields(BaseSettings):
    """What can be set; each description is its row in README."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    environment: Literal["development", "production", "test"] = Field(
        default="development", description="`production` refuses demo sign-in, the stand-ins and made-up secrets"
    )
    database_url: str = Field(
        default="sqlite:///var/duely.sqlite",
        description="Where everything is kept; in production `postgresql+psycopg://…`",
    )
    public_url: str = Field(
        default="", description="The address the world calls us by; empty: `http://127.0.0.1:PORT`. Production needs it"
    )
    clock: datetime | None = Field(
        default=None, description="Start the clock here, issuer-local (`2026-12-15T10:00`), and tick on; empty: now"
    )
    billing_day_at: time = Field(
        default=time(6), description="From when each issuer's billing day runs, by the issuer's own clock"
    )
    processor: str = Field(
        default="sandbox", description="Who moves the money: `sandbox` (embedded, nothing is charged) or `stripe`"
    )
    stripe_secret_key: SecretStr = Field(
        default=SecretStr(""), description="Stripe's secret key; `stripe` does not start without it"
    )
    stripe_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Checks Stripe's signatures on `/stripe/webhook` (`whsec_…`); `stripe` does not start without it",
    )
    stripe_publishable_key: str = Field(
        default="", description="Stripe's publishable key (`pk_…`), which the secure page needs; `stripe` too"
    )
    stripe_api_url: str = Field(default="", description="Another address for Stripe's API; empty: Stripe's own")
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="Signs sessions and one-time codes; made once in development"
    )
    twilio_account_sid: str = Field(default="", description="Twilio account; empty in development: a stand-in")
    twilio_auth_token: SecretStr = Field(
        default=SecretStr(""), description=f"Checks Twilio's signatures; the stand-in's is `{STANDIN_TOKEN}`"
    )
    twilio_from: str = Field(default="", description=f"Our number (E.164); the stand-in's is `{STANDIN_FROM}`")
    twilio_api_url: str = Field(default="", description="Another address for Twilio's API; empty: Twilio's own")
    twilio_unclear_seconds: int = Field(
        default=60, ge=0, description="A text that got no answer is sent again only so long after, if Twilio lacks it"
    )
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Where e-mail leaves: `smtp://user:password@host:587` (STARTTLS) or `smtps://…`; "
        "empty in development: kept as files",
    )
    email_from: str = Field(default="", description="Whom e-mail comes from: `Our Plan <bills@plan.example>`")
    post_folder: str = Field(
        default="var/post", description="The folder from which the print house takes letters, one file each"
    )
    person_phone: str = Field(
        default="1-800-555-0100", description="The number where a person answers, as members read it"
    )
    person_hours: str = Field(
        default="mon-fri 08:00-18:00 America/New_York",
        description="When people answer (not on federal holidays); more: `mon-fri 08:00-18:00, sat 09:00-13:00 ZONE`",
    )
    person_silence_minutes: int = Field(
        default=30, ge=1, description="After so long without a word of the person's the assistant is back"
    )
    slack_bot_token: SecretStr = Field(
        default=SecretStr(""), description="Slack app's token (`xoxb-…`); empty: nobody answers in Slack"
    )
    slack_signing_secret: SecretStr = Field(
        default=SecretStr(""), description="Checks Slack's signatures on `/slack/events`; needed with the token"
    )
    slack_channel: str = Field(default="", description="Id of the channel of hand-offs (`C…`); needed with the token")
    slack_api_url: str = Field(default="", description="Another address for Slack's API; empty: Slack's own")
    rasa_url: str = Field(default="", description="A Rasa that runs elsewhere; empty: `duely up` starts its own")
    rasa_secret: SecretStr = Field(
        default=SecretStr(""), description="What Rasa and we know each other by; made once in development"
    )
    portal_origins: str = Field(
        default="",
        description="Origins of the plan's portal that may show `/widget.js` (`https://a.example https://b…`)",
    )
    portal_jwks_url: str = Field(
        default="", description="The portal's key set: sign-in tokens are checked against it; empty: no portal sign-in"
    )
    portal_issuer: str = Field(default="", description="`iss` of the portal's tokens; needed with the key set")
    portal_audience: str = Field(default="", description="`aud` of the portal's tokens; needed with the key set")
    opt_out_scope: Literal["program", "all", ""] = Field(
        default="", description="How far one STOP reaches: `program` or `all`; empty: `all` from January 31, 2027 on"
    )
    retention_days: int = Field(
        default=730,
        ge=30,
        description="How many days the words of a conversation are kept (docs/privacy.md)",
    )
    requests_per_minute: int = Field(
        default=600,
        ge=0,
        description="Page loads of one address in a minute (a form or chat line counts as 5); 0: no limit",
    )
    proxies: int = Field(
        default=0, ge=0, description="How many proxies of yours stand before the public port and name the caller"
    )
    host: str = Field(default="127.0.0.1", description="The address the public port listens on")
    port: int = Field(default=8080, ge=0, le=65535, description="Public: pages, web chat, webhooks")
    actions_port: int = Field(default=5055, ge=0, le=65535, description="Private, loopback: the actions Rasa calls")
    rasa_port: int = Field(default=5005, ge=0, le=65535, description="Private, loopback: Rasa")
    tokenizer_port: int = Field(
        default=8081, ge=0, le=65535, description="Loopback, never in production: the sandbox's card form"
    )
    model_path: str = Field(
        default="", description="A model file to use as it is; empty: that of the sources, trained when they changed"
    )
    minilm_path: str = Field(default="", description="Another folder with the MiniLM model files")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much is logged; never what a member said"
    )

    @field_validator("clock", mode="before")
    @classmethod
    def _no_clock(cls, given: Any) -> Any:
        return given or None

    @field_validator("processor")
    @classmethod
    def _known_processor(cls, given: str) -> str:
        if given not in PROCESSORS:
            raise ValueError(f"it must be one of: {', '.join(PROCESSORS)}")
        return given

    @field_validator("smtp_url")
    @classmethod
    def _mail_address(cls, given: SecretStr) -> SecretStr:
        if given.get_secret_value():
            SmtpMailer(given.get_secret_value())
        return given

    @field_validator("person_hours")
    @classmethod
    def _hours(cls, given: str) -> str:
        hours.read(given)
        return given

"""What the channels must be told; `gateway` fills it from its settings and nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

Environment = Literal["development", "production", "test"]


@dataclass(frozen=True)
class ChannelConfig:
    """Addresses, secrets and limits of the channels; secrets never appear in its repr.

    `public_url` is the address the world calls us by: signatures and the web socket's origin are checked against it,
    never against what a request claims. An empty `twilio_auth_token` means that every text webhook is refused.
    `person_phone` is the number a member can call when the assistant cannot help, `person_hours` when people answer
    (`channels.handoff.hours`), and after `person_silence_minutes` without a word of theirs the assistant is back. With
    a `slack_bot_token` they answer in threads of `slack_channel`; without its signing secret Slack is refused.
    `requests_per_minute` is how many page loads one address may ask for (0: any number), `proxies` how many of ours
    stand in front of the public port.
    `twilio_unclear_seconds` is how long after a try without an answer Twilio may still take the text.
    `opt_out_scope` is how far one opt-out reaches (empty: by the day the rule sets).
    `portal_origins` may show us in a frame; tokens they sign are checked against `portal_jwks_url`.
    The secure page holds the card form at `tokenizer_url` (the sandbox's), or Stripe's, with `stripe_publishable_key`.
    """

    public_url: str
    environment: Environment
    secret_key: str = field(repr=False)
    rasa_url: str = "http://127.0.0.1:5005"
    rasa_secret: str = field(default="", repr=False)
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_from: str = ""
    twilio_api_url: str = ""
    twilio_unclear_seconds: int = 60
    person_phone: str = "1-800-555-0100"
    person_hours: str = "mon-fri 08:00-18:00 America/New_York"
    person_silence_minutes: int = 30
    slack_bot_token: str = field(default="", repr=False)
    slack_signing_secret: str = field(default="", repr=False)
    slack_channel: str = ""
    slack_api_url: str = ""
    tokenizer_url: str = ""
    stripe_publishable_key: str = ""
    rasa_limit_seconds: float = 8.0
    portal_origins: tuple[str, ...] = ()
    portal_jwks_url: str = ""
    portal_issuer: str = ""
    portal_audience: str = ""
    opt_out_scope: Literal["program", "all", ""] = ""
    requests_per_minute: int = 0
    proxies: int = 0
    executor: str = "duely"
    application_version: str = "1"

    def __post_init__(self) -> None:
        if len(self.secret_key) < 16:
            raise ValueError("secret_key must have at least 16 characters")
        if urlsplit(self.public_url).scheme not in ("http", "https"):
            raise ValueError("public_url must start with http:// or https://")

    @property
    def shows_demo(self) -> bool:
        """True where the demo sign-in and the code shown in the page are allowed: never in production."""
        return self.environment != "production"

    @property
    def secure(self) -> bool:
        """True when the public address is https, so cookies are sent over nothing else."""
        return self.public_url.startswith("https://")

    def url(self, path: str) -> str:
        """The public address of one of our paths."""
        return self.public_url.rstrip("/") + path

    def origins(self) -> frozenset[str]:
        """The origins a page of ours can have: the public one and, outside production, both names of loopback."""
        parts = urlsplit(self.public_url)
        own = {f"{parts.scheme}://{parts.netloc}"}
        if self.shows_demo and parts.hostname in ("127.0.0.1", "localhost"):
            port = f":{parts.port}" if parts.port else ""
            own |= {f"{parts.scheme}://{name}{port}" for name in ("127.0.0.1", "localhost")}
        return frozenset(own)

"""`duely demo-traffic`: weeks of conversations of made-up members, for development; see `gateway.traffic`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from billing_core import cast
from channels.app import assemble
from channels.demo import load_contacts
from channels.queue import InlineQueue
from gateway.commands.account import opened
from gateway.settings import Settings, plain
from gateway.settings_fields import PREFIX
from gateway.traffic import members
from gateway.traffic.playing import Carrier, Played, play

LONGEST_DAYS = 365
# Whoever has set one of these has members, carriers or banks behind it.
_REAL = (
    "twilio_account_sid",
    "twilio_auth_token",
    "twilio_api_url",
    "smtp_url",
    "slack_bot_token",
    "stripe_secret_key",
    "portal_jwks_url",
    "console_oidc_issuer",
)


class NoTraffic(RuntimeError):
    """Why no traffic is played, in one sentence."""


def demo_traffic(settings: Settings, say: Callable[[str], None], *, days: int, conversations: int, seed: int) -> Played:
    """Play it into the settings' database, after the cast if that is empty. Raises `NoTraffic`.

    Refused where any real thing is configured, and where such traffic is already: made-up members must never stand
    beside real ones.
    """
    _refuse(settings, days, conversations)
    # Whoever loses power meanwhile begins again with an empty database.
    os.environ.setdefault("DUELY_SQLITE_SYNCHRONOUS", "OFF")
    began = time.monotonic()
    with opened(settings) as core:
        if members.joined(core):
            raise NoTraffic("There is demo traffic in this database already; take an empty one for other traffic.")
        config = settings.for_channels(rasa_url="http://recorded.invalid", twilio_api_url="http://nowhere.invalid")
        if cast.load(core):
            load_contacts(assemble(core, config, queue=InlineQueue, carrier=Carrier()))
        played = play(core, config, days=days, conversations=conversations, seed=seed, say=say)
    say(
        f"{played.conversations} conversations with {played.turns} turns in {days} days; {played.people_asked} asked "
        f"for a person. It took {time.monotonic() - began:.0f} s."
    )
    return played


def _refuse(settings: Settings, days: int, conversations: int) -> None:
    if settings.production:
        raise NoTraffic(f"{PREFIX}ENVIRONMENT is production: made-up members have no place among real ones.")
    if settings.processor != "sandbox":
        raise NoTraffic(f"{PREFIX}PROCESSOR is {settings.processor}: demo traffic pays in the sandbox alone.")
    for name in _REAL:
        if plain(getattr(settings, name)):
            raise NoTraffic(f"{PREFIX}{name.upper()} is set: demo traffic is not played where something real is.")
    if not 1 <= days <= LONGEST_DAYS:
        raise NoTraffic(f"--days must be from 1 to {LONGEST_DAYS}.")
    if not 1 <= conversations <= members.most():
        raise NoTraffic(f"--conversations must be from 1 to {members.most()}: there are no more made-up phone numbers.")

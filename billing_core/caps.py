"""How often a method may be tried: the networks' caps, the issuer's and our own, asked in one place (3.6, 3.8, G29).

`may_attempt` decides a draft, a draft tried again and a member's own payment alike, from what was tried before and
failed. Pure; the figures are data (`caps.yml`, with their sources). Where the issuer's cap or spacing is unknown,
nothing is tried a second time by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict

from billing_core import codes
from billing_core.decisions import Allowed, Answer, Refused
from billing_core.profiles import Profile

Rail = Literal["card", "ach"]
RAILS: tuple[Rail, ...] = ("card", "ach")
DAY = timedelta(days=1)
# No window is longer, so older failures need not be read.
LONGEST = timedelta(days=30)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(_Part):
    """At most `failed` failures of one card in `hours`; with `per_initiator` those of the same initiator only."""

    rule: str
    failed: int
    hours: int
    per_initiator: bool


class CardPolicy(_Part):
    attempts: int
    after_days: list[int]
    hours_apart: int


class AchPolicy(_Part):
    reinitiations: int
    within_days: int
    codes: frozenset[str]


class Automatic(_Part):
    card: CardPolicy
    ach: AchPolicy


class Caps(_Part):
    """`caps.yml`."""

    networks: dict[str, list[Window]]
    never_again_for_hours: int
    automatic: Automatic
    sources: list[str]


@dataclass(frozen=True)
class Tried:
    """An attempt that was declined or came back: when it was sent, for which day, when that was known, and why."""

    payment_id: str
    account_id: str
    method_id: int
    automatic: bool
    draft_key: str
    amount_cents: int
    at: datetime
    debited_on: date
    failed_on: date
    code: str | None


@dataclass(frozen=True)
class Attempt:
    """What is asked for: `due_on` is the month's due date of an automatic attempt, `on` the civil date it is for."""

    method_id: int
    rail: Rail
    brand: str | None
    on: date
    due_on: date | None = None

    @property
    def automatic(self) -> bool:
        return self.due_on is not None


@cache
def table() -> Caps:
    """The figures."""
    return Caps(**yaml.safe_load((files("billing_core") / "caps.yml").read_text(encoding="utf-8")))


def may_attempt(asked: Attempt, tried: Sequence[Tried], profile: Profile, now: datetime) -> Answer:
    """Whether the attempt may be made, given every failed one of the account, oldest first.

    `until` is the first civil date on which it may; None means that it may not be made by itself any more.
    """
    zone = ZoneInfo(profile.time_zone)
    mine = [each for each in tried if each.method_id == asked.method_id]
    answers: list[Answer] = [_network(asked, mine, now, zone)]
    if asked.due_on is not None:
        answers.append(_month(asked, asked.due_on, tried, profile))
        answers.append(_apart(asked, mine, now, zone))
    refused = [each for each in answers if isinstance(each, Refused)]
    final = [each for each in refused if each.until is None]
    if final or not refused:
        return final[0] if final else Allowed()
    return max(refused, key=lambda each: each.until or date.max)


def may_follow(rail: Rail, code: str | None) -> bool:
    """Whether an automatic attempt may follow a failure with this code: a passing trouble only, never a hard code."""
    if rail == "ach":
        return code in table().automatic.ach.codes
    row = codes.reason(code or "")
    return row.rail == "card" and row.retryable == "later" and row.hard_or_soft == "soft"


def _network(asked: Attempt, mine: Sequence[Tried], now: datetime, zone: ZoneInfo) -> Answer:
    """The networks' own windows, and a code after which the same method is left alone."""
    quiet = timedelta(hours=table().never_again_for_hours)
    for each in reversed(mine):
        if now - each.at < quiet and codes.reason(each.code or "").retryable == "never":
            return Refused("3.8", _day_after(each.at + quiet, zone), {"code": each.code})
    if asked.rail == "card":
        for window in table().networks.get(asked.brand or "", []):
            length = timedelta(hours=window.hours)
            counted = [
                each
                for each in mine
                if now - each.at < length and (not window.per_initiator or each.automatic == asked.automatic)
            ]
            if len(counted) >= window.failed:
                # Room is made when the oldest of those that fill the window leaves it.
                oldest = sorted(each.at for each in counted)[-window.failed]
                return Refused(window.rule, _day_after(oldest + length, zone), {"failed": len(counted)})
    return Allowed()


def _month(asked: Attempt, due_on: date, tried: Sequence[Tried], profile: Profile) -> Answer:
    """The automatic attempts for one month's premium: how many, and how many days after the last failure."""
    ours = [each for each in tried if each.automatic and each.debited_on >= due_on]
    if not ours:
        return Allowed()
    attempts, spacing_days = _allowance(asked.rail, len(ours), profile)
    facts = {"tried": len(ours), "code": ours[-1].code}
    if attempts is None or spacing_days is None:
        return Refused("unknown", None, facts)
    if len(ours) >= attempts or not all(may_follow(_rail_of(each, asked), each.code) for each in ours):
        return Refused("G29", None, facts)
    spaced = max(each.failed_on for each in ours) + timedelta(days=spacing_days)
    first_on = max(spaced, *(_waited_on(each, ZoneInfo(profile.time_zone)) for each in ours))
    within = timedelta(days=table().automatic.ach.within_days)
    if asked.rail == "ach" and max(asked.on, first_on) > ours[0].debited_on + within:
        return Refused("3.6", None, facts)
    return Allowed() if first_on <= asked.on else Refused("G29", first_on, facts)


def _allowance(rail: Rail, tried: int, profile: Profile) -> tuple[int | None, int | None]:
    """How many attempts in all, and how many days after the last failure the next one may come; None: not known."""
    if profile.max_debit_attempts is None or profile.retry_spacing_days is None:
        return None, None
    policy = table().automatic
    if rail == "ach":
        return min(profile.max_debit_attempts, 1 + policy.ach.reinitiations), profile.retry_spacing_days
    return policy.card.attempts, policy.card.after_days[min(tried, len(policy.card.after_days)) - 1]


def _apart(asked: Attempt, mine: Sequence[Tried], now: datetime, zone: ZoneInfo) -> Answer:
    """No automatic attempt on a card inside 24 hours of another attempt on it, nor while its network asks to wait."""
    apart = timedelta(hours=table().automatic.card.hours_apart)
    free_at = max((each.at + max(apart, _wait(each)) for each in mine), default=now)
    if asked.rail == "card" and now < free_at:
        return Refused("3.8", _day_after(free_at, zone), {})
    return Allowed()


def _wait(tried: Tried) -> timedelta:
    return timedelta(hours=codes.reason(tried.code or "").wait_hours)


def _waited_on(tried: Tried, zone: ZoneInfo) -> date:
    """The first day by which the wait that the network asked for is over, at whatever hour."""
    wait = _wait(tried)
    return _day_after(tried.at + wait, zone) if wait else tried.failed_on


def _rail_of(tried: Tried, asked: Attempt) -> Rail:
    """The rail a code belongs to; a code nobody listed counts on the rail that is asked for."""
    row = codes.table().get(tried.code or "")
    return asked.rail if row is None else row.rail


def _day_after(at: datetime, zone: ZoneInfo) -> date:
    """The first whole civil day after an instant."""
    return at.astimezone(zone).date() + DAY

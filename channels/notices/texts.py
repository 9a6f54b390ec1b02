"""The words of notices: one file a language, filled in with the member's own amounts and dates.

Amounts and dates are written in the language's own form (babel); a text drops the accents that GSM-7 lacks, because
one of them would cut a message into 70-character parts (DOMAIN 4.5). What texts may say is held by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel.dates import format_date
from babel.numbers import format_currency

from billing_core import translated
from billing_core.accounts import Account
from billing_core.notice_facts import Said
from channels.gsm7 import to_gsm7

LANGUAGES = ("en", "es")
# A day in a text goes without its year when it is this near: nobody would think of another.
NEAR = timedelta(days=180)
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Written:
    """An e-mail or a letter."""

    subject: str
    body: str


@cache
def words(language: str) -> dict[str, Any]:
    """Everything said in a language; English for one we do not have."""
    name = language if language in LANGUAGES else LANGUAGES[0]
    loaded: dict[str, Any] = yaml.safe_load((_FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


def has_sms(kind: str, variant: str) -> bool:
    """Whether the notice has a text at all; some go only in writing."""
    return "sms" in words(LANGUAGES[0])["notices"][kind][variant]


def sms(account: Account, kind: str, said: Said, today: date, *, first: bool = False) -> str:
    """The text, opening with who we are; `first` adds how to end texts. Raises KeyError for a fact it lacks."""
    told = words(account.language)
    text = told["notices"][kind][said.variant]["sms"].format(**_values(account, said.facts, today, short=True))
    text = told["sms"].format(issuer=account.profile.short_name, text=text)
    return to_gsm7(text + (told["sms_first"] if first else ""))


def brief(account: Account) -> str:
    """The text for a phone that is not trusted: no amount, no day (DOMAIN 4.7)."""
    text: str = words(account.language)["brief"]
    return to_gsm7(text.format(issuer=account.profile.short_name, portal=account.profile.portal_url))


def email(account: Account, kind: str, said: Said, today: date) -> Written:
    """The e-mail: subject, and a plain text that names the issuer, the day and how to reach a person."""
    return _written("email", account, kind, said, today)


def letter(account: Account, kind: str, said: Said, today: date) -> Written:
    """The letter, with the member's name; the print house adds the address."""
    return _written("letter", account, kind, said, today)


def _written(form: str, account: Account, kind: str, said: Said, today: date) -> Written:
    told = words(account.language)
    values = _values(account, said.facts, today, short=False)
    sentences = told["notices"][kind][said.variant]
    subject, body = sentences["subject"].format(**values), sentences["body"].format(**values)
    frame = values | {"subject": subject, "body": body, "name": account.name, "zip_code": account.zip_code}
    return Written(f"{account.profile.short_name}: {subject}", told[form].format(**frame))


def _values(account: Account, facts: Mapping[str, Any], today: date, *, short: bool) -> dict[str, str]:
    """What stands in the braces: every fact in the language's form, and how the issuer is reached."""
    told = words(account.language)
    profile = account.profile
    values = {
        "issuer": profile.short_name,
        "phone": profile.phone or told["phone_unknown"],
        "portal": profile.portal_url,
        "today": _day(today, today, told, short=False),
    }
    for name, value in facts.items():
        if name.endswith("_cents"):
            values[name.removesuffix("_cents")] = format_currency(Decimal(value) / 100, "USD", locale=told["locale"])
        elif name == "month_on":
            values["month"] = format_date(date.fromisoformat(value), told["month"], locale=told["locale"])
        elif name.endswith("_on"):
            values[name.removesuffix("_on")] = _day(date.fromisoformat(value), today, told, short=short)
        else:
            values[name] = translated.of(str(value), account.language)
    return values


def _day(day: date, today: date, told: Mapping[str, Any], *, short: bool) -> str:
    near = short and abs(day - today) <= NEAR
    return format_date(day, told["day" if near else "full_day"], locale=told["locale"])

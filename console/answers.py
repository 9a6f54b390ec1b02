"""Ready answers: sentences of answers.yml in the member's language, filled in from the account by the core.

No amount or date is ever typed into one: an answer whose value the core does not know is not offered, and one with
values of the account is offered only for a member who proved who they are (DOMAIN 4.7: before that, no balance).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal

import yaml
from babel.dates import format_date
from pydantic import BaseModel, ConfigDict

from billing_core import profiles
from billing_core.money import dollars
from channels.config import ChannelConfig
from channels.handoff import hours
from channels.words import LANGUAGES, spoken_in

_FILE = Path(__file__).with_name("answers.yml")


class Answer(BaseModel):
    """One row. `proven` says that it tells of the account, `when` that it holds only then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    en: str
    es: str
    proven: bool = False
    when: Literal["nothing_owed", ""] = ""


@dataclass(frozen=True)
class Ready:
    """An answer as it can be sent now."""

    name: str
    title: str
    words: str


@cache
def table() -> dict[str, Answer]:
    """Every answer by its name."""
    loaded = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: Answer.model_validate(row) for name, row in loaded.items()}


def ready(config: ChannelConfig, account: dict[str, Any] | None, language: str | None, *, proven: bool) -> list[Ready]:
    """The answers that can be given now; `account` is the core's view (`views.account`), None without one."""
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    known = values(config, account if proven else None, spoken)
    found = []
    for name, row in table().items():
        text = row.es if spoken == "es" else row.en
        wanted = {field for _, field, _, _ in Formatter().parse(text) if field}
        if wanted <= known.keys() and (proven or not row.proven) and (not row.when or row.when in known):
            found.append(Ready(name, row.title, text.format(**known)))
    return found


def values(config: ChannelConfig, account: dict[str, Any] | None, language: str) -> dict[str, str]:
    """What is known at this moment, as the member reads it; what is not known is not in it."""
    with spoken_in(language):
        known = {"phone": config.person_phone, "hours": hours.read(config.person_hours).told()}
    if account is None:
        return known
    draft, grace, lock = account["autopay"], account["grace"] or {}, account["lock_window"] or {}
    known["issuer"] = profiles.get(account["issuer"]).short_name
    amounts = {
        "owed": account["owed_cents"] or None,
        "next_draft": draft.get("next_draft_cents"),
        "past_due": grace.get("past_due_cents"),
    }
    days = {
        "due_on": account["due_on"],
        "next_draft_on": draft.get("next_draft_on"),
        "open_on": lock.get("first_open_on"),
    }
    known |= {name: dollars(cents) for name, cents in amounts.items() if cents}
    known |= {name: _day(iso, language) for name, iso in days.items() if iso}
    return known if account["owed_cents"] else known | {"nothing_owed": ""}


def _day(iso: str, language: str) -> str:
    return format_date(date.fromisoformat(iso), "d 'de' MMMM" if language == "es" else "MMMM d", locale=language)

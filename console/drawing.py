"""Drawing the console's pages from their templates: times as staff read them, marks by name, kept by no cache."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from billing_core.money import dollars
from channels.pages.router import spoken_phone
from console import found
from console.audit import WHAT
from console.teach import writing

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
# Names that say nothing to whoever did not write them.
_IN_WORDS = {"nlu_fallback": "not understood", "out_of_scope": "nothing we do here"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# Which of a conversation's marks a row shows, in this order; the rest is for filters.
_SHOWN = ("misunderstood", "low_confidence", "refused", "trouble", "slow")


def moment(at: datetime) -> str:
    """`Dec 15, 2026, 10:00 AM` in the staff's zone."""
    local = at.astimezone(found.ZONE)
    return f"{local:%b} {local.day}, {local.year}, {local:%I:%M %p}".replace(" 0", " ")


def clock_time(at: datetime) -> str:
    return f"{at.astimezone(found.ZONE):%I:%M %p}".lstrip("0")


def day(at: datetime) -> str:
    local = at.astimezone(found.ZONE)
    return f"{local:%A}, {local:%B} {local.day}, {local.year}"


def on(value: date | str) -> str:
    """A civil date, also as it is kept in JSON: `Jan 1, 2027`."""
    told = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{told:%b} {told.day}, {told.year}"


def fact(name: str, value: Any) -> tuple[str, Any]:
    """A fact that was kept, by its name, as people read both: cents are dollars, and a date is one."""
    words = plain(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)).lower()
    if isinstance(value, bool):
        return words, "yes" if value else "no"
    if name.endswith("_cents"):
        return words.removesuffix(" cents"), dollars(value) if isinstance(value, int) else value
    if isinstance(value, str) and _DATE.fullmatch(value):
        # A member's own words may look like a date and be none.
        with suppress(ValueError):
            return words, on(value)
    return words, value


def waited(minutes: int) -> str:
    """How long somebody has waited, as staff would say it: `12 min`, `3 h`, `2 days`."""
    if minutes < 2 * 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2 * 24 * 60 else f"{minutes // (24 * 60)} days"


def badges(marks: tuple[str, ...]) -> list[str]:
    """What stands beside a row."""
    return [found.HAPPENED[each] for each in _SHOWN if each in marks]


def about(marks: tuple[str, ...]) -> list[str]:
    """The topics of a conversation, in the table's order."""
    intents = {each.removeprefix("intent:") for each in marks if each.startswith("intent:")}
    return [topic for topic, names in found.topics().items() if intents & set(names)]


def plain(name: object) -> str:
    """`action_account_summary` as words."""
    if name in _IN_WORDS:
        return _IN_WORDS[str(name)]
    return str(name).removeprefix("action_").removeprefix("utter_").replace("_", " ")


_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_templates.filters |= {
    "moment": moment,
    "clock_time": clock_time,
    "day": day,
    "on": on,
    "waited": waited,
    "badges": badges,
    "topics": about,
    "plain": plain,
    "phone": spoken_phone,
    "said_plainly": writing.spoken,
    "dollars": dollars,
    "zip_same": lambda values: [(each, each) for each in values],
}
_templates.globals |= {"WHAT": WHAT, "HAPPENED": found.HAPPENED, "fact": fact, "OUTCOMES": found.OUTCOMES}


def mark(part: str, **values: Any) -> str:
    """What a part of a page says, in a few letters: the page asks with it whether there is anything new."""
    return f"{zlib.crc32(_templates.get_template(part).render(mark='', **values).encode()):08x}"


def draw_if_new(part: str, seen: str, **values: Any) -> Response:
    """A part that looks again by itself: nothing (204) while it says what was `seen`, so that whoever reads, scrolls or
    tabs through it is not taken from where they are."""
    new = mark(part, **values)
    if new == seen:
        return Response(status_code=204, headers={"cache-control": "no-store"})
    return draw(part, mark=new, **values)


def draw(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page; no cache keeps it, since it names members."""
    html = _templates.get_template(template).render(**values)
    return HTMLResponse(html, status_code=status, headers={"cache-control": "no-store"})

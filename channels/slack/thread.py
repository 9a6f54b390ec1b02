"""What staff read in a thread: who it is (masked), why, how the account stands, the last turns, and each new one."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from billing_core import accounts, codes, views
from channels import identity
from channels.assembly import Channels
from channels.handoff import reasons
from channels.handoff.store import Handoff
from channels.slack.port import Post
from channels.store import Contact, Conversation, Message

RELEASE = "handoff_release"
LAST_TURNS = 8
# Slack takes 3,000 characters in a block and cuts a message at 40,000.
_LONGEST_BLOCK, _LONGEST_LINE = 2900, 600
_FILE = Path(__file__).with_name("words.yml")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LINK = re.compile(r"<(?:[@#!][^<>|]*\|?([^<>|]*)|([^<>|]+)(?:\|[^<>]*)?)>")


@cache
def _sentences() -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return loaded


def tell(name: str, /, **values: Any) -> str:
    """A sentence for staff; values cannot mention anybody or make links."""
    return _sentences()[name].format(**{key: escaped(str(value)) for key, value in values.items()})


def escaped(text: str) -> str:
    """Words from outside as Slack shows them and does nothing else with them."""
    return "".join(_ESCAPED.get(each, each) for each in text)


def plain(text: str) -> str:
    """What an agent typed, from Slack's own notation: links by their address, no mentions, signs as typed."""
    found = _LINK.sub(lambda match: match[2] or match[1] or "", text)
    return found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").removeprefix("mailto:")


def opening(channels: Channels, handoff: Handoff, key: str) -> Post:
    """The thread's first post."""
    with channels.core.read() as session:
        conversation = session.get_one(Conversation, handoff.conversation_id)
        contact = session.get_one(Contact, conversation.contact_id)
        before = select(Message).where(
            Message.conversation_id == conversation.id, Message.seq < handoff.first_seq, Message.state != "queued"
        )
        turns = list(session.scalars(before.order_by(Message.seq.desc()).limit(LAST_TURNS)))[::-1]
    why = [reasons.table()[name] for name in handoff.reasons]
    level = identity.level_now(contact, conversation, handoff.opened_at)
    urgent = tell("urgent") if handoff.urgency == 1 else ""
    who = _who(channels, contact)
    head = tell("opening", reason=", ".join(handoff.reasons), who=who, urgent=urgent)
    lines = [head, *(tell("why", staff=each.staff) for each in why)]
    if contact.account_id is None:
        lines.append(tell("stranger"))
    else:
        lines.append(tell("proven" if level >= "L2" else "not_proven", level=level))
        lines += _account(views.account(channels.core, contact.account_id))
    if turns:
        lines += [tell("last_turns"), *(line(each) for each in turns)]
    lines.append(tell("how"))
    text = "\n".join(lines)
    button = {
        "type": "button",
        "action_id": RELEASE,
        "value": handoff.id,
        "text": {"type": "plain_text", "text": tell("release")},
    }
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in _parts(lines)]
    return Post(key, text, blocks=[*sections, {"type": "actions", "elements": [button]}])


def line(message: Message) -> str:
    """One message of the conversation, screened as it is kept: codes and links are not in it."""
    words = message.text.strip()[:_LONGEST_LINE] or tell("no_words")
    if message.direction == "in":
        return tell("member", text=words)
    if message.data.get("role") == "agent":
        return tell("agent", name=message.data.get("name", ""), text=words)
    return tell("bot", text=words)


def _who(channels: Channels, contact: Contact) -> str:
    """ "Jordan L., phone ending 01", or what is known of a stranger."""
    ending = f"phone ending {contact.address[-2:]}" if contact.channel == "sms" else "web chat"
    if contact.account_id is None:
        return f"somebody unknown, {ending}"
    account = accounts.get(channels.core, contact.account_id)
    first, _, rest = account.name.partition(" ")
    initial = f" {rest.split()[-1][0]}." if rest.split() else ""
    return f"{first}{initial}, {ending}"


def _account(view: dict[str, Any]) -> list[str]:
    due = _day(view["due_on"]) or tell("unknown_due")
    lines = [tell("owed", owed=_money(view["owed_cents"]), due=due) if view["owed_cents"] else tell("owes_nothing")]
    if view["never_began_on"]:
        lines.append(tell("never_began", day=_day(view["never_began_on"])))
    elif view["coverage_ended_on"]:
        lines.append(tell("coverage_ended", day=_day(view["coverage_ended_on"])))
    autopay = view["autopay"]
    draft = ""
    if autopay.get("next_draft_on"):
        draft = tell("draft", amount=_money(autopay["next_draft_cents"]), day=_day(autopay["next_draft_on"]))
    lines.append(tell("autopay", status=autopay["status"], draft=draft))
    if window := view["lock_window"]:
        last = _day(window["last_on"]) or tell("open_end")
        lines.append(tell("locked", first=_day(window["first_on"]), last=last))
    if grace := view["grace"]:
        last = _day(grace["last_day"]) or tell("open_end")
        past_due = _money(grace["past_due_cents"])
        lines.append(tell("grace", since=_day(grace["since"]), last=last, past_due=past_due))
    return [*lines, _last_try(view["payments"])]


def _last_try(payments: list[dict[str, Any]]) -> str:
    tried = [row for row in payments if row["status"] not in ("proposed", "cancelled", "expired")]
    if not tried:
        return tell("no_try")
    row = tried[-1]
    why = tell("code", code=row["code"], meaning=codes.reason(row["code"]).plain_reason) if row["code"] else ""
    day, amount = _day(row["pay_on"]), _money(row["amount_cents"])
    return tell("last_try", amount=amount, method=row["method"], day=day, status=row["status"], why=why)


def _parts(lines: list[str]) -> list[str]:
    """The lines in as few blocks as hold them."""
    parts: list[str] = []
    for each in lines:
        if parts and len(parts[-1]) + len(each) < _LONGEST_BLOCK:
            parts[-1] += f"\n{each}"
        else:
            parts.append(each)
    return parts


def _money(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def _day(iso: str | None) -> str:
    if not iso:
        return ""
    day = date.fromisoformat(iso)
    return f"{day:%b} {day.day}, {day.year}"

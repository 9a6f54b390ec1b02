"""An export as a PDF: numbered pages that each say what they are, who had them made and when."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from fpdf import FPDF
from fpdf.fonts import TTFFont

from channels.pages.router import spoken_phone
from channels.pages.vendor import VENDOR
from console.transcript import STATES

FONT = "DejaVu"
FACES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
_BY = {"member": "Member", "assistant": "Assistant", "agent": "Agent", "demo": "Demo"}
_CHANNELS = {"sms": "Text message", "web": "Web chat", "email": "E-mail"}
_MASKS = {"person": "names", "contact": "phones and addresses", "amount": "amounts", "last_four": "last digits"}
_INK, _SOFT, _LINE, _WARN = (28, 33, 43), (94, 101, 115), (214, 218, 226), (150, 60, 20)


def draw(export: dict[str, Any]) -> bytes:
    """The file. Signs that the font does not have are written by their names, so that nothing said is lost."""
    page = Sheet(export)
    page.add_page()
    _front(page, export)
    _messages(page, export)
    _people(page, export)
    _money(page, export)
    return bytes(page.output())


def _named(sign: str) -> str:
    """A sign that cannot be drawn: an emoji by its name in brackets, and nothing for marks without a shape."""
    if unicodedata.category(sign) in ("Cc", "Cf", "Mn", "Me", "Cs", "Co"):
        return ""
    return f"[{unicodedata.name(sign, f'U+{ord(sign):04X}').lower()}]"


class Sheet(FPDF):
    """Letter paper, since that is what is filed here; head and foot on every sheet."""

    def __init__(self, export: dict[str, Any]) -> None:
        super().__init__(format="letter")
        self.export, self.zone = export, ZoneInfo(export["conversation"]["time_zone"])
        for style, name in FACES.items():
            self.add_font(FONT, style, VENDOR / name)
        self.set_margins(18, 18, 18)
        self.set_auto_page_break(True, 20)
        self.set_lang("en")
        self.set_title(f"Conversation {export['conversation']['id']}")
        self.set_author(export["made"]["by"])
        self.set_creator("Duely")
        self.set_creation_date(datetime.fromisoformat(export["made"]["at"]))

    def header(self) -> None:
        self.set_font(FONT, "", 7.5)
        self.set_text_color(*_SOFT)
        self.cell(0, 4, f"Duely · conversation {self.export['conversation']['id']}", align="L")
        self.set_x(self.l_margin)
        self.cell(0, 4, "Confidential: holds a member's words", align="R", new_x="LMARGIN", new_y="NEXT")
        self.set_draw_color(*_LINE)
        self.line(self.l_margin, self.get_y() + 1, self.w - self.r_margin, self.get_y() + 1)
        self.ln(5)

    def footer(self) -> None:
        made = self.export["made"]
        self.set_y(-14)
        self.set_font(FONT, "", 7.5)
        self.set_text_color(*_SOFT)
        self.cell(0, 4, self.shown(f"Made {self.moment(made['at'])} by {made['by']} ({made['role']})"), align="L")
        self.set_x(self.l_margin)
        self.cell(0, 4, f"Page {self.page_no()} of {{nb}}", align="R")

    @cached_property
    def _drawn(self) -> frozenset[int]:
        """The signs that every face has."""
        faces = [font for font in self.fonts.values() if isinstance(font, TTFFont)]
        return frozenset.intersection(*(frozenset(font.cmap) for font in faces))

    def shown(self, text: str) -> str:
        """The text in signs that the faces have; nothing that was said is lost."""
        return "".join(each if each == "\n" or ord(each) in self._drawn else _named(each) for each in text)

    def moment(self, iso: str) -> str:
        """`Dec 15, 2026, 10:00:00 AM EST`, in the issuer's zone."""
        local = datetime.fromisoformat(iso).astimezone(self.zone)
        hour = local.hour % 12 or 12
        return f"{local:%b} {local.day}, {local.year}, {hour}:{local:%M:%S %p %Z}"

    def heading(self, text: str) -> None:
        if self.will_page_break(20):
            self.add_page()
        self.ln(3)
        self.words(text, "B", 12)
        self.ln(1)

    def words(
        self, text: str, style: str = "", size: float = 9.5, color: tuple[int, int, int] = _INK, indent: float = 0
    ) -> None:
        """A paragraph, broken where the line ends and where the page does."""
        self.set_font(FONT, style, size)
        self.set_text_color(*color)
        self.set_x(self.l_margin + indent)
        self.multi_cell(0, size * 0.5, self.shown(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def fact(self, name: str, value: str) -> None:
        self.set_font(FONT, "", 9)
        self.set_text_color(*_SOFT)
        self.cell(42, 5, name)
        self.set_text_color(*_INK)
        self.multi_cell(0, 5, self.shown(value), align="L", new_x="LMARGIN", new_y="NEXT")


def _front(page: Sheet, export: dict[str, Any]) -> None:
    told, made = export["conversation"], export["made"]
    messages = export["messages"]
    page.words("Record of a conversation", "B", 17)
    page.ln(3)
    page.fact("Member", told["member"])
    page.fact("Address", spoken_phone(told["address"]))
    page.fact("Issuer", told["issuer"] or "no account is tied to this conversation")
    page.fact("Channel", _CHANNELS.get(told["channel"], told["channel"]))
    page.fact("Conversation", told["id"])
    page.fact("Began", page.moment(told["began_at"]))
    page.fact("Last message", page.moment(messages[-1]["at"]) if messages else "nothing was said")
    page.fact("Messages", f"{len(messages)}, all of them in this record")
    page.fact("Times", f"the issuer's own, {told['time_zone']}")
    page.fact("Made", f"{page.moment(made['at'])} by {made['by']}, role {made['role']}")
    masked = ", ".join(_MASKS[each] for each in made["masked"])
    page.fact("Masked for this role", masked or "nothing")
    page.fact("Taken out", "card, account and social security numbers, codes and passwords are kept nowhere")
    if through := told["words_deleted_through"]:
        page.fact("Deleted", f"words through message {through}, save those kept as proof")
    if told["ended_texts"]:
        page.fact("Texts", "the member has ended them (STOP)")


def _messages(page: Sheet, export: dict[str, Any]) -> None:
    page.heading("What was said")
    for each in export["messages"]:
        if page.will_page_break(16):
            page.add_page()
        who = each["name"] or _BY[each["by"]]
        page.words(f"{each['number']}. {who} · {page.moment(each['at'])}", "B", 8.5)
        text = "(deleted)" if each["deleted"] else each["text"] or "(no words)"
        page.words(text, indent=4)
        for line, color in _about(page, each):
            page.words(line, "", 7.5, color, indent=4)
        page.ln(2)


def _about(page: Sheet, each: dict[str, Any]) -> list[tuple[str, tuple[int, int, int]]]:
    lines: list[tuple[str, tuple[int, int, int]]] = []
    if each["taken_out"]:
        lines.append((f"Taken out before it was stored: {', '.join(each['taken_out'])}", _SOFT))
    if "state" in each:
        lost = each["state"] in (STATES["undelivered"], STATES["failed"])
        code = f" ({each['error_code']})" if each["error_code"] else ""
        carried = "; ".join(f"{one['status']} {page.moment(one['at'])}" for one in each["carrier"])
        left = "" if each["state"] == STATES["sent"] else ", sent"
        sent = f"{left} {page.moment(each['sent_at'])}" if each["sent_at"] else ""
        state = f"Delivery: {each['state']}{code}{sent}{f'. Carrier: {carried}' if carried else ''}"
        lines.append((state, _WARN if lost else _SOFT))
    understood = each.get("understood")
    if understood and understood["intent"]:
        percent = understood["confidence_percent"]
        sure = f", {percent} %" if percent is not None else ""
        lines.append((f"Understood as: {understood['intent']}{sure}", _SOFT))
    for decision in understood["decisions"] if understood else ():
        answer = f"refused by {decision['rule']}" if decision["rule"] else "allowed"
        until = f", open from {decision['open_from']}" if decision["open_from"] else ""
        head = f"Decision {decision['record']} about {decision['about']}"
        record = f"{head}: {answer}{until} (profile {decision['profile']})"
        lines.append((record, _SOFT))
    return lines


def _people(page: Sheet, export: dict[str, Any]) -> None:
    if not export["with_people"]:
        return
    page.heading("With a person")
    for each in export["with_people"]:
        taken = f"; taken {page.moment(each['taken_at'])} by {each['agent'] or 'an agent'}" if each["taken_at"] else ""
        ended = f"; ended {page.moment(each['released_at'])}" if each["released_at"] else ""
        page.words(f"Asked for {page.moment(each['opened_at'])}{taken}{ended}: {', '.join(each['reasons'])}", size=9)


def _money(page: Sheet, export: dict[str, Any]) -> None:
    if not export["made"]["money"]:
        return
    page.heading("The money beside it")
    if not export["money"]:
        page.words("Nothing happened from 45 days before the conversation on.", size=9, color=_SOFT)
    for each in export["money"]:
        if page.will_page_break(12):
            page.add_page()
        where = f" (message {each['message']})" if each["message"] else ""
        page.words(f"{page.moment(each['at'])} · {each['kind']}: {each['title']}{where}", size=8.5)
        for line in each["details"]:
            page.words(line, size=7.5, color=_SOFT, indent=4)
        page.ln(1)

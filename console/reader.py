"""The one way in which words of a conversation reach a page: screened again as they are read, then masked by role.

What was stored before a rule of screening was made better is so held back too, and what a role does not need
(`roles.SEES`) is replaced by a mark: names, phone numbers and e-mail addresses, amounts, the last digits of a method.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from channels.screening import screen
from console import roles

NAME, CONTACT, AMOUNT, LAST_FOUR = "[name]", "[contact]", "[amount]", "[digits]"

_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.\w{2,}")
_PHONE = re.compile(r"(?<!\w)(?:\+?1[\s.-]*)?\(?\d{3}\)?[\s.-]*\d{3}[\s.-]*\d{4}(?!\w)")
_MEMBER_ID = re.compile(r"\bM\d{4,}\b", re.I)
_BIRTH = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-](?:19\d\d|20[01]\d|\d\d)\b|\b(?:19\d\d|20[01]\d)-\d\d-\d\d\b")
_SAYS_NAME = re.compile(
    r"(\b(?:name is|my name's|me llamo|mi nombre es)\s+)([^\W\d_][\w'-]*(?:\s+[^\W\d_][\w'-]*)?)", re.I
)
_I_AM = re.compile(r"(\b(?:[Tt]his is|I am|I'm|[Ss]oy)\s+)([A-Z][\w'-]+(?:\s+[A-Z][\w'-]+){0,2})")
_AMOUNT = re.compile(
    r"\$\s?\d[\d,]*(?:\.\d+)?|\b\d{1,3}(?:,\d{3})*\.\d\d\b|\b\d+(?:\.\d\d)?(?= ?(?:dollars|bucks|usd|d[oó]lares)\b)",
    re.I,
)
_ENDING = re.compile(r"(\b(?:ending|ends|terminad[ao]|termina|acaba)(?:\s+(?:in|with|en|con))?\s+)\d{2,4}\b", re.I)
_FOUR = re.compile(r"(?<![\w.,$/-])(?!(?:19|20)\d\d\b)\d{4}(?![\w/-]|[.,]\d)")


class Reader:
    """Reads for one role; `names` are the words of the member's name on file, which are known to be one."""

    def __init__(self, role: str, names: Iterable[str] = ()) -> None:
        self._role = role
        found = [re.escape(part) for name in names for part in name.split() if len(part) > 1]
        self._names = re.compile(rf"\b(?:{'|'.join(found)})\b", re.I) if found else None

    def words(self, text: str | None) -> str:
        """A text as this role may read it."""
        if not text:
            return ""
        clean = screen(text).text
        if not roles.sees(self._role, "contact"):
            clean = _MEMBER_ID.sub(CONTACT, _PHONE.sub(CONTACT, _EMAIL.sub(CONTACT, clean)))
        if not roles.sees(self._role, "person"):
            clean = _BIRTH.sub("[date of birth]", _I_AM.sub(rf"\1{NAME}", _SAYS_NAME.sub(rf"\1{NAME}", clean)))
            clean = self._names.sub(NAME, clean) if self._names else clean
        if not roles.sees(self._role, "last_four"):
            clean = _FOUR.sub(LAST_FOUR, _ENDING.sub(rf"\1{LAST_FOUR}", clean))
        if not roles.sees(self._role, "amount"):
            clean = _AMOUNT.sub(AMOUNT, clean)
        return clean

    def value(self, value: Any) -> Any:
        """What the machine kept (entities, facts of a decision, values of a reply), read the same way all through.

        Cents count as an amount wherever they stand, and a whole number under no name of its own stays.
        """
        if isinstance(value, dict):
            return {str(name): self._named(str(name), each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return self.words(value) if isinstance(value, str) else value

    def _named(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if not roles.sees(self._role, "amount") and ("cents" in name or name in ("amount", "share")):
            return AMOUNT
        if not roles.sees(self._role, "last_four") and name in ("last4", "last_four", "method", "ending"):
            return LAST_FOUR
        if not roles.sees(self._role, "person") and name in ("name", "first_name", "member", "account_id"):
            return NAME
        return self.value(value)

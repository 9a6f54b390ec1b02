"""The words that end or begin texts: STOP, START, HELP and their kin, and free words for the same (DOMAIN 4.1).

Texts only. A keyword is a whole message: "stop autopay" and "cancel my payment" are about billing. An end of texts may
also be asked in any reasonable words (47 CFR 64.1200(a)(10)), so those that leave no doubt are read here, before
anything that might misunderstand them; the rest is left to the conversation. All words are data (`keywords.yml`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

Keyword = Literal["stop", "start", "help", "remember"]

_FILE = Path(__file__).with_suffix(".yml")


@cache
def _words() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return loaded


def read(text: str, *, opted_out: bool) -> Keyword | None:
    """The keyword a whole message is, or None. YES is one only for who has opted out (trap 2)."""
    said, words = plain(text), _words()
    if said in words["stop"]:
        return "stop"
    if said in words["start"] or (opted_out and said in words["start_when_out"]):
        return "start"
    if said in words["help"]:
        return "help"
    if said in words["remember"]:
        return "remember"
    return None


def ends_texts(text: str) -> bool:
    """Whether free words say beyond doubt that texts are to end; never what is about autopay, a payment or paper."""
    said = plain(text)
    if _bare(said) in _words()["stop_phrases"]:
        return True
    # Clause by clause: "stop the payment, text me when done" ends no texts.
    clauses = [plain(each) for each in re.split(r"[.,;:!?\n]", text)]
    return any(_ending().search(each) and not any(no.search(each) for no in _unless()) for each in clauses)


def asks_for_email(text: str) -> bool:
    """Whether a message is the wish to have a code by e-mail, and nothing else."""
    return _bare(plain(text)) in _words()["by_email"]


def plain(text: str) -> str:
    """Lower case letters and digits with one space between words; accents and apostrophes are gone."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(each))
    bare = re.sub("['\u2019\u2018`\u00b4]", "", bare)
    bare = re.sub(r"\be mail", "email", re.sub(r"[^\w\s]|_", " ", bare))
    return " ".join(bare.split())


def _bare(said: str) -> str:
    """Without the courtesy at both ends."""
    return _courtesy().sub("", said)


@cache
def _courtesy() -> re.Pattern[str]:
    courtesy = rf"(?:{_any('courtesy')})"
    return re.compile(rf"^(?:{courtesy} )+|(?: {courtesy})+$")


@cache
def _ending() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_any('ending')})(?: (?:{_any('filler')}))* (?:{_any('texting')})\b")


@cache
def _unless() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(each) for each in _words()["unless"])


def _any(name: str) -> str:
    rows: list[Any] = sorted(_words()[name], key=len, reverse=True)
    return "|".join(re.escape(each) for each in rows)

"""How a training sentence is written: words, with what matters marked as `[words](entity)`, as in `bot/data/nlu`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

# What can be marked, in the order in which a reviewer is asked for it.
ENTITIES = ("amount", "date", "method", "policy")
# The only way in which an entity is written. Rasa's form in braces is not used.
SPAN = re.compile(r"\[(?P<words>[^\[\]]+)\]\((?P<entity>[a-z_]+)\)")


class Marked(NamedTuple):
    """Words of a sentence that are one of `ENTITIES`."""

    entity: str
    words: str


def spoken(written: str) -> str:
    """The sentence with its marks taken away, as a member would send it."""
    return SPAN.sub(lambda span: span["words"], written)


def marks_of(written: str) -> list[Marked]:
    """What is marked in a sentence, in its order."""
    return [Marked(span["entity"], span["words"]) for span in SPAN.finditer(written)]


def normalised(sentence: str) -> str:
    """The sentence as two writers would agree that it is the same: small letters, digits, single spaces."""
    plain = re.sub(r"[^\w$%. ]+", " ", sentence.lower().replace("'", "").replace("’", ""))
    return " ".join(plain.replace(". ", " ").strip(" .").split()) or sentence.strip()


def written(sentence: str, marked: Iterable[Marked]) -> str:
    """The sentence with its marks put in, the longest words first; words that do not stand in it are left out."""
    for each in sorted(marked, key=lambda each: -len(each.words)):
        free = re.compile(rf"(?<![\w\[]){re.escape(each.words)}(?!\w|\]\()", re.I)
        sentence = free.sub(lambda found, entity=each.entity: f"[{found[0]}]({entity})", sentence, count=1)  # type: ignore[misc]
    return sentence

"""What a message does not want: the parts that are read, the parts that are not, and whether it refuses an act."""

from __future__ import annotations

import re
from functools import cache

from bot.actions.reading.mending import mended
from bot.actions.reading.spanish import in_english

# A negation reaches to the end of its clause, or to the word that begins what is wanted instead.
_NEGATOR = (
    r"(?:do not|don'?t|dont|did not|didn'?t|didnt|not(?! only| just| enough)|never(?! ?mind)|without|instead of"
    r"|rather than|can'?t(?! you)|cannot|cant(?! you)|won'?t|wont|(?:everything|all|every month)\s+(?:but|except)"
    r"|except(?: for)?|no(?= (?:quiero|deseo|voy a|puedo|me|lo|la|con|el|es|pague|cobre|today"
    r"|use(?! (?:the|my|that|this|another|an?)\b))\b))"
)
_AFTER_IT = (
    r"(?:\s+(?:want|wanna|need|like|going|gonna|to|for|have|be|you|use|pay|charge|take|do|make|set|turn|with|from|on"
    r"|my|the|that|it|a|me|up)\b)*"
)
_END = (
    r"(?=,|;|\.(?!\d)|!|\?|\b(?:but|just|only|use|instead|make|take|do|put|until|till|before|pay|cancel|i meant"
    r"|pero|sino|mejor|hasta)\b|$)"
)
_NEGATED = re.compile(rf"\b{_NEGATOR}\b{_AFTER_IT}[^,;!?]*?{_END}|\b(?:today|tomorrow) not?\b", re.IGNORECASE)

# "I don't want to", "do not ever", "please dont": what stands between the negation and the act it refuses.
_REFUSAL = (
    r"\b(?:do not|don'?t|dont|does not|never(?! ?mind)|not|stop trying to|won'?t|wont|rather not|no need to"
    r"|wouldn'?t like to|didn'?t (?:ask|want|say|tell)|didnt (?:ask|want|say|tell))\s+"
    r"(?:(?:you|to|want|wanna|wanting|need|like|going|gonna|have|wish|ready|ever|even|please|just|let|me|it|really|yet"
    r"|try(?:ing)?(?: to)?|anyone|autopay to)\s+)*"
)
# A question about why something is refused does not refuse it; nor does one that asks us to do it.
_QUESTION = re.compile(r"\b(?:why|how come|what if|if i)\b|\b(?:can'?t|cant|don'?t|dont|won'?t|wont) (?:you|i|we)\b")

_NO_PAGUE = re.compile(
    r"\bno (?:(?:me|lo|la|le|se|nos|los|las|quiero|deseo|que|voy a) )*"
    r"(?:pag(?:ue|ues|uen|ar|arlo|arla)|cobr(?:e|es|en|ar)|proces(?:e|en|ar)|hag(?:a|as|an)|hacerl[oa])\b"
)

_CORRECTION = re.compile(
    r"\W*(?:no|nope|nah|wait|hold on|actually|sorry|oops|i mean|i meant|make (?:it|that)|change (?:it|that)|rather"
    r"|instead|(?:and |y )?que sean?|(?:and|y) make it|mejor"
    r"|(?:yes|ok|okay) but|not (?:the|my|today|now)|use (?:the|my))\b"
)


# "Can I do it on Friday", "what about with my visa": asked of what is open, it is a correction too.
_SUGGESTION = re.compile(
    r"\W*(?:(?:and|so|ok|okay|or|y|o|hey|please|pls) )*"
    r"(?:(?:can|could|may|should) (?:i|we|you) (?:just |maybe |please )?"
    r"(?:do|pay|make|take|use|have|push|move|wait|charge|schedule|split|put|send)"
    r"|(?:what|how) about|what if i (?:do|pay)|que tal(?: si)?"
    r"|(?:puedo|se puede|podria|puede|pueden) (?:pagar|hacer|usar|cobrar|poner|esperar|dar|mandar)(?:lo|la|me)?)\b"
)


def kept(text: str) -> str:
    """The text without what it negates: "no not the visa, use my mastercard" keeps the mastercard only."""
    return _NEGATED.sub(" ", straight(text))


def dropped(text: str) -> str:
    """What the text negates: "everything but december" drops december."""
    return " ".join(_NEGATED.findall(straight(text)))


def refuses(text: str, act: str) -> bool:
    """Whether the text says not to do this; `act` is a pattern of the verbs that name the act."""
    said = straight(text)
    return not _QUESTION.search(said) and _refusal_of(act).search(said) is not None


@cache
def _refusal_of(act: str) -> re.Pattern[str]:
    return re.compile(rf"{_REFUSAL}(?:{act})\b")


def refuses_to_pay_in_spanish(text: str) -> bool:
    """Whether a Spanish message says not to pay, charge or do it: "sí, pero no me cobre todavía"."""
    return _NO_PAGUE.search(straight(text)) is not None


def corrects(text: str) -> bool:
    """Whether the text begins as a correction of what was just said: "no wait, the full amount"."""
    return _CORRECTION.match(straight(text)) is not None


def suggests(text: str) -> bool:
    """Whether the text asks for something as one asks to have it otherwise: "can i do it friday"."""
    return _SUGGESTION.match(straight(text)) is not None


def straight(text: str) -> str:
    """The text in small letters, names put right and Spanish put into English."""
    return mended(in_english(text.casefold().replace("\u2019", "'")))

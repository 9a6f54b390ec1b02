"""Two wishes in one message, and messages that lean on the one before: cut and completed before they are understood.

The cut is deterministic: behind "and", "also", "then" or the end of a sentence, and only where what follows begins as
a wish or a question of its own. "january and february", "visa and mastercard" or "pay 50 and use my visa" are one.
Each part is then understood by itself, and two wishes they are only where both were understood as different ones.
Plain Python, so that it can be tested without Rasa.
"""

import re
from typing import Any, Dict, List, Tuple

SURE = 0.5

# An answer, a courtesy or what was not understood is no wish of its own.
NO_WISH = frozenset(
    ("affirm", "deny", "cancel", "change", "greet", "thank", "goodbye", "repeat", "small_talk", "out_of_scope",
     "nlu_fallback", "ask_capabilities", "bot_challenge", "complain", "set_language", "opt_out")
)  # fmt: skip

# "Yes, and turn on autopay" is a yes and a wish; "yes, pay it" and "no, I want to pay 50" are one answer.
AGREES = "affirm"
PAYS = ("pay_bill", "pay_partial")

_JOIN = (
    r"(?:\s*,)?\s+(?:and then|and also|after that|and|then|also|plus|y|y tambi[eé]n|luego)\s+"
    r"|\s*[.;?!]+\s+(?:and |also |then |plus )?"
)
_LEAD = (
    r"(?:(?:please|pls|also|then|just|can you|could you|would you|will you|can i|could i|may i|i want to|i wanna"
    r"|i'?d like to|i would like to|i need to|let'?s|lets|help me"
    r"|quiero|quisiera|necesito|por favor|tambi[eé]n|(?:me )?puede)\s+)*"
)
# "use" and "make it" begin a correction, not a wish.
_WISH = (
    r"(?:pay|set ?up|turn (?:on|off)|sign (?:me )?up|enroll|enrol|start|stop|cancel|end|switch|move|update|add|remove"
    r"|delete|show|send|tell|schedule|check|pause|activate|disable|autopay(?= (?:on|off|it|please|instead)\b|\W*$)"
    r"|(?:don'?t|dont|do not)(?= (?:pay|set|turn|sign|enroll|cancel|charge|stop|change|move|send)\b)"
    r"|go paperless|request|refund|put(?= (?:autopay|auto pay)\b)"
    r"|p[aá]g(?:ar|ue|alo|uelo)|activ(?:ar|e)|pon(?:er|ga)|quit(?:ar|e)|cancel(?:ar|e)|cambi(?:ar|e)|apag(?:ar|ue)"
    r"|mand(?:ar|e)|saber)"
)
_QUESTION = (
    r"(?:how|when|what|what's|whats|why|where|who|which|is|are|am|do|does|did|can|could|will|would|was"
    r"|should|cu[aá]nto|cu[aá]ndo|d[oó]nde|c[oó]mo|cu[aá]l)\b\s+\S+"
)
_CUT = re.compile(rf"(?:{_JOIN})(?={_LEAD}(?:{_WISH}\b|{_QUESTION}))", re.IGNORECASE)

# "and for dental?", "what about next month": nothing but an opening and what is meant, so it leans on the topic.
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)(?:'?s)?"
)
_OPENING = r"(?:(?:ok |okay |so |oh )?(?:and|what about|how about|same for|same with|and also|also|and what about)\s+)"
_OF = r"(?:(?:for|in|on|about|the|my|with|just|only|from|of)\s+)*"
_POLICY = r"(?:dental|health|medical|vision)(?: (?:plan|policy|one|bill|part|only|premium|insurance|coverage))?"
_TIME = rf"(?:(?:next|last|this|previous) months?(?:'s)?|{_MONTH}(?: and {_MONTH})*)(?: (?:one|bill|premium|payment))?"
_WAY = (
    r"(?:visa|master ?card|amex|discover|checking(?: account)?|savings(?: account)?"
    r"|(?:other|different) (?:card|one|account)"
    r"|debit card|credit card|bank account|card ending(?: in)? \d{4})(?: (?:card|one|account|instead))*"
)
_TAIL = r"\s*(?:then|too|as well|please|pls)?\s*[?.!]*\s*"
_LEANS = re.compile(rf"{_OPENING}{_OF}(?:{_POLICY}|{_TIME}){_TAIL}", re.IGNORECASE)
_LEANS_ON_PAYMENT = re.compile(rf"{_OPENING}{_OF}{_WAY}{_TAIL}", re.IGNORECASE)
_LEANS_ON_DATE = re.compile(
    rf"(?:(?:and|ok|so) )+when(?:'s| is| would| will)? ?(?:that|it)?(?: be)?{_TAIL}|when(?:'s| is) that{_TAIL}",
    re.IGNORECASE,
)
CORRECTS = "change"


def cut(text: str) -> List[str]:
    """The message in its parts, in order; one part where it is one wish."""
    parts = [part.strip(" ,") for part in _CUT.split(text)]
    return [part for part in parts if part]


def pair(parsed: List[Dict[str, Any]]) -> Tuple[Dict[str, Any], Dict[str, Any], bool] | None:
    """The two wishes among the parts as they were understood, and whether there are more; None where it is one wish.

    A part that is no wish of its own ("thanks") may stand beside them; a part that was not understood makes the
    message one again, because nothing a member says is left out in silence.
    """
    if any(part["intent"]["name"] == "nlu_fallback" or part["intent"]["confidence"] < SURE for part in parsed):
        return None
    wishes = [part for part in parsed if part["intent"]["name"] not in NO_WISH]
    if parsed[0]["intent"]["name"] == AGREES and wishes and wishes[0]["intent"]["name"] not in PAYS:
        return parsed[0], wishes[0], len(wishes) > 1
    if len(wishes) < 2 or wishes[0]["intent"]["name"] == wishes[1]["intent"]["name"]:
        return None
    return wishes[0], wishes[1], len(wishes) > 2


def leaning(text: str, topic: str | None) -> str | None:
    """The intent of a message that leans on the topic of the last answer; None for one that stands by itself."""
    said = " ".join(text.split())
    if topic is None:
        return None
    if _LEANS.fullmatch(said) or _LEANS_ON_DATE.fullmatch(said):
        return topic
    return CORRECTS if _LEANS_ON_PAYMENT.fullmatch(said) else None

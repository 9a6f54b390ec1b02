"""The day a member names: a bare day or weekday is the next one from today on, in the issuer's calendar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import dateparser
from dateutil.relativedelta import relativedelta

from billing_core.calendar import first_of_month, last_of_month
from bot.actions.reading.negation import kept
from bot.actions.reading.numbers import digits

FAR_AHEAD = timedelta(days=300)
MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"  # noqa: E501
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|thurs|thur|tues|weds)"
_ORDINAL = r"(?:first|second|third|\d{1,2}(?:st|nd|rd|th))"
_UNITS = r"(?:days?|weeks?|wks?|months?)\b"

DAY_WORDS = re.compile(
    rf"\b(day after tomorrow|today|tonight|right now|yesterday|tomorrow|tomorow|tmrw|tmr|tmw|2mrw|2moro|this weekend"
    rf"|(?:a|one|\d+) weeks? from (?:{_WEEKDAY}|today|tomorrow)"
    rf"|(?:in|within) (?:a couple of |a few |an? |one |\d+ ){_UNITS}|(?:an?|one|\d+) {_UNITS} from (?:now|today)"
    rf"|{_WEEKDAY} (?:of )?next week|next week (?:on )?{_WEEKDAY}"
    rf"|(?:next |this |on |by )?{_WEEKDAY}|(?:mon|tues?|wed|thur?|fri|sat|sun)(?=\W*$)"
    rf"|(?:next |this |on |by )(?:fri|mon|wed|tue|thu|sat|sun)\b"
    rf"|(?:before |after )?the {_ORDINAL}(?: of (?:the|this|next) month| of {MONTH})?(?! one| card| payment| bill)"
    rf"|(?:1st|first) of (?:the|this|next) month"
    rf"|(?:end|beginning|start|middle) of (?:the |this |next )?(?:month|year|{MONTH})"
    rf"|{MONTH},? \d{{4}}\b|(?:before |after )?{MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?(?![.,]?\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}\b"
    rf"|\d{{4}}-\d{{2}}-\d{{2}}|(?:\d{{1,2}}/\d{{1,2}}|\d{{2}}-\d{{2}})(?:[/-]\d{{2,4}})?(?! of)"
    rf"|(?:on |by )?(?:the |its |my )?due date"
    rf"|next week)\b",
    re.IGNORECASE,
)
# "Friday or saturday": two days, of which one is meant.
_OR = re.compile(r",?\s+(?:or|o)\s+(?:maybe\s+)?(?:on\s+)?")
_PAYS_YESTERDAY = re.compile(r"\b(?:pay|charge|take|schedule|put|make)\b[^,.;]{0,14}\byesterday\b|^\W*yesterday\W*$")
# "On the 25" is a day as "the 25th" is; feasts are days by their name where something is to happen on them.
_THE_NUMBER = re.compile(
    r"\b((?:on|by|before|after|until|till|til) the \d{1,2})(?![\d%]|[.,/:]\d|(?:st|nd|rd|th)\b| (?:dollars?|bucks?)\b)"
)
_FEASTS = [
    (re.compile(rf"\b{name}"), day)
    for name, day in (
        (r"(?:christmas|xmas) eve\b|\bnochebuena\b", "december 24"),
        (r"new year'?s? eve\b|\bnochevieja\b|\bfin de ano\b", "december 31"),
        (r"(?<=\bon )(?:christmas|xmas)\b|(?<=\bby )(?:christmas|xmas)\b|(?<=\bafter )(?:christmas|xmas)\b"
         r"|(?<=\bbefore )(?:christmas|xmas)\b|(?<=\btil )(?:christmas|xmas)\b|(?:christmas|xmas) day\b|\bnavidad\b",
         "december 25"),
        (r"new year'?s?(?: day)?\b|\bano nuevo\b", "january 1"),
    )
]  # fmt: skip
# A day that only the member knows: when they are paid.
_PAYDAY = re.compile(
    r"\b(?:on|by|until|til|till|after|when|once|next|my)\s+(?:my |next |it'?s )?(?:pay ?day|pay ?check|birthday)\b"
    r"|\b(?:when|once|after|until|till?) (?:i|we) (?:get|got|am|are) paid\b|\bcuando me paguen\b|\bquincena\b"
    r"|\bdia de pago\b|\b(?:it|that|this|\w+l[oa]s?) next month\b(?!'?s| bill| premium)"
    r"|\b(?:last (?:possible )?day|ultimo dia)\b(?! (?:of|de)\b)"
)
_COUNTS = {
    word: count
    for count, words in {1: "a an one un una", 2: "couple two dos", 3: "few three tres"}.items()
    for word in words.split()
}
# "I get paid on the 20th, take it after", or "2 days after": so long after the day that is named, else a day.
_AFTER_PAYDAY = re.compile(
    r"\b(?:pay ?day|pay ?check|(?:get|got|am|be) paid|dia de pago|me (?:pagan|depositan)|quincena)\b"
    rf".*?\b(?:(?P<count>\d{{1,2}}|{'|'.join(_COUNTS)})(?: of)? (?P<unit>day|week|dia|semana)s? )?"
    r"(?:after(?:wards?)?(?: (?:that|then|it))?|despues(?: de (?:eso|esa fecha))?|luego)\W*$",
    re.DOTALL,
)


def day(text: str, marked: Sequence[str], today: date, due_on: date | None = None) -> date | None:
    """The day in the text, or None; `due_on` is what "the due date" means."""
    words = _plain(kept(text))
    if not _PAYS_YESTERDAY.search(words):
        # "Got my bill yesterday": a day that has passed is asked for only where it is said to pay then.
        words = words.replace("yesterday", " ")
    for piece in [*DAY_WORDS.findall(words), *(each.casefold() for each in marked)]:
        # What is negated was taken out of the text, and Rasa's mark of it does not bring it back.
        read = _day_of(piece.strip(" .,!?"), today, due_on) if piece.strip(" .,!?") in words else None
        if read is not None:
            return read + _after_payday(words)
    return None


def _after_payday(words: str) -> timedelta:
    """How long after the payday that is named the text asks for; nothing where it does not."""
    found = _AFTER_PAYDAY.search(words)
    if found is None:
        return timedelta()
    days = 7 if (found["unit"] or "").startswith(("week", "semana")) else 1
    return timedelta(days=days * _count(found["count"] or "1"))


def _count(word: str) -> int:
    return _COUNTS[word] if word in _COUNTS else int(word)


def day_is_unclear(text: str, marked: Sequence[str], today: date, due_on: date | None = None) -> bool:
    """Whether the text speaks of a day that cannot be known from it: "when i get paid", "on february 30"."""
    words = _plain(kept(text))
    dated = any(re.search(rf"{MONTH}\.? \d", piece) for piece in DAY_WORDS.findall(words))
    return (dated or _PAYDAY.search(words) is not None) and day(text, marked, today, due_on) is None


def either_day(text: str, today: date, due_on: date | None = None) -> tuple[date, date] | None:
    """The two days between which the text leaves the choice ("the 20th or the 22nd"), or None."""
    words = _plain(kept(text))
    named = list(DAY_WORDS.finditer(words))
    for one, other in pairwise(named):
        if _OR.fullmatch(words[one.end() : other.start()]):
            first, second = (_day_of(each[0].strip(), today, due_on) for each in (one, other))
            if first is not None and second is not None and first != second:
                return first, second
    return None


def names_a_day(text: str) -> bool:
    """Whether any word of the text names a day, whichever it is."""
    return DAY_WORDS.search(_plain(kept(text))) is not None


def without_days(words: str) -> str:
    """The words without any that name a day."""
    return DAY_WORDS.sub(" ", _THE_NUMBER.sub(r"\1th", words))


def _plain(words: str) -> str:
    """The words with numbers and feasts put as the days that are read here."""
    plain = _THE_NUMBER.sub(r"\1th", digits(words))
    for feast, named in _FEASTS:
        plain = feast.sub(named, plain)
    return plain


def _day_of(words: str, today: date, due_on: date | None) -> date | None:
    if words in ("today", "tonight", "now", "right now"):
        return today
    if "due date" in words:
        return due_on
    return _relative(words, today) or _of_month(words, today) or _weekday(words, today) or _dated(words, today)


def _relative(words: str, today: date) -> date | None:
    if words.startswith(("tomorrow", "tm", "2m", "tomorow")):
        return today + timedelta(days=1)
    if words == "day after tomorrow":
        return today + timedelta(days=2)
    if words == "next week":
        return today + timedelta(days=7)
    found = re.search(rf"\b(a couple of|a few|an?|one|\d+) {_UNITS}\b", words)
    if found is None:
        return None
    amount = found[1].removeprefix("a ").removesuffix(" of")
    count = _count(amount)
    after = re.search(r" from (.+)", words)
    base = (
        _weekday(after[1], today) or (today + timedelta(days=1) if after[1] == "tomorrow" else today)
        if after
        else today
    )
    if "month" in found[0]:
        return base + relativedelta(months=count)
    return base + timedelta(days=count * (7 if re.search("week|wk", found[0]) else 1))


def _of_month(words: str, today: date) -> date | None:
    """`the 28th`, `the 1st of next month`, `end of january`, `before the 5th`."""
    shift = timedelta(days=-1 if words.startswith("before ") else 1 if words.startswith("after ") else 0)
    named = re.search(rf"\bof (the|this|next)?\s?(month|year|{MONTH})\b", words)
    part = re.match(r"(end|beginning|start|middle)\b", words)
    number = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)\b|\b(first|second|third)\b", words)
    if part is None and (number is None or re.search(rf"\b{MONTH}\b", words)):
        return None
    if part is not None and named is not None:
        first = first_of_month(today, 1 if named[1] == "next" else 0)
        if named[2] not in ("month", "year"):
            first = _month_ahead(named[2], today)
        if named[2] == "year":
            first = first.replace(month=12)
        last = last_of_month(first)
        return {"end": last, "middle": first.replace(day=15)}.get(part[1], first)
    if number is None:
        return None
    wanted = int(number[1]) if number[1] else ("first", "second", "third").index(number[2]) + 1
    start = first_of_month(today, 1) if named is not None and named[1] == "next" else today
    found = _next_day_of_month(wanted, start)
    return found + shift if found else None


def _weekday(words: str, today: date) -> date | None:
    if "weekend" in words:
        return today + timedelta(days=(5 - today.weekday()) % 7)
    if re.search(r"\bnext week\b", words):
        named = _weekday(re.sub(r"\b(?:of )?next week\b", " ", words), today)
        monday = today + timedelta(days=7 - today.weekday())
        return monday + timedelta(days=named.weekday()) if named else None
    for number, name in enumerate(_WEEKDAYS):
        if re.search(rf"\b{name}(?:day|nesday|rsday|urday|sday|s|r|rs)?\b", words):
            return today + timedelta(days=(number - today.weekday()) % 7 or 7)
    return None


def _dated(words: str, today: date) -> date | None:
    if re.search(r"\d", words) is None and "yesterday" not in words:
        return None
    if re.fullmatch(r"\d{1,2}", words):
        return _next_day_of_month(int(words), today)
    beside = re.match(r"(before|after) (.+)", words)
    if beside is not None:
        exactly = _dated(beside[2], today)
        return exactly + timedelta(days=1 if beside[1] == "after" else -1) if exactly else None
    parsed = dateparser.parse(
        words.removeprefix("on ").removeprefix("by ").removeprefix("the "),
        languages=["en"],
        settings={
            "RELATIVE_BASE": datetime.combine(today, time(12)),
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "YMD" if re.match(r"\d{4}-", words) else "MDY",
            "REQUIRE_PARTS": ["day", "month"],
        },
    )
    if parsed is None:
        return None
    # "12/10" said on December 15 is five days ago, not a year ahead; the rules then say that it has passed.
    return parsed.date() - relativedelta(years=1) if parsed.date() > today + FAR_AHEAD else parsed.date()


def _month_ahead(name: str, today: date) -> date:
    ahead = (MONTHS.index(name[:3]) + 1 - today.month) % 12
    return first_of_month(today, ahead)


def _next_day_of_month(number: int, today: date) -> date | None:
    for months in range(13):
        first = first_of_month(today, months)
        if 1 <= number <= last_of_month(first).day and first.replace(day=number) >= today:
            return first.replace(day=number)
    return None

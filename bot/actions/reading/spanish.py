"""The Spanish for amounts, days and ways to pay, said in the English that is read here: "la mitad el viernes"."""

from __future__ import annotations

import re
from functools import cache

from text_to_num import alpha2digit

_MONTHS = {
    "enero": "january", "febrero": "february", "marzo": "march", "abril": "april", "mayo": "may", "junio": "june",
    "julio": "july", "agosto": "august", "septiembre": "september", "setiembre": "september", "octubre": "october",
    "noviembre": "november", "diciembre": "december",
}  # fmt: skip
_DAYS = {
    "lunes": "monday", "martes": "tuesday", "miercoles": "wednesday", "jueves": "thursday", "viernes": "friday",
    "sabado": "saturday", "domingo": "sunday",
}  # fmt: skip
# Numbers in words, by their least ambiguous part; small ones and "once" count only before what they count.
_UNITS = "un|uno|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|once|mil"
_SURE = (
    "diez|doce|trece|catorce|quince|dieci(?:seis|siete|ocho|nueve)"
    "|veint(?:e|i(?:un|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve))"
    "|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|cien|ciento"
    "|(?:dos|tres|cuatro|seis|ocho)cientos|quinientos|setecientos|novecientos"
)
_NUMBER = re.compile(
    rf"\b(?:(?:{_UNITS}|{_SURE})\s+(?:y\s+)?)*(?:{_SURE})(?:\s+(?:y\s+)?(?:{_UNITS}|{_SURE}))*\b"
    rf"|\b(?:{_UNITS})(?=\s+(?:dolares|pesos|dias?|semanas?|meses|centavos)\b)"
)
# These alpha2digit leaves as words, where nothing stands beside them.
_ALONE = {"uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6"}
_ACCENTED = {"veintidos": "veintidós", "veintitres": "veintitrés", "veintiseis": "veintiséis", "dieciseis": "dieciséis"}
_PLAIN = str.maketrans("áéíóúü", "aeiouu")

# In this order: the longer way of saying it before the shorter.
_SAID: list[tuple[str, str]] = [
    (rf"\b(?:el )?(\d{{1,2}}) de ({'|'.join(_MONTHS)})\b", r"\2 \1"),
    (rf"\b(?:el )?(?:primero|1ro|1o) de ({'|'.join(_MONTHS)})\b", r"\1 1"),
    (r"\b(?:el )?primero (?:de|del) (?:mes|mes que viene|proximo mes)\b|\bel primero\b(?! pag)", "the 1st"),
    (r"\b(?:dentro de|en) (\d+) dias?\b", r"in \1 days"),
    (r"\b(?:dentro de|en) (\d+) semanas?\b", r"in \1 weeks"),
    (r"\bel (?:dia )?(\d{1,2})(?! (?:de|dolares))\b", r"the \1th"),
    (r"\bpasado manana\b", "day after tomorrow"),
    (r"\bmanana\b", "tomorrow"),
    (r"\bhoy\b", "today"),
    (r"\b(?:la )?(?:proxima semana|semana (?:que viene|proxima))\b", "next week"),
    (r"\b(?:a )?fin(?:es)? de mes\b", "end of the month"),
    (r"\bfecha de vencimiento\b", "due date"),
    (r"\bla otra mitad\b", "the other half"),
    (r"\bla mitad\b|\bmedio pago\b", "half"),
    (r"\bun tercio\b|\b(?:la|una) tercera parte\b", "a third"),
    (r"\bun cuarto\b", "a quarter"),
    (r"\b(?:todo|el total|la cantidad completa|completo)\b(?= |$|[.,!?])", "the full amount"),
    (r"\b(?:los dos|las dos|ambos|ambas)\b", "both"),
    (r"\best[ea] mes\b", "this month"),
    (r"\b(?:el )?mes pasado\b", "last month"),
    (r"\b(?:el )?(?:mes que (?:viene|entra)|proximo mes)\b", "next month"),
    (r"\bdolares\b", "dollars"),
    (r"\bla otra\b", "the other"),
    (r"\bel otro\b", "the other"),
    (r"\bcuenta (?:corriente|de cheques)\b", "checking account"),
    (r"\b(?:cuenta de )?ahorros\b", "savings"),
    (r"\btarjeta\b", "card"),
    (r"\bterminada en\b|\bque termina en\b", "ending in"),
    (r"\b(?:la )?de salud\b", "health"),
    (r"\bsol[oa](?:mente)?\b", "only"),
    (rf"\b(?:el )?(?:proximo )?({'|'.join(_DAYS)})\b", r"\1"),
]
_WORDS = _MONTHS | _DAYS


@cache
def _table() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern), meant) for pattern, meant in _SAID]


def in_english(text: str) -> str:
    """A text in small letters with what is read here put into English; anything else stays as it is."""
    plain = _NUMBER.sub(_as_digits, text.translate(_PLAIN).replace("ñ", "n"))
    for pattern, meant in _table():
        plain = pattern.sub(meant, plain)
    return re.sub(rf"\b(?:{'|'.join(_WORDS)})\b", lambda word: _WORDS[word[0]], plain)


def _as_digits(found: re.Match[str]) -> str:
    words = [_ACCENTED.get(word, word) for word in found[0].split()]
    said = " ".join("uno" if word in ("un", "una") else word for word in words)
    return _ALONE.get(said) or str(alpha2digit(said, "es"))

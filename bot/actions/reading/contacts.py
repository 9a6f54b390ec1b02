"""A phone number or e-mail address in a member's words, and the wish to have another one on file.

Read by their words and not by an intent: the wish has none of its own. A number of a card, an account or a policy is
no phone number, and whose own number is asked for ("your new number") wants nothing changed.
"""

from __future__ import annotations

import re
from typing import Literal

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher

Wished = Literal["phone", "email", "either"]

_PHONE = (
    r"(?:(?:(?:cell|mobile|home|work|contact|my|tele)[ -]?)*(?:phone|cell|mobile|contact)s? (?:numbers?|#)"
    r"|number\b(?! of))"
)
_EMAIL = (
    r"e-?mail(?: address(?:es)?)?(?! (?:bill|invoice|statement|deliver|noti|alert|remind|prefer|setting|receipt|pass))"
)
_TELEFONO = r"(?:n[uú]mero de (?:tel[eé]fono|celular|m[oó]vil|contacto)|n[uú]mero\b(?! de)|tel[eé]fono|celular)"
_CORREO = r"(?:correo(?: electr[oó]nico)?|e-?mail|direcci[oó]n de (?:correo|e-?mail)(?: electr[oó]nico)?)"
_DETAILS = r"(?:contact (?:info|information|details)|(?:datos|informaci[oó]n) de contacto)"
_CHANGES = r"(?:chang(?:e|ed|ing)|updat(?:e|ed|ing)|replac(?:e|ing)|correct|switch)"
_CAMBIA = r"(?:c[aá]mbi\w+|actuali[zc]\w+|modifi\w+|corr[ei][gj]\w+)"


def _wish(english: str, spanish: str) -> re.Pattern[str]:
    return re.compile(
        rf"\b{_CHANGES} (?:(?:my|the|our|a) )?(?:(?:old|new) )?{english}\b"
        rf"|\b(?:my|a|another|different|got|have|the|is) (?:new|different) {english}\b(?! (?:from|about|saying))"
        rf"|\bmy {english} (?:(?:has|is|was|just|now|on file) )*(?:chang|different|new\b|now\b|wrong|not right)"
        rf"|\b{_CAMBIA} (?:mi|el|de|la)(?: nuev[oa])? {spanish}\b"
        rf"|\btengo (?:un |una |otro |otra )?(?:nuev[oa] {spanish}|{spanish} nuev[oa])\b|\btengo otr[oa] {spanish}\b"
        rf"|\bmi (?:nuev[oa] {spanish}|{spanish} (?:nuev[oa]|cambi[oó]|ahora es|es ahora|es otr[oa]))\b",
        re.IGNORECASE,
    )


_WISHES: tuple[tuple[Wished, re.Pattern[str]], ...] = (
    ("either", re.compile(rf"\b(?:{_CHANGES}|{_CAMBIA}) (?:(?:my|the|our|mis|mi|los|la) )?{_DETAILS}\b", re.I)),
    ("email", _wish(_EMAIL, _CORREO)),
    ("phone", _wish(_PHONE, _TELEFONO)),
)
# Words beside which a number or an address is something else, or wanted for something else.
_SOMETHING_ELSE = re.compile(
    r"^\W*is my\b"
    r"|\b(?:cards?|debit|credit|bank|routing|checking|savings|(?:account|acct|policy|group|member|id|invoice|check|order"
    r"|confirmation|social security) (?:number|num|#)|pin|doctor|dr|auto ?pay|owner|remove|stop|wrong number|password"
    r"|log ?(?:in|ged)|sign ?in|codes?|your (?:\w+ ){0,3}(?:number|e-?mail)"
    r"|tarjetas?|cuenta|banco|ruta|p[oó]liza|miembro|contrase\w+|clave|c[oó]digo"
    r"|su (?:n[uú]mero|tel[eé]fono|correo))\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
# Seven digits or more with nothing but the marks of a phone number between them: no amount and no date is like that.
_DIGITS = re.compile(r"(?<!\$)(?:\d[\s().+-]*){7,}")


def contact_wished(text: str) -> Wished | None:
    """Which detail is to be another one; None where the message wants no such change."""
    if _SOMETHING_ELSE.search(text):
        return None
    return next((kind for kind, wish in _WISHES if wish.search(text)), None)


def looks_like_contact(text: str) -> bool:
    """Whether a message may name a phone number or an address, well or badly written."""
    return "@" in text or _DIGITS.search(text) is not None


def phone(text: str) -> str | None:
    """The last phone number of the United States that stands in the text, as +19195550123."""
    found = None
    for match in PhoneNumberMatcher(text, "US", leniency=Leniency.POSSIBLE):
        national = str(match.number.national_number)
        # Area codes and exchanges begin with 2 to 9, which phonenumbers does not ask of what is merely possible.
        if match.number.country_code == 1 and re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", national):
            found = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
    return found


def email(text: str) -> str | None:
    """The last e-mail address that stands in the text."""
    return next(reversed(_ADDRESS.findall(text)), None)

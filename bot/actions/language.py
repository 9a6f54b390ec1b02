"""The language of the conversation: changed when the member asks for one that we have words in."""

from __future__ import annotations

import re
from dataclasses import replace

from babel import Locale

from bot.actions import replies, words
from bot.actions.say import Say, say
from bot.actions.step import Step
from bot.actions.turn import Turn

# How members write a name that no list has in this form.
_ALSO = {"espanol": "es", "castellano": "es", "ingles": "en"}
_NOT = re.compile(r"\b(no|not|don'?t|cannot|can'?t)\b")


class SetLanguage(Step):
    """Goes on in English or Spanish from here; the channel keeps it (`data.language`)."""

    action = "action_set_language"
    needs = "L0"
    returns_to_offer = True

    def speak(self, turn: Turn) -> list[tuple[str | None, Say]]:
        asked = named(turn.text)
        return super().speak(replace(turn, language=asked) if asked in words.LANGUAGES else turn)

    def answer(self, turn: Turn) -> list[Say]:
        asked = named(turn.text)
        if asked is None:
            return [say("utter_which_language")]
        if asked not in words.LANGUAGES:
            return [say("utter_language_not_spoken", **replies.contact(self.core, turn))]
        return [say("utter_language_set", data={"language": asked})]


def named(text: str) -> str | None:
    """The language a text asks for, in English or Spanish, as its code; None when it names none, or says not that."""
    said = [word.strip(".,!?¿¡") for word in text.casefold().split()]
    known = {name.casefold(): code for spoken in ("en", "es") for code, name in Locale(spoken).languages.items()}
    found = [code for word in said if (code := (known | _ALSO).get(word))]
    return None if not found or _NOT.search(text.casefold()) else found[0]

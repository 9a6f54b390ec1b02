"""The pages speak both languages: the same words, with the same places, each used, and each that is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from channels.pages import words
from channels.pages.router import HERE, STATIC, templates
from channels.words import LANGUAGES

PAGES = {
    "entry": ("entry.html", ["entry.js", "entry_sandbox.js", "entry_stripe.js"]),
    "chat": ("chat.html", ["chat.js", "composer.js", "transcript.js", "bubbles.js"]),
}
# A word by its name in a script: word("save"), word(on ? "paying" : "button-pay"), and names listed to be said.
QUOTED = re.compile(r'"([a-z]+(?:-[a-z]+)*)"')

# Said where the page is drawn, or goes on in another language.
DRAWN = {"guest", "title"}


@pytest.mark.parametrize("name", PAGES)
def test_each_word_is_said_in_both_languages_with_the_same_places(name: str) -> None:
    loaded = yaml.safe_load((Path(words.__file__).with_name("words") / f"{name}.yml").read_text(encoding="utf-8"))
    for word, told in loaded.items():
        assert set(told) == set(LANGUAGES), word
        places = {language: sorted(re.findall(r"\{\w+\}", text)) for language, text in told.items()}
        assert places["en"] == places["es"], word
        assert told["en"] != told["es"], word


@pytest.mark.parametrize("name", PAGES)
def test_each_word_is_used_and_each_that_is_used_is_there(name: str) -> None:
    template, scripts = PAGES[name]
    html = (HERE / "templates" / template).read_text(encoding="utf-8")
    js = "".join((STATIC / script).read_text(encoding="utf-8") for script in scripts)
    known = set(words.of(name)["en"])
    in_html = set(
        re.findall(r'data-word="([\w-]+)"|said\("([\w-]+)"\)|(?:told|words\.en)(?:\.(\w+)|\["([\w-]+)"\])', html)
    )
    used = {each for found in in_html for each in found if each}
    called = set(re.findall(r'word\("([\w-]+)"', js))
    assert called <= known, called - known
    assert used <= known, used - known
    assert known <= used | set(QUOTED.findall(js)) | DRAWN, known - used - set(QUOTED.findall(js))


def test_the_chat_page_is_drawn_in_the_members_language() -> None:
    told = words.of("chat")["es"]
    values = {"name": "Luis Garcia", "known": True, "demo": False, "language": "es"}
    html = templates.get_template("chat.html").render(told=told, words={"es": told}, **values)
    assert '<html lang="es">' in html
    assert "Chateando como <strong>Luis Garcia</strong>" in html
    assert "Sign out" not in html

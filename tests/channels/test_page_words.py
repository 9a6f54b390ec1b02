"""The pages speak both languages: the same words, with the same places, each used, and each that is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from channels.pages import words
from channels.pages.router import HERE, STATIC, templates
from channels.problems import FOR_PEOPLE
from channels.tokenizer import app, numbers
from channels.words import LANGUAGES

TEMPLATES, FORM = HERE / "templates", Path(app.__file__).with_name("page")
PAGES = {
    "entry": [TEMPLATES / "entry.html", *(STATIC / f"entry{part}.js" for part in ("", "_sandbox", "_stripe"))],
    "chat": [
        TEMPLATES / "chat.html",
        *(STATIC / f"{part}.js" for part in ("chat", "composer", "transcript", "bubbles")),
    ],
    "front": [TEMPLATES / "front.html", TEMPLATES / "try_it.html"],
    "embed": [TEMPLATES / "embed.html", STATIC / "embed.js"],
    "form": [FORM / "form.html", FORM / "form.js"],
    "problem": [TEMPLATES / "problem.html"],
}
# The faults that the card form finds, with its field: said in the line below it. Type and holder are chosen already.
FOUND = re.findall(r'append\(\("(\w+)", "(\w+)"\)\)', Path(numbers.__file__).read_text(encoding="utf-8"))
FAULTS = {f"{field}-{fault}" for field, fault in FOUND if field not in ("type", "holder")}
# A word by its name in a script: word("save"), word(on ? "paying" : "button-pay"), and names listed to be said.
QUOTED = re.compile(r'"([a-z]+(?:-[a-z]+)*)"')

# Said where the page is drawn, or goes on in another language.
DRAWN = {"guest", "title", *(f"{part}-{status}" for part in ("title", "text") for status in FOR_PEOPLE), *FAULTS}


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
    texts = {path: path.read_text(encoding="utf-8") for path in PAGES[name]}
    html = "".join(text for path, text in texts.items() if path.suffix == ".html")
    js = "".join(text for path, text in texts.items() if path.suffix == ".js")
    known = set(words.of(name)["en"])
    in_html = set(
        re.findall(r'data-word="([\w-]+)"|said\("([\w-]+)"\)|(?:told|words\.en)(?:\.(\w+)|\["([\w-]+)"\])', html)
    )
    used = {each for found in in_html for each in found if each}
    called = set(re.findall(r'word\("([\w-]+)"', js))
    used |= FAULTS if name == "form" else set()
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


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("en;q=0.5, es;q=0.7", "es"),
        ("fr-FR, fr;q=0.9, es;q=0.3", "es"),
        ("fr, *;q=0.1", "en"),
        ("es;q=0, en;q=0.1", "en"),
        ("es;q=0", "en"),
        ("es;q=1.0001;q=x, en", "en"),
        (";;;,,q=,es_", "en"),
    ],
)
def test_a_browser_is_spoken_to_in_what_it_asks_for_most(asked: str, spoken: str) -> None:
    assert words.asked_for(asked) == spoken

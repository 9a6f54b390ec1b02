"""What members read asks no more than the sixth grade of them, and no single sentence much more."""

from __future__ import annotations

import re
from statistics import mean

import pytest
import yaml

from bot.actions import words
from tests.actions.reading_level import grade
from tests.actions.talking import ROOT

# [prop] A sentence with a number, a name and a condition in it may ask a little more than the rest.
OF_ONE, OF_ALL = 9.0, 6.0

# Values as they are usually told; any other is a day.
SAID = {
    "authorization": "I agree.",
    "bank": "",
    "bank_date": "",
    "count": "4",
    "delivery": "e-mail",
    "done": "turned off",
    "hours": "weekdays 8-6 Eastern",
    "issuer": "Duely Health",
    "method": "Visa ending 4242",
    "methods": "Visa ending 4242 and checking ending 6789",
    "new": "checking ending 6789",
    "old": "Visa ending 4242",
    "opens": "",
    "parts": "health $50.00 and dental $10.00",
    "phone": "1-800-555-0100",
    "plan": "Silver",
    "reason": "Your bank said no.",
    "step": "Call your bank.",
    "stop": "",
    "terms": "I agree.",
    "what": "May premium",
    "word": "OFF LATER",
}


def _read(text: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: _value(name[1]), text)


def _value(name: str) -> str:
    return "$50.00" if name.endswith("_cents") else SAID.get(name, "May 3")


def _told() -> dict[str, str]:
    """Whole sentences by where they stand: the bot's, the channels', and those of the decline codes."""
    told = {name: text for name, text in words.sentences("en").items() if name.startswith("utter_")}
    fixed = yaml.safe_load((ROOT / "channels/words.yml").read_text(encoding="utf-8"))
    told |= {f"channels: {name}": text for name, text in fixed.items() if isinstance(text, str)}
    for code in yaml.safe_load((ROOT / "billing_core/codes.yml").read_text(encoding="utf-8"))["codes"]:
        told |= {f"{code['code']}: {part}": code[part] for part in ("plain_reason", "member_action")}
    return told


TOLD = _told()


@pytest.mark.parametrize("text", TOLD.values(), ids=list(TOLD))
def test_a_sentence_is_plain(text: str) -> None:
    assert grade(_read(text)) <= OF_ONE, _read(text)


def test_all_of_it_together_is_sixth_grade_or_less() -> None:
    assert mean(grade(_read(text)) for text in TOLD.values()) <= OF_ALL


def test_what_officials_write_would_not_pass() -> None:
    official = (
        "Termination of coverage shall be effectuated retroactively upon nonpayment of the aggregate outstanding "
        "premium obligation prior to the expiration of the applicable statutory grace period."
    )
    assert grade(official) > 2 * OF_ONE
    assert grade("Your bill is due May 3. You can pay it now.") < OF_ALL

"""Which action answers an intent: read from `bot/data/rules`, the same files that Rasa is trained on."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

RULES = Path(__file__).parent.parent / "data" / "rules"


@cache
def action_of() -> dict[str, str]:
    """The action of every intent that has a rule."""
    return {
        rule["steps"][0]["intent"]: rule["steps"][1]["action"]
        for path in sorted(RULES.glob("*.yml"))
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
        if "intent" in rule["steps"][0]
    }

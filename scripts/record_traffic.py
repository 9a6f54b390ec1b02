"""Write gateway/traffic/heard.yml: how the trained model reads every text of the demo traffic's stories.

Run it after a change of gateway/traffic/stories.yml. It asks the model in a Rasa of its own.
"""

from __future__ import annotations

import sys
from typing import Any

import yaml

from gateway.commands.nlu import parsing
from gateway.traffic.stories import HEARD, stories
from gateway.training import ensure_model

RANKED = 5


def record(text: str, answer: dict[str, Any]) -> dict[str, Any]:
    """What a turn's record keeps of Rasa's answer."""
    scored = [{"name": each["name"], "confidence": round(each["confidence"], 4)} for each in answer["intent_ranking"]]
    entities = [{name: each.get(name) for name in ("entity", "value", "start", "end")} for each in answer["entities"]]
    intent = {"name": answer["intent"]["name"], "confidence": round(answer["intent"]["confidence"], 4)}
    return {"intent": intent, "ranking": scored[:RANKED], "entities": entities}


def main() -> int:
    texts = sorted({text for story in stories() for text in story.texts() if "{" not in text})
    with parsing(ensure_model(print)) as parse:
        rows = {text: record(text, parse(text)) for text in texts}
    head = "# How the model reads the texts of stories.yml; written by scripts/record_traffic.py, which see.\n"
    HEARD.write_text(head + yaml.safe_dump(rows, allow_unicode=True, sort_keys=True, width=160), encoding="utf-8")
    for text, row in rows.items():
        print(f"{row['intent']['name']:28} {row['intent']['confidence']:.2f}  {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

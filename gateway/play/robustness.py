"""Whether conversations hold when members put them otherwise: in other words, and in haste.

Every member line of a file is retold, by our table of paraphrases or by the noise that the training data gets too; the
file must still end in the same account state. Exact words that were offered (PAY, AGREE) and codes stay legible: a
mistyped PAY is asked for again, which is as it should be.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from gateway.play.format import Conversation
from gateway.play.matching import reply_faults
from gateway.play.player import Played, play
from gateway.play.rehearsal import Rehearsal
from gateway.training import PYTHON, ROOT, runtime_environment

PARAPHRASES = ROOT / "tests/robustness/paraphrases.yml"
WAYS = ("paraphrase", "noise")
# A word or two in capitals or small letters that the bot offered, or a one-time code.
_KEPT = re.compile(r"(?:pay|agree|change|back|keep|[a-z]+ later|drop it|remember me|help me|\{code\}|\d)", re.I)


@dataclass(frozen=True)
class Retold:
    """How one file went, retold once: `ended_alike` is the account's state, `told_alike` the figures that were said."""

    path: Path
    way: str
    seed: int
    ended_alike: bool
    told_alike: bool
    played: Played


Teller = Callable[[str, int], str]


def tellers(files: Iterable[Conversation], seeds: int) -> dict[str, Teller]:
    """For each way, what makes another line of a line and a seed."""
    table: dict[str, list[str]] = yaml.safe_load(PARAPHRASES.read_text(encoding="utf-8"))
    lines = sorted({step.member for file in files for step in file.steps if step.member and not _kept(step.member)})

    @cache
    def typed() -> dict[tuple[str, int], str]:
        return _typed([(line, seed) for line in lines for seed in range(seeds)])

    return {
        "paraphrase": lambda line, seed: random.Random(f"{seed} {line}").choice(table.get(line, [line])),
        "noise": lambda line, seed: typed().get((line, seed), line),
    }


def retell(world: Rehearsal, path: Path, file: Conversation, way: str, seed: int, tell: Teller) -> Retold:
    """Play the file with its lines retold; only its end decides."""

    def retold(given: Conversation) -> Conversation:
        steps = []
        for step in given.steps:
            said = tell(step.member, seed) if step.member else None
            steps.append(step.model_copy(update={"member": said, "bot": [], "bot_not": [], "intent": None}))
        return given.model_copy(update={"steps": steps})

    played = play(world, path, retold)
    replies = [line.removeprefix("   bot: ") for line in played.said if not line.startswith("member:")]
    figures = [each for step in file.steps for each in step.bot if any(letter.isdigit() for letter in each)]
    return Retold(path, way, seed, played.passed, not list(reply_faults(figures, [], replies)), played)


def _kept(line: str) -> bool:
    return _KEPT.fullmatch(line.strip()) is not None


def _typed(wanted: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """What haste makes of each line and seed; asked of Rasa's own environment, where the noise lives."""
    if not wanted:
        return {}
    done = subprocess.run(
        [str(PYTHON), "-m", "bot.runtime.hasty_lines"],
        cwd=ROOT, env=runtime_environment(), input=json.dumps(wanted), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(zip(wanted, json.loads(done.stdout), strict=True))

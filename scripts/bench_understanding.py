"""Ours beside Rasa's stock DIET configuration, in one run and on the same sentences: what each costs and understands.

For each: seconds of training, Rasa's resident memory and seconds until it is ready, a parse's p50 and p95 in
milliseconds, and the share of the held-out sentences that is understood as meant. Ours is `config.yml` as it is. With
`--each N` both learn from the first N sentences of every intent only, since DIET needs hours for all of them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from gateway.commands.nlu import SENTENCES, asked, held_out
from gateway.rasa_process import RasaProcess
from gateway.serving import free_port
from gateway.training import PYTHON, ROOT, runtime_environment

SECRET = "bench"  # noqa: S105 (of a Rasa that lives as long as this run)
READY_WITHIN_S = 300.0
STOCK: dict[str, Any] = {
    "recipe": "default.v1",
    "assistant_id": "stock",
    "language": "en",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ],
    "policies": [{"name": "RulePolicy"}],
}


@dataclass(frozen=True)
class Figures:
    """What one configuration costs and how much it understands; `right` is a share of the held-out sentences."""

    training_s: float
    ready_s: float
    resident_mb: float
    parse_ms: tuple[float, float]
    right: float


def sentences(each: int, folder: Path) -> Path:
    """A folder with the rules and, of every intent, the first `each` sentences (all for 0)."""
    merged: dict[str, list[str]] = {}
    for path in sorted(SENTENCES.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in entry:
                merged.setdefault(entry["intent"], []).extend(entry["examples"].splitlines())
    kept = [
        {"intent": name, "examples": "\n".join(lines[: each or None]) + "\n"} for name, lines in sorted(merged.items())
    ]
    (folder / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": kept}, allow_unicode=True))
    for path in (ROOT / "bot/data/rules").glob("*.yml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"))
    return folder


def measure(name: str, config: Path, data: Path, work: Path) -> Figures:
    """Train, start, ask every held-out sentence, end."""
    began = time.monotonic()
    command = [str(PYTHON), "-m", "bot.runtime.train", "--name", name, "--output", str(work), "--data", str(data)]
    # Whatever runs in Rasa's environment ends with its standard input.
    held, ours = os.pipe()
    try:
        subprocess.run(
            [*command, "--config", str(config)], cwd=ROOT, env=runtime_environment(), stdin=held, check=True,
            capture_output=True,
        )  # fmt: skip
    finally:
        os.close(held)
        os.close(ours)
    training_s = time.monotonic() - began
    rasa = RasaProcess(
        free_port(), SECRET, "http://127.0.0.1:9/webhook", work / "rasa.log", model=work / f"{name}.tar.gz"
    )
    began = time.monotonic()
    rasa.start()
    try:
        rasa.wait_ready(READY_WITHIN_S)
        ready_s = time.monotonic() - began
        took: list[float] = []
        with httpx.Client(base_url=rasa.url, params={"token": SECRET}, timeout=30.0) as http:

            def parse(said: str) -> dict[str, Any]:
                start = time.perf_counter()
                answer: dict[str, Any] = http.post("/model/parse", json={"text": said}).json()
                took.append((time.perf_counter() - start) * 1000)
                return answer

            found = list(asked(held_out(), parse))
        status = Path(f"/proc/{rasa.pid}/status").read_text(encoding="utf-8")
        resident_kb = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
    finally:
        rasa.stop()
    parts = statistics.quantiles(took, n=20)
    right = sum(each.right for each in found) / len(found)
    return Figures(training_s, ready_s, resident_kb / 1024, (statistics.median(took), parts[18]), right)


def main() -> None:
    """Both configurations, one after the other, and a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--each", type=int, default=30, help="sentences of an intent that both learn from; 0: all")
    arguments.add_argument("--epochs", type=int, default=100, help="rounds of DIET's training")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "data").mkdir()
        data = sentences(given.each, work / "data")
        STOCK["pipeline"][5]["epochs"] = given.epochs
        (work / "stock.yml").write_text(yaml.safe_dump(STOCK))
        print(f"{given.each or 'All'} sentences an intent, DIET {given.epochs} epochs")
        print(f"{'':<10}{'training s':>12}{'ready s':>10}{'memory MB':>11}{'p50 ms':>8}{'p95 ms':>8}{'held out':>10}")
        for name, config in (("ours", ROOT / "config.yml"), ("stock", work / "stock.yml")):
            had = measure(name, config, data, work)
            print(
                f"{name:<10}{had.training_s:>12.0f}{had.ready_s:>10.1f}{had.resident_mb:>11.0f}"
                f"{had.parse_ms[0]:>8.1f}{had.parse_ms[1]:>8.1f}{had.right:>10.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()

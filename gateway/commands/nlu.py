"""`duely nlu report`: what the trained model understands of sentences of our own that it never saw."""

from __future__ import annotations

import secrets
import socket
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import typer
import yaml

from gateway.training import ROOT, ensure_model

HELD_OUT = ROOT / "tests/nlu"
SENTENCES = ROOT / "bot/data/nlu"
# What ends in the same kind refusal as not having understood.
REFUSED = frozenset({"out_of_scope", "nlu_fallback", "small_talk"})
# These run the same action with the same amount, whichever of them is understood.
PAYING = frozenset({"pay_bill", "pay_partial"})
READY_WITHIN_S = 120.0
THIN, NEAREST = 10, 10

nlu_app = typer.Typer(no_args_is_help=True, help="How well messages are understood.")


@nlu_app.command("report")
def report() -> None:
    """Accuracy per intent on the held-out sentences, confusions, thin intents and nearest pairs."""
    for line in lines(understood(held_out(), ensure_model(typer.echo)), trained()):
        typer.echo(line)


@dataclass(frozen=True)
class Understood:
    """One held-out sentence: what was meant, what was understood, and the ranking (intent, confidence) behind it."""

    said: str
    meant: str
    intent: str
    ranking: tuple[tuple[str, float], ...]

    @property
    def right(self) -> bool:
        """Whether the member gets what was meant."""
        return same(self.intent, self.meant)


def same(intent: str, meant: str) -> bool:
    """Whether the answer to `intent` is the one to `meant`; not understanding is right for what is out of scope."""
    if meant == "out_of_scope":
        return intent in REFUSED
    return intent == meant or {intent, meant} <= PAYING


def held_out(folder: Path = HELD_OUT, pattern: str = "held_out*.yml") -> list[tuple[str, str]]:
    """(sentence, intent) of every held-out file."""
    parts = [yaml.safe_load(path.read_text(encoding="utf-8"))["sentences"] for path in sorted(folder.glob(pattern))]
    return [(str(said), intent) for part in parts for intent, sentences in part.items() for said in sentences]


def trained(folder: Path = SENTENCES) -> Counter[str]:
    """How many training sentences each intent has."""
    entries = [
        entry for path in sorted(folder.glob("*.yml")) for entry in yaml.safe_load(path.read_text("utf-8"))["nlu"]
    ]
    counted: Counter[str] = Counter()
    for entry in entries:
        if "intent" in entry:
            counted[entry["intent"]] += len(entry["examples"].splitlines())
    return counted


def understood(sentences: Iterable[tuple[str, str]], model: Path) -> Generator[Understood, None, None]:
    """Each sentence as the model understands it. Raises gateway.rasa_process.RasaNotReady."""
    with parsing(model) as parse:
        yield from asked(sentences, parse)


@contextmanager
def parsing(model: Path) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Rasa's own answer to a text, of a Rasa that runs for the time of this.

    Raises gateway.rasa_process.RasaNotReady.
    """
    from gateway.rasa_process import RasaProcess

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    secret = secrets.token_hex(16)
    rasa = RasaProcess(port, secret, "http://127.0.0.1:9/webhook", ROOT / "var/nlu_report.log", model=model)
    rasa.start()
    try:
        rasa.wait_ready(READY_WITHIN_S)
        with httpx.Client(base_url=rasa.url, params={"token": secret}, timeout=10.0) as http:
            yield lambda said: dict(http.post("/model/parse", json={"text": said}).json())
    finally:
        rasa.stop()


def asked(sentences: Iterable[tuple[str, str]], parse: Callable[[str], dict[str, Any]]) -> Iterator[Understood]:
    """Each sentence as `parse` (Rasa's own answer to a text) understands it."""
    for said, meant in sentences:
        answer = parse(said)
        ranking = tuple((each["name"], float(each["confidence"])) for each in answer["intent_ranking"])
        yield Understood(said, meant, answer["intent"]["name"], ranking)


def lines(found: Iterable[Understood], sentences: Counter[str]) -> Iterator[str]:
    """The report, worst first."""
    by_intent: dict[str, list[Understood]] = defaultdict(list)
    for each in found:
        by_intent[each.meant].append(each)
    everything = [each for group in by_intent.values() for each in group]
    if not everything:
        yield "There are no held-out sentences."
        return
    yield f"{sum(each.right for each in everything) / len(everything):.1%} of {len(everything)} held-out sentences."
    yield "\nIntent, right of held out, training sentences:"
    for intent, group in sorted(by_intent.items(), key=lambda item: sum(each.right for each in item[1]) / len(item[1])):
        yield f"  {intent:<30} {sum(each.right for each in group):>3} of {len(group):<3} {sentences[intent]:>5}"
    yield "\nNot understood as meant:"
    for each in everything:
        if not each.right:
            yield f"  {each.meant} -> {each.intent}: {each.said}"
    yield "\nThinnest intents (training sentences):"
    for intent, count in sorted(sentences.items(), key=lambda item: item[1])[:THIN]:
        yield f"  {intent:<30} {count:>5}"
    yield "\nNearest pairs (confidence that goes to the other, on average):"
    for (meant, other), share in nearest(by_intent):
        yield f"  {meant} / {other}: {share:.0%}"


def nearest(by_intent: dict[str, list[Understood]]) -> list[tuple[tuple[str, str], float]]:
    """The pairs of intents between which the model is least sure, on the sentences of the first."""
    shares: dict[tuple[str, str], float] = defaultdict(float)
    for meant, group in by_intent.items():
        for each in group:
            for other, confidence in each.ranking:
                if other not in (meant, "nlu_fallback"):
                    shares[meant, other] += confidence / len(group)
    return sorted(shares.items(), key=lambda item: -item[1])[:NEAREST]

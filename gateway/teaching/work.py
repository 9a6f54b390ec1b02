"""The work on one candidate from its row to a comparison that can be decided on, with its steps told in the row."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from billing_core import Core
from console.review import labelled
from console.teach import candidates, owner
from console.teach.store import Candidate, CandidateState
from console.teach.writing import spoken
from gateway.commands import nlu
from gateway.commands.nlu import Understood
from gateway.rasa_process import RasaNotReady
from gateway.teaching import comparing, examining, models
from gateway.teaching.comparing import Played
from gateway.teaching.examining import Ended
from gateway.training import ROOT, TrainingFailed

log = structlog.get_logger(__name__)


@dataclass
class Work:
    """Trains and compares candidates of one database. How a model did on the conversations is kept, so that the next
    comparison plays them only with the new one."""

    core: Core
    root: Path = ROOT
    _played: dict[str, dict[str, Played]] = field(default_factory=dict)

    def run(self, candidate_id: int) -> Candidate:
        """All of it, as the row says in the end: `ready`, or `failed` with the trouble. Never raises."""
        try:
            with self._beating(candidate_id):
                seconds, model = self._train(candidate_id)
                comparison, more = self._compare(candidate_id, model)
            candidates.finish(
                self.core, candidate_id, CandidateState.READY, step="", comparison=comparison, seconds=seconds | more
            )
        except (Ended, RasaNotReady, TrainingFailed) as error:
            candidates.finish(self.core, candidate_id, CandidateState.FAILED, trouble=str(error))
        except Exception as error:
            log.exception("candidate_failed", candidate=candidate_id)
            candidates.finish(self.core, candidate_id, CandidateState.FAILED, trouble=f"A fault of ours: {error!r}")
        models.prune(self.core, self.root)
        done = candidates.of(self.core, candidate_id)
        assert done is not None
        return done

    def compare_again(self, candidate_id: int) -> None:
        """Put a candidate that is ready to the test once more: conversations or labels may have changed."""
        row = candidates.of(self.core, candidate_id)
        assert row is not None
        comparison, more = self._compare(candidate_id, self.root / "models" / row.model, told=False)
        candidates.compared(self.core, candidate_id, comparison, dict(row.seconds) | more)

    def _train(self, candidate_id: int) -> tuple[dict[str, float], Path]:
        row = candidates.of(self.core, candidate_id)
        assert row is not None
        sentences = candidates.taught_by(row)
        began = time.monotonic()
        self._tell(candidate_id, "Training")

        def progress(line: str) -> None:
            self._tell(candidate_id, f"Training: {line.strip()}")

        model = models.train(
            sentences, progress, self.root, behind=True, goes_on=lambda: candidates.beat(self.core, candidate_id)
        )
        candidates.beat(self.core, candidate_id, model=model.name)
        return {"train": _since(began)}, model

    def _compare(self, candidate_id: int, model: Path, *, told: bool = True) -> tuple[dict[str, Any], dict[str, float]]:
        row = candidates.of(self.core, candidate_id)
        assert row is not None
        base = candidates.of(self.core, row.base_id) if row.base_id is not None else None
        live = models.train(candidates.taught_by(base), lambda line: None, self.root)

        def progress(step: str) -> bool:
            return candidates.beat(self.core, candidate_id, step) if told else True

        sets = self._sets(row)
        began = time.monotonic()
        said = [each for part in sets.values() for each in part]
        before = examining.read(live, said, "the live model", progress)
        after = examining.read(model, said, "the candidate", progress)
        comparison: dict[str, Any] = {"sets": _parted(sets, before, after)}
        read_s = _since(began)
        began = time.monotonic()
        files = examining.conversation_files(self.root)
        if live.name not in self._played or len(self._played[live.name]) != len(files):
            self._played = {live.name: examining.play(live, files, "the live model", progress, self.root)}
        self._played[model.name] = examining.play(model, files, "the candidate", progress, self.root)
        comparison["conversations"] = comparing.conversations(self._played[live.name], self._played[model.name])
        return comparison, {"sentences": read_s, "conversations": _since(began)}

    def _sets(self, row: Candidate) -> dict[str, list[tuple[str, str]]]:
        """What both models read: what is taught, what else was labelled, and what no model was trained on."""
        taught = [(spoken(text), intent) for intent, text in candidates.taught_by(row)]
        return {
            "taught": taught,
            "labelled": [each for each in labelled.of(self.core) if each not in taught],
            "held_out": nlu.held_out(self.root / "tests/nlu"),
        }

    def _tell(self, candidate_id: int, step: str) -> None:
        if not candidates.beat(self.core, candidate_id, step):
            raise Ended("The candidate was dropped.")

    @contextmanager
    def _beating(self, candidate_id: int) -> Iterator[None]:
        """Say that somebody is at work, also while a child of ours says nothing."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(owner.BEAT_EVERY.total_seconds()):
                candidates.beat(self.core, candidate_id)

        thread = threading.Thread(target=beat, name="candidate", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _parted(
    sets: dict[str, list[tuple[str, str]]], before: Sequence[Understood], after: Sequence[Understood]
) -> dict[str, Any]:
    found, start = {}, 0
    for name, part in sets.items():
        end = start + len(part)
        found[name] = comparing.sentences(before[start:end], after[start:end])
        start = end
    return found


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)

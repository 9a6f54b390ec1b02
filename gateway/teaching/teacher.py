"""What the console's port is answered by: the files of this Duely, its models, and the Rasa that it runs."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from billing_core import Core
from console.teach.port import Change, Live, Near, TeacherFailed, Written
from console.teach.writing import spoken
from gateway import training
from gateway.teaching import data
from gateway.teaching.work import Work
from gateway.training import PYTHON, ROOT, runtime_environment

NEAR_LIMIT_S = 120.0
# Below this a sentence is not called near.
NEAR = 0.6


class FilesTeacher:
    """Implements `console.teach.port.Teacher`. `live` tells of the model that is served, by whoever serves it."""

    def __init__(self, core: Core, live: Callable[[], Live], root: Path = ROOT) -> None:
        self.work = Work(core, root)
        self._live = live
        self._root = root
        self._looking = threading.Lock()
        self._near: dict[Written, list[Near]] = {}

    def examples(self) -> dict[str, str]:
        """The first sentence of each intent."""
        found: dict[str, str] = {}
        for each in data.sentences(self._root):
            if each.intent not in found and not Path(each.file).name.startswith(data.SPANISH):
                found[each.intent] = each.written
        return found

    def change(self, sentences: Sequence[Written]) -> Change:
        return Change(data.diff(sentences, self._root), data.duplicates(sentences, self._root))

    def near(self, sentences: Sequence[Written]) -> dict[Written, list[Near]]:
        with self._looking:
            missing = [each for each in sentences if each not in self._near]
            if missing:
                self._near |= self._looked_up(missing)
            return {each: self._near[each] for each in sentences}

    def sources(self) -> str:
        return training.fingerprint(self._root)

    def begin(self, candidate_id: int) -> None:
        threading.Thread(target=self.work.run, args=(candidate_id,), name="teaching", daemon=True).start()

    def live(self) -> Live:
        return self._live()

    def _looked_up(self, wanted: Sequence[Written]) -> dict[Written, list[Near]]:
        among = list(data.sentences(self._root))
        asked = {"wanted": [spoken(text) for _, text in wanted], "among": [spoken(each.written) for each in among]}
        try:
            ran = subprocess.run(
                [str(PYTHON), "-m", "bot.runtime.near"], cwd=ROOT, env=runtime_environment(), input=json.dumps(asked),
                capture_output=True, text=True, timeout=NEAR_LIMIT_S, check=True,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise TeacherFailed("Sentences that mean the same could not be looked up.") from error
        answers = json.loads(ran.stdout)
        return {
            each: [
                Near(among[place].written, among[place].intent, among[place].file, likeness)
                for place, likeness in found
                if likeness >= NEAR
            ]
            for each, found in zip(wanted, answers, strict=True)
        }

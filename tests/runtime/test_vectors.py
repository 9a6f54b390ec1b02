"""Sentence vectors kept between trainings: a run in Rasa's environment, where they are read and written."""

from __future__ import annotations

import json

import pytest

from tests.runtime.conftest import run_in_rasas_environment

PROGRAM = """
import json, sys
from pathlib import Path
import numpy as np
from bot.runtime import vectors
vectors.KEPT_IN = Path(sys.argv[1]) / "kept.npz"
vectors.MOST = 3
asked = []
def make(sentences):
    asked.append(sentences)
    return {sentence: np.full(4, len(sentence), np.float32) for sentence in sentences}
def train(made_by, *sentences):
    return {said: float(vector[0]) for said, vector in vectors.with_kept(sentences, made_by, make).items()}
found = [train("a", "pay", "my bill"), train("a", "pay", "due"), train("b", "pay")]
vectors.KEPT_IN.write_bytes(b"cut short")
found.append(train("b", "pay"))
train("b", "one", "two")
train("b", "three", "four", "two")
train("b", "pay", "two")
print(json.dumps({"asked": asked, "found": found, "files": [path.name for path in Path(sys.argv[1]).iterdir()]}))
"""


@pytest.mark.rasa
def test_only_new_sentences_are_encoded_and_never_with_another_models_vectors(tmp_path):
    ran = run_in_rasas_environment("-c", PROGRAM, str(tmp_path))
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    first, second, other_model, damaged, *crowded = told["asked"]
    assert (first, second, other_model, damaged) == (["pay", "my bill"], ["due"], ["pay"], ["pay"])
    # Three are kept, this training's first: "pay" made room for the last three.
    assert crowded == [["one", "two"], ["three", "four"], ["pay"]]
    assert told["found"] == [{"pay": 3, "my bill": 7}, {"pay": 3, "due": 3}, {"pay": 3}, {"pay": 3}]
    assert told["files"] == ["kept.npz"]

"""Sentence vectors kept from one training to the next, so that a change of one sentence is trained in half a minute.

A cache and nothing more: `var/sentence_vectors.npz` may be deleted at any time, and vectors that another model,
tokenizer or runtime made are not used. A conversation never reads it.
"""

import json
import os
import zipfile
from pathlib import Path
from typing import Callable, Dict, List, Sequence

import numpy as np

KEPT_IN = Path(__file__).resolve().parents[2] / "var" / "sentence_vectors.npz"
# More than twice what the sentences and their copies need; 1.5 kB each.
MOST = 60_000

Vectors = Dict[str, np.ndarray]


def with_kept(sentences: Sequence[str], made_by: str, make: Callable[[List[str]], Vectors]) -> Vectors:
    """The vector of each sentence: kept ones as they are, the others from `make`, which are kept from now on.

    `made_by` names everything that a vector depends on besides its sentence.
    """
    kept = _read(made_by)
    missing = [sentence for sentence in dict.fromkeys(sentences) if sentence not in kept]
    made = make(missing)
    found = {sentence: made.get(sentence, kept.get(sentence)) for sentence in sentences}
    if missing:
        # This training's first: when there are too many, those go that no recent training used.
        _write(dict(list({**found, **kept}.items())[:MOST]), made_by)
    return found


def _read(made_by: str) -> Vectors:
    try:
        with np.load(KEPT_IN, allow_pickle=False) as saved:
            if str(saved["made_by"]) != made_by:
                return {}
            return dict(zip(json.loads(saved["sentences"].tobytes()), saved["vectors"], strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}


def _write(vectors: Vectors, made_by: str) -> None:
    sentences = np.frombuffer(json.dumps(list(vectors)).encode(), dtype=np.uint8)
    unfinished = KEPT_IN.with_name(f".{os.getpid()}.{KEPT_IN.name}")
    KEPT_IN.parent.mkdir(exist_ok=True)
    try:
        np.savez(unfinished, made_by=made_by, sentences=sentences, vectors=np.stack(list(vectors.values())))
        unfinished.replace(KEPT_IN)
    finally:
        unfinished.unlink(missing_ok=True)

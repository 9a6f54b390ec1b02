"""Which sentences mean nearly the same: `python -m bot.runtime.near`, without Rasa, so that it answers in a second.

Reads `{"wanted": [...], "among": [...]}` from standard input and writes, for each sentence that is wanted, the nearest
among the others as `[[place, likeness], ...]`, the nearest first. Vectors that a training has kept are used.
"""

import json
import sys
from typing import List, Tuple

import numpy as np

from bot.runtime.encoder import MODEL_SHA256, TOKENIZER_SHA256, MiniLMUnusable, encoder, made_by, model_files
from bot.runtime.vectors import with_kept

NEAREST = 4


def nearest(wanted: List[str], among: List[str]) -> List[List[Tuple[int, float]]]:
    """For each the places and likeness (the cosine, 1 for the same) of the nearest. Raises MiniLMUnusable."""
    model, tokenizer = model_files()
    found = encoder(model, MODEL_SHA256, tokenizer, TOKENIZER_SHA256)
    kept = with_kept(among, made_by(MODEL_SHA256, TOKENIZER_SHA256), found.vectors)
    others = np.stack([kept[each] for each in among])
    answers = []
    for each in wanted:
        likeness = others @ found.vector(each)
        places = np.argsort(-likeness)[:NEAREST]
        answers.append([(int(place), round(float(likeness[place]), 3)) for place in places])
    return answers


def main() -> int:
    """Answer once. Returns 1 with a sentence when the model cannot be used."""
    asked = json.load(sys.stdin)
    try:
        json.dump(nearest(asked["wanted"], asked["among"]), sys.stdout)
    except MiniLMUnusable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

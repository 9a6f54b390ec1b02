"""How much screening finds, and how often it takes what it should leave, over thousands of spellings (DESIGN 11)."""

from __future__ import annotations

import os
from collections import Counter
from itertools import pairwise

import pytest

from channels.digits import read_runs
from channels.screening import screen, screen_together
from tests.screening import corpus

# `make soak` takes more seeds than anybody has looked at.
SEEDS = range(1, 21 if os.environ.get("DUELY_SOAK") == "1" else 2)
SECRETS, SPLIT, HARMLESS = 10_000, 1_000, 1_000
MOST_FALSE = 0.001


def _left(secret: corpus.Secret, text: str) -> bool:
    """Whether five digits in a row of the secret, or all of a short one, can still be read."""
    if secret.kind == corpus.PASSWORD:
        return secret.secret in text
    read = " ".join(run.value for run in read_runs(text, wide=True))
    size = min(5, len(secret.secret))
    return any(secret.secret[at : at + size] in read for at in range(len(secret.secret) - size + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_thousand_spellings_leave_nothing(seed: int) -> None:
    missed: Counter[str] = Counter()
    for each in corpus.secrets(seed, SECRETS):
        screened = screen(each.texts[0])
        if not screened.found or _left(each, screened.text):
            missed[f"{each.kind}, {each.spelling}"] += 1
    print(f"seed {seed}: {SECRETS - missed.total()} of {SECRETS} found; missed: {dict(missed)}")
    assert not missed


@pytest.mark.parametrize("seed", SEEDS)
def test_a_secret_sent_in_two_or_three_messages_is_found(seed: int) -> None:
    missed = [each.texts for each in corpus.split(seed, SPLIT) if not _found_together(each.texts)]
    print(f"seed {seed}: {SPLIT - len(missed)} of {SPLIT} split secrets found")
    assert not missed, missed[:5]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_only_looks_like_a_secret_is_left_alone(seed: int) -> None:
    texts = list(corpus.harmless(seed, HARMLESS))
    false = [text for text in texts if screen(text).text != text]
    together = [pair for pair in pairwise(texts) if screen_together(pair)]
    print(f"seed {seed}: {len(false)} false alarms in {HARMLESS}, {len(together)} in pairs of them")
    assert len(false) + len(together) <= HARMLESS * MOST_FALSE, (false + together)[:5]


def _found_together(texts: tuple[str, ...]) -> bool:
    kept = [screen(text) for text in texts]
    if any(each.found for each in kept):
        return True
    ends = range(2, len(kept) + 1)
    return any(
        screen_together([each.text for each in kept[max(0, end - size) : end]]) for end in ends for size in (2, 3)
    )

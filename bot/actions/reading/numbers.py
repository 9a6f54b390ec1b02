"""Numbers in words as digits."""

from __future__ import annotations

import re

from text_to_num import alpha2digit

# text2num leaves a lone "one" or "two" as a word, because it is often none; before these nouns it counts them.
_SMALL = {"one": "1", "two": "2", "three": "3"}
_COUNTED = re.compile(r"\b(one|two|three)(?= (?:dollars?|bucks?|days?|weeks?|months?)\b)")


def digits(words: str) -> str:
    """`fifty bucks` is `50 bucks`, `in two weeks` is `in 2 weeks`; "the other one" stays as it is."""
    plain = re.sub(r"\ba (hundred|thousand)\b", r"one \1", words)
    return str(alpha2digit(_COUNTED.sub(lambda found: _SMALL[found[1]], plain), "en"))

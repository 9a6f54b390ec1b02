"""Numbers in words as digits."""

from __future__ import annotations

import re

from text_to_num import alpha2digit

# text2num leaves a lone "one" or "two" as a word, because it is often none; before these nouns it counts them.
_SMALL = {"one": "1", "two": "2", "three": "3"}
_COUNTED = re.compile(r"\b(one|two|three)(?= (?:dollars?|bucks?|days?|weeks?|months?)\b)")
# "One twenty" and "two fifty" are how hundreds are spoken.
_HUNDREDS = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine) (?=(?:ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b)"
)


def digits(words: str) -> str:
    """`fifty bucks` is `50 bucks`, `in two weeks` is `in 2 weeks`; "the other one" stays as it is."""
    plain = re.sub(r"\ba couple (?:of )?hundred\b", "two hundred", words)
    plain = _HUNDREDS.sub(r"\1 hundred ", re.sub(r"\ba (hundred|thousand)\b", r"one \1", plain))
    return str(alpha2digit(_COUNTED.sub(lambda found: _SMALL[found[1]], plain), "en"))

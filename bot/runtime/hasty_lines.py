"""Makes lines hasty, for those outside who must not import Rasa: `python -m bot.runtime.hasty_lines < lines.json`.

Reads `[[line, seed], ...]` and writes the lines as thumbs would type them, as a JSON list.
"""

import json
import random
import sys

from bot.runtime.noise import hasty

# As often as in the training data (config.yml).
SLIPS = 0.4


def main() -> None:
    """Read, type hastily, write."""
    lines = json.load(sys.stdin)
    json.dump([hasty(line, random.Random(seed), SLIPS) for line, seed in lines], sys.stdout)


if __name__ == "__main__":
    main()

"""Trains the model: `python -m bot.runtime.train --name NAME --output FOLDER`, from the repository's root.

Reads `bot/domain.yml`, `bot/data/` and `config.yml` (or what the options name) and writes `FOLDER/NAME.tar.gz`.
"""

from bot.runtime.lifeline import end_with_parent

end_with_parent()

import argparse  # noqa: E402
import logging  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402


def main() -> int:
    """Train. Returns 0 when the model is there, else 1; a fault in the data is one sentence, without a traceback."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--name", required=True)
    arguments.add_argument("--output", required=True)
    arguments.add_argument("--domain", default="bot/domain.yml")
    arguments.add_argument("--config", default="config.yml")
    arguments.add_argument("--data", default="bot/data")
    given = arguments.parse_args()

    import rasa
    from rasa.shared.core.domain import Domain
    from rasa.shared.exceptions import RasaException
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    from bot.runtime.thrift import train_thriftily

    train_thriftily()
    configure_logging_and_warnings(logging.INFO)
    configure_structlog(logging.INFO)
    start = time.monotonic()
    try:
        # Rasa only warns of a domain it cannot read, and then trains a model that understands and never answers.
        Domain.load(given.domain)
        # Always from the start: Rasa's cache does not know about the files behind our own components.
        result = rasa.train(
            domain=given.domain,
            config=given.config,
            training_files=[given.data],
            output=given.output,
            fixed_model_name=given.name,
            force_training=True,
        )
    except RasaException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    if not result.model:
        return 1
    print(f"Trained {result.model} in {time.monotonic() - start:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

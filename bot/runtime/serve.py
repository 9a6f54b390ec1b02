"""Starts Rasa's server: `python -m bot.runtime.serve --model FILE --port N`, from the repository's root.

In place of `rasa run`, because there the token that guards `/status` and `/model` would stand in the process list, and
because Rasa goes on serving without a model when the model could not be loaded; this one ends with status 3.
"""

from bot.runtime.lifeline import end_with_parent

end_with_parent()  # Before the slow imports, so that a parent that dies during them leaves nothing behind.

import argparse  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

HERE = Path(__file__).parent
HOST = "127.0.0.1"
SECRET = "DUELY_RASA_SECRET"  # noqa: S105 (the setting of channel.py, which imports Rasa)


async def _end_without_model(app: Any, _loop: Any) -> None:
    if not app.ctx.agent.is_ready():
        print(
            "Rasa did not start: the model could not be loaded (the reason stands above).", file=sys.stderr, flush=True
        )
        os._exit(3)


def main() -> int:
    """Serve until told to end. Returns 2 for settings that are missing."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", required=True, type=Path)
    arguments.add_argument("--port", required=True, type=int)
    given = arguments.parse_args()

    for name in (SECRET, "DUELY_ACTIONS_URL"):
        if not os.environ.get(name):
            print(f"Rasa did not start: {name} is not set.", file=sys.stderr)
            return 2

    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    # At DEBUG Rasa writes what members say; WARNING is what it takes to see that something is wrong.
    configure_logging_and_warnings(logging.WARNING, warn_only_once=True, filter_repeated_logs=True)
    configure_structlog(logging.WARNING)
    serve_application(
        str(given.model),
        interface=HOST,
        port=given.port,
        credentials=str(HERE / "credentials.yml"),
        endpoints=AvailableEndpoints.read_endpoints(str(HERE / "endpoints.yml")),
        auth_token=os.environ[SECRET],
        enable_api=True,
        server_listeners=[(_end_without_model, "after_server_start")],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

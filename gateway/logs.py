"""Logging: plain lines for people, JSON in production, never what a member wrote.

Callers log identifiers and reasons. As a second fence, values under names that carry words are dropped here.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_TALKATIVE = ("httpx", "httpcore", "urllib3", "twilio", "dbos", "uvicorn.access", "alembic", "websockets", "rasa_sdk")
_WORDS = frozenset(("text", "body", "message_text", "reply", "replies", "said", "form"))


def set_up(*, level: str, as_json: bool) -> None:
    """Configure structlog and the standard library's logging for this process, to standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_words,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        # Standard error as it is when something is logged: who started us may have put another in its place since.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Libraries that tell of every request, or of texts in tracebacks, are heard only when something is wrong.
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


def _without_words(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in _WORDS & event.keys():
        event[name] = "[left out]"
    return event

"""Logging: plain lines for people, JSON in production, never what a member wrote.

Callers log identifiers and reasons. As a second fence, values under names that carry words are dropped here, and every
other text, a traceback's too, goes through the one screening of secrets (DOMAIN 4.8) before it is written.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from channels.screening import screen

_TALKATIVE = ("httpx", "httpcore", "urllib3", "twilio", "dbos", "uvicorn.access", "alembic", "websockets", "rasa_sdk")
_WORDS = frozenset(("text", "body", "message_text", "reply", "replies", "said", "form"))
# Ids are drawn from all digits, and some look like a card's; what has neither digits nor spaces is a name of ours.
_ID = re.compile(r"(\b(?:[A-Z]{2})?[0-9a-f]{32}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)")
_NAME = re.compile(r"[^\d\s]*")
LONG = 10**12
_OURS = frozenset(("timestamp", "level", "_record", "_from_structlog"))


def set_up(*, level: str, as_json: bool) -> None:
    """Configure structlog and the standard library's logging for this process, to standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_words,
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, renderer],
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


def _without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in event.keys() - _OURS:
        event[name] = _screened(event[name])
    return event


def _screened(value: Any) -> Any:
    if isinstance(value, str):
        return value if _NAME.fullmatch(value) else "".join(_screened_part(part) for part in _ID.split(value))
    if isinstance(value, dict):
        return {_screened(name): _screened(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_screened(each) for each in value]
    # No figure of ours is as long as a card's number.
    ours = value is None or (isinstance(value, int | float) and abs(value) < LONG)
    return value if ours else _screened(str(value))


def _screened_part(part: str) -> str:
    return part if _ID.fullmatch(part) else screen(part).text

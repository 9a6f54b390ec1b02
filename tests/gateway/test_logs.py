"""Where the log goes: to standard error as it is at that moment."""

from __future__ import annotations

import io
import logging
import sys

import pytest
import structlog

from gateway import logs


def test_logging_goes_on_where_standard_error_was_replaced_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    first, second = io.StringIO(), io.StringIO()
    try:
        monkeypatch.setattr(sys, "stderr", first)
        logs.set_up(level="INFO", as_json=False)
        monkeypatch.setattr(sys, "stderr", second)
        first.close()
        structlog.get_logger("test").info("still_told")
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)
    assert "still_told" in second.getvalue()

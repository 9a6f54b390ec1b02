"""Cents become text in one place."""

from __future__ import annotations

import pytest

from billing_core.money import dollars


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "$0.00"),
        (1, "$0.01"),
        (99, "$0.99"),
        (100, "$1.00"),
        (41210, "$412.10"),
        (99999, "$999.99"),
        (100000, "$1,000.00"),
        (131840, "$1,318.40"),
        (123456789, "$1,234,567.89"),
        (-1, "-$0.01"),
        (-131840, "-$1,318.40"),
    ],
)
def test_cents_are_told_as_dollars(cents: int, text: str) -> None:
    assert dollars(cents) == text

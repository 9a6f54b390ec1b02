"""Holding replies and accounts against what a file expects."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.play.matching import reply_faults, said, subset_faults


@pytest.mark.parametrize(
    ("fragment", "replies", "there"),
    [
        ("january 1", ["Due January 1."], True),
        ("January 2", ["Due January 1."], False),
        ("a b", ["a\n  b"], True),
        ("two", ["one", "Two"], True),
        ("x", [], False),
        ("$412.10", ["You owe $412.10"], True),
        ("$412.1", ["You owe $412x10"], False),
        ("/^paid .* [0-9A-Z]{4}-/", ["Paid $1. Confirmation 7F3K-9QXM."], True),
        ("/^owed/", ["You owed it"], False),
        ("/", ["either / or"], True),
        ("//", ["http://x"], True),
    ],
)
def test_a_fragment_is_looked_for_in_every_reply(fragment: str, replies: list[str], there: bool) -> None:
    assert said(fragment, replies) is there


def test_every_missing_and_every_unwanted_fragment_is_a_fault() -> None:
    faults = list(reply_faults(["yes", "no"], ["paid"], ["Paid. Yes."]))
    assert len(faults) == 2
    assert "'no'" in faults[0]
    assert "did not expect 'paid'" in faults[1]


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({}, {"a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"b": None}}, {"a": {"b": None, "c": 1}}),
        ({"a": [{"x": 1}]}, {"a": [{"x": 1, "y": 2}]}),
        ({"a": []}, {"a": []}),
    ],
)
def test_only_the_named_keys_are_looked_at(expected: Any, got: Any) -> None:
    assert list(subset_faults(expected, got, "account")) == []


@pytest.mark.parametrize(
    ("expected", "got", "where"),
    [
        ({"a": 1}, {"a": 2}, "account.a"),
        ({"b": 1}, {"a": 1}, "account.b"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "account.a.b"),
        ({"a": {"b": 1}}, {"a": None}, "account.a"),
        ({"a": [{"x": 1}]}, {"a": []}, "account.a"),
        ({"a": []}, {"a": [{"x": 1}]}, "account.a"),
        ({"a": [{"x": 1}, {"x": 2}]}, {"a": [{"x": 2}, {"x": 1}]}, "account.a[0].x"),
        ({"a": False}, {"a": 0}, "account.a"),
        ({"a": 1}, {"a": True}, "account.a"),
    ],
)
def test_a_difference_is_told_with_its_place(expected: Any, got: Any, where: str) -> None:
    faults = list(subset_faults(expected, got, "account"))
    assert faults
    assert faults[0].startswith(f"{where}:")

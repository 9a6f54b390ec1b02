"""What stands on the pages."""

from __future__ import annotations

from typing import Any

import pytest

from console.drawing import fact
from tests.console.conftest import LEE, Office


def test_a_conversation_is_listed_and_opens(office: Office) -> None:
    message = office.says(LEE, "how much do i owe", "Your January premium is $412.10.")
    support = office.person("support")
    page = support.get("/console/conversations")
    assert page.status_code == 200, page.text
    assert "Jordan Lee" in page.text
    one = support.get(f"/console/conversations/{message.conversation_id}")
    assert one.status_code == 200
    assert "$412.10" in one.text
    assert "how much do i owe" in one.text
    assert "93%" in one.text


@pytest.mark.parametrize(
    ("name", "kept", "read"),
    [
        ("owed_cents", 41210, ("owed", "$412.10")),
        ("owed_cents", "[amount]", ("owed", "[amount]")),
        ("first_draft_on", "2027-01-01", ("first draft on", "Jan 1, 2027")),
        ("reference", "2027-01-01-7", ("reference", "2027-01-01-7")),
        ("asked", "2027-02-30", ("asked", "2027-02-30")),
        ("LockQuestion", {"sent": 1}, ("lock question", {"sent": 1})),
        ("allowed", False, ("allowed", "no")),
        ("days", 0, ("days", 0)),
    ],
)
def test_a_fact_that_was_kept_is_read_as_people_read_it(name: str, kept: Any, read: tuple[str, Any]) -> None:
    assert fact(name, kept) == read

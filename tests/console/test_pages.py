"""What stands on the pages."""

from __future__ import annotations

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

"""When an action brings in a person, beside what it says: hardship, and a permission to debit that is taken back."""

from __future__ import annotations

import pytest

from billing_core import Core
from tests.actions.talking import Member


def reasons(member: Member) -> list[str]:
    return [data["handoff"]["reason"] for data in member.data if "handoff" in data]


@pytest.mark.parametrize("key", ["okafor", "smith"])
def test_who_cannot_pay_is_brought_to_a_person(cast_core: Core, key: str) -> None:
    member = Member(cast_core, key)
    assert "person" in member.says("can i set up a payment plan", "ask_payment_plan")
    assert reasons(member) == ["hardship"]


@pytest.mark.parametrize(
    ("said", "brought"),
    [
        ("i revoke my permission for you to debit my bank", ["revoked authorization"]),
        ("I take back my authorization", ["revoked authorization"]),
        ("cancel autopay", []),
    ],
)
def test_a_permission_taken_back_inside_the_lock_is_brought_to_a_person(
    cast_core: Core, said: str, brought: list[str]
) -> None:
    cast_core.clock.set(cast_core.clock.now().replace(day=18))
    member = Member(cast_core, "rivera", level="L3")
    assert "can't" in member.says(said, "cancel_autopay")
    assert reasons(member) == brought

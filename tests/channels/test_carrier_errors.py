"""One table of carrier errors: what each means for replies and notices, and an alert for what nobody knows."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from channels import carrier_errors, outbox
from channels.notices import route
from channels.store import Contact

LEE = "+19195550101"
# DOMAIN 4.6 and what the brief of delivery asks for.
MEANT = {
    "21610": "opted_out", "21635": "other_way", "30003": "once_more", "30004": "other_way", "30005": "number_bad",
    "30006": "number_bad", "30007": "operations", "30008": "once_more", "30034": "operations", "21211": "number_bad",
    "21614": "number_bad",
}  # fmt: skip


@pytest.mark.parametrize(("code", "action"), MEANT.items())
def test_each_code_has_its_action(code: str, action: str) -> None:
    assert carrier_errors.action_for(code) == action


def test_notices_text_again_and_distrust_by_the_same_table() -> None:
    assert carrier_errors.codes("once_more") == route.TEXTED_ONCE_MORE
    assert carrier_errors.codes("number_bad") == route.NUMBER_ERRORS


@pytest.mark.parametrize("code", ["30007", "30034", "99999"])
def test_what_is_ours_to_put_right_or_unknown_is_reported_loudly(world: Any, code: str) -> None:
    world.text(LEE, "hi")
    with capture_logs() as logs:
        outbox.carrier_said(world.channels, world.carrier.taken[-1][0], "undelivered", code)
    (alert,) = [each for each in logs if each["event"] == "carrier_alert"]
    assert (alert["log_level"], alert["error_code"]) == ("error", code)


@pytest.mark.parametrize("code", ["30003", "30004", "21635"])
def test_what_is_no_fault_of_ours_alerts_nobody(code: str) -> None:
    with capture_logs() as logs:
        carrier_errors.action_for(code)
    assert logs == []


@pytest.mark.parametrize("code", ["30004", "30007", "21635"])
def test_other_errors_leave_consent_and_trust_alone(world: Any, code: str) -> None:
    world.text(LEE, "hi")
    outbox.carrier_said(world.channels, world.carrier.taken[-1][0], "undelivered", code)
    (contact,) = world.rows(Contact, address=LEE)
    assert contact.trusted_at is not None
    assert contact.opted_out_at is None

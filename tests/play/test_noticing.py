"""What a conversation file says of notices: how the carrier fails, and what arrived with which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.play import noticing
from gateway.play.format import FileWrong, Sent, read
from gateway.play.noticing import Arrived

GOT = [
    Arrived("autopay_notice", "sms", "Duely Health NC: $413.40 on January 1."),
    Arrived("receipt", "email", "Receipt: $413.40"),
]


def written(folder: Path, text: str) -> Any:
    path = folder / "talk.yml"
    path.write_text(f"title: t\nmember: rivera\n{text}", encoding="utf-8")
    return read(path)


def test_a_file_names_what_arrived_and_how_the_carrier_fails(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        """
steps:
  - carrier: {next: "30006"}
  - run_days: 1
then:
  sent:
    - {kind: autopay_notice, channel: email, has: ["$413.40"], has_not: [Ana]}
""",
    )
    assert [step.kind for step in found.steps] == ["carrier", "run_days"]
    assert found.then.sent == [Sent(kind="autopay_notice", channel="email", has=["$413.40"], has_not=["Ana"])]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("steps: [{carrier: {next: '404'}}]", "step 1.*404 is no error of a text"),
        ("steps: [{run_days: 1}]\nthen: {sent: [{kind: gossip, channel: sms}]}", "gossip is no kind"),
        ("steps: [{run_days: 1}]\nthen: {sent: [{kind: receipt, channel: pigeon}]}", "channel"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(FileWrong, match=fault):
        written(tmp_path, text)


def test_those_named_must_have_arrived_in_that_order_and_others_do_not_matter() -> None:
    receipt = Sent(kind="receipt", channel="email", has=["$413.40"])
    notice = Sent(kind="autopay_notice", channel="sms")
    assert noticing.faults([receipt], GOT) == []
    assert noticing.faults([notice, receipt], GOT) == []
    (fault,) = noticing.faults([receipt, notice], GOT)
    assert fault.startswith("expected autopay_notice by sms")


@pytest.mark.parametrize(
    "wanted",
    [
        Sent(kind="receipt", channel="sms"),
        Sent(kind="receipt", channel="email", has=["$413.41"]),
        Sent(kind="autopay_notice", channel="sms", has_not=["January"]),
    ],
)
def test_another_way_an_amount_or_a_word_too_much_is_a_fault(wanted: Sent) -> None:
    assert len(noticing.faults([wanted], GOT)) == 1

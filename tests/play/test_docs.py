"""docs/conversation_files.md names every key of the format, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.play.format import Conversation, Sent, Step, Then, read
from gateway.play.happenings import CarrierStep, IssuerStep, PageStep, Part, ProcessorStep, ReturnStep, UpdaterStep
from gateway.training import ROOT

TEXT = (ROOT / "docs" / "conversation_files.md").read_text(encoding="utf-8")
PARTS: dict[str, type[Part]] = {
    "The file": Conversation,
    "A step": Step,
    "page": PageStep,
    "processor": ProcessorStep,
    "carrier": CarrierStep,
    "return": ReturnStep,
    "issuer": IssuerStep,
    "updater": UpdaterStep,
    "then": Then,
    "sent": Sent,
}
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", TEXT, re.MULTILINE))


def test_every_part_of_the_format_has_its_section() -> None:
    assert list(SECTIONS) == list(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_a_section_names_the_keys_of_its_part_and_no_other(part: str) -> None:
    keys = re.findall(r"^\| `(\w+)` \|", SECTIONS[part], re.MULTILINE)
    fields = [field.alias or name for name, field in PARTS[part].model_fields.items()]
    assert sorted(keys) == sorted(fields)


def test_the_example_can_be_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "example.yml").write_text(example, encoding="utf-8")
    assert len(read(tmp_path / "example.yml").steps) == 3

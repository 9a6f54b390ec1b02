"""What teaching would change in the data's files, which model belongs to it, and how two models compare."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from billing_core import Core
from console.teach import candidates, sentences
from console.teach.port_fake import FakeTeacher
from console.teach.store import CandidateState
from gateway import training
from gateway.commands.nlu import Understood
from gateway.teaching import comparing, data, models
from gateway.teaching.comparing import Played

PAY = """version: "3.1"

# pay_bill pays what is owed.
nlu:
- intent: pay_bill
  examples: |
    - pay my bill
    - pay [$50](amount) now
- intent: deny
  examples: |
    - no thanks
"""
MORE = 'version: "3.1"\nnlu:\n- intent: pay_bill\n  examples: |\n    - let me pay\n'
SPANISH = 'version: "3.1"\nnlu:\n  - intent: pay_bill\n    examples: |\n      - quiero pagar mi factura\n'
RULES = 'version: "3.1"\nrules:\n- rule: pay\n  steps:\n  - intent: pay_bill\n  - action: action_pay\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two topics, one of them in Spanish too, and rules of the same names."""
    for name, text in (("nlu/pay", PAY), ("nlu/pay_2", MORE), ("nlu/es_pay", SPANISH), ("rules/pay", RULES)):
        path = tmp_path / f"bot/data/{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_diff_adds_a_sentence_where_most_of_its_meaning_stand(root: Path) -> None:
    assert data.diff([("pay_bill", "square [$5](amount) up")], root).splitlines() == [
        "--- a/bot/data/nlu/pay.yml",
        "+++ b/bot/data/nlu/pay.yml",
        "@@ -7,4 +7,5 @@",
        "     - pay my bill",
        "     - pay [$50](amount) now",
        "+    - square [$5](amount) up",
        " - intent: deny",
        "   examples: |",
    ]


def test_spanish_goes_to_the_spanish_file_in_its_own_indentation(root: Path) -> None:
    change = data.diff([("pay_bill", "quisiera liquidar lo que debo de mi seguro")], root)
    assert "+++ b/bot/data/nlu/es_pay.yml" in change
    assert "+      - quisiera liquidar lo que debo de mi seguro" in change


def test_what_stands_there_already_is_told_and_not_added(root: Path) -> None:
    wanted = [("pay_bill", "Pay my bill!"), ("deny", "let me pay"), ("deny", "not now")]
    found = data.duplicates(wanted, root)
    assert {each: (near.intent, near.file) for each, near in found.items()} == {
        ("pay_bill", "Pay my bill!"): ("pay_bill", "bot/data/nlu/pay.yml"),
        ("deny", "let me pay"): ("pay_bill", "bot/data/nlu/pay_2.yml"),
    }
    added = [line for line in data.diff(wanted, root).splitlines() if line.startswith("+ ")]
    assert added == ["+    - not now"]


def test_what_is_written_is_read_again_and_comments_stay(root: Path) -> None:
    wanted = [("pay_bill", "square me up"), ("set_language", "en español"), ("set_language", "speak spanish")]
    paths = data.export(wanted, root)
    assert [path.name for path in paths] == ["pay.yml", "taught.yml"]
    assert "# pay_bill pays what is owed." in paths[0].read_text(encoding="utf-8")
    for path in paths:
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["version"] == "3.1"
    assert {(each.intent, each.written) for each in data.sentences(root)} >= set(wanted)
    assert data.diff(wanted, root) == ""


def test_a_copy_for_a_training_changes_nothing_in_the_files(root: Path, tmp_path: Path) -> None:
    before = training.fingerprint(root)
    copied = data.copy_with([("pay_bill", "square me up")], tmp_path / "copy", root)
    assert "square me up" in (copied / "nlu/pay.yml").read_text(encoding="utf-8")
    assert (copied / "rules/pay.yml").read_text(encoding="utf-8") == RULES
    assert training.fingerprint(root) == before


def test_a_model_is_named_by_the_files_and_the_sentences_and_is_the_files_own_once_they_have_them(root: Path) -> None:
    taught = [("pay_bill", "square me up")]
    with_it = models.path_of(taught, root)
    assert with_it.name.startswith("taught-")
    assert models.path_of([], root) == training.model_path(root)
    assert models.path_of([("pay_bill", "square it up")], root) != with_it
    data.export(taught, root)
    assert models.path_of(taught, root) == training.model_path(root)


def test_at_a_start_the_promoted_model_is_the_one_to_serve(sqlite_core: Core, root: Path) -> None:
    core, teacher = sqlite_core, FakeTeacher()
    sentences.add(core, "square me up", "pay_bill", "kim")
    row = candidates.start(core, teacher, "kim")
    candidates.finish(core, row.id, CandidateState.READY, comparison={})
    candidates.promote(core, teacher, row.id, "kim")
    promoted = models.path_of([("pay_bill", "square me up")], root)
    for model in (promoted, training.model_path(root)):
        model.parent.mkdir(exist_ok=True)
        model.touch()
    assert models.wanted(core, print, root) == promoted
    candidates.roll_back(core, teacher, "kim")
    assert models.wanted(core, print, root) == training.model_path(root)


def test_models_that_nobody_goes_back_to_are_removed(sqlite_core: Core, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    for number in range(6):
        (tmp_path / f"models/taught-{number}.tar.gz").touch()
    (tmp_path / "models/duely-0.tar.gz").touch()
    models.prune(sqlite_core, tmp_path)
    assert len(list((tmp_path / "models").iterdir())) == models.KEPT + 1


def understood(said: str, meant: str, intent: str) -> Understood:
    return Understood(said, meant, intent, ())


def test_the_comparison_names_what_gets_better_and_what_worse() -> None:
    live = [understood("a", "deny", "affirm"), understood("b", "deny", "deny"), understood("c", "deny", "deny")]
    new = [understood("a", "deny", "deny"), understood("b", "deny", "affirm"), understood("c", "deny", "deny")]
    found = comparing.sentences(live, new)
    assert (found["count"], found["live"], found["candidate"]) == (3, 2, 2)
    assert found["better"] == [{"said": "a", "meant": "deny", "live": "affirm", "candidate": "deny"}]
    assert [each["said"] for each in found["worse"]] == ["b"]


def played(path: str, *said: str, fault: str = "") -> Played:
    return Played(path, path, not fault, "step 2" if fault else "", fault, said)


def test_a_conversation_changes_when_something_else_is_said_and_not_by_its_codes() -> None:
    live = [
        played("same", "bot: Paid. Confirmation 7F3K-9QXM."),
        played("other", "member: hi", "bot: Hello."),
        played("broken", "bot: Yes."),
        played("mended", "bot: No.", fault="expected yes"),
    ]
    new = [
        played("same", "bot: Paid. Confirmation AAAA-BBBB."),
        played("other", "member: hi", "bot: Sorry?"),
        played("broken", "bot: What?", fault="expected yes"),
        played("mended", "bot: Yes."),
    ]
    found = comparing.conversations({each.path: each for each in live}, {each.path: each for each in new})
    assert (found["count"], found["live"], found["candidate"]) == (4, 3, 3)
    assert [each["path"] for each in found["changed"]] == ["other"]
    assert (found["changed"][0]["live"], found["changed"][0]["candidate"]) == ("bot: Hello.", "bot: Sorry?")
    assert [each["path"] for each in found["better"]] == ["mended"]
    assert found["worse"][0]["fault"] == "step 2: expected yes"

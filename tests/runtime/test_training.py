"""Which model belongs to the sources, and what training tells when it fails."""

from __future__ import annotations

import pytest

from gateway import training


@pytest.mark.parametrize(
    "changed",
    ["bot/domain.yml", "bot/data/nlu.yml", "bot/data/rules.yml", "config.yml", "bot/runtime/minilm.py",
     "bot/runtime/requirements.lock"],
)  # fmt: skip
def test_whatever_the_model_is_made_from_changes_its_name(sources, changed):
    before = training.model_path(sources)
    with (sources / changed).open("a") as file:
        file.write("\n")
    assert training.model_path(sources) != before


def test_a_new_file_and_a_new_name_of_a_file_change_the_model(sources):
    names = {training.fingerprint(sources)}
    (sources / "bot/data/more.yml").write_text('version: "3.1"\n')
    names.add(training.fingerprint(sources))
    (sources / "bot/data/more.yml").rename(sources / "bot/data/other.yml")
    names.add(training.fingerprint(sources))
    assert len(names) == 3


def test_nothing_else_changes_the_model(sources):
    before = training.fingerprint(sources)
    (sources / "README.md").write_text("hello")
    (sources / "bot/data/notes.txt").write_text("hello")
    assert training.fingerprint(sources) == before


def test_a_model_that_is_there_is_not_trained_again(sources):
    model = training.model_path(sources)
    model.parent.mkdir()
    model.write_bytes(b"a model")
    told: list[str] = []
    assert training.ensure_model(told.append, sources) == model
    assert told == []


@pytest.mark.rasa
def test_training_makes_the_model_tells_its_progress_and_removes_old_ones(sources):
    (sources / "models").mkdir()
    for number in range(4):
        (sources / f"models/duely-{number}.tar.gz").touch()
    told: list[str] = []
    model = training.ensure_model(told.append, sources)
    assert model == training.model_path(sources)
    assert model.stat().st_size > 10_000
    assert told[0].startswith("Training the language model")
    assert told[-1].startswith(f"Trained {model.name} in ")
    assert len(list((sources / "models").iterdir())) == training.KEPT_MODELS


@pytest.mark.rasa
def test_training_that_fails_shows_the_end_of_its_log_and_leaves_no_model(sources):
    (sources / "bot/domain.yml").write_text('version: "3.1"\nintents: [greet, greet]\n')
    with pytest.raises(training.TrainingFailed, match=r"(?s)The end of .*train\.log:\n.*Intents are not unique"):
        training.ensure_model(lambda line: None, sources)
    assert list((sources / "models").iterdir()) == []

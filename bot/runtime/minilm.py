"""Sentence vectors from all-MiniLM-L6-v2 (`encoder.py`), as a featurizer of Rasa's pipeline."""

import json
import re
from collections import Counter
from typing import Any, Dict, List, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer as RasaTokenizer
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.runtime.encoder import MODEL_SHA256, TOKENIZER_SHA256, MiniLMUnusable, encoder, made_by, model_files
from bot.runtime.noise import HASTY
from bot.runtime.spelling import Spelling, plain
from bot.runtime.vectors import with_kept

WORDS_FILE = "words.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class MiniLMFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds one dense sentence feature to every message. No sequence feature: the entity extractor does not need it.

    What it learns from the training sentences is their words, to mend a message's spelling with. Options: `scale`
    (length of the vector; it weighs the meaning against the word and letter counts beside it), `model_sha256` and
    `tokenizer_sha256` (which files are right; DUELY_MINILM_PATH says where they are).
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        return [RasaTokenizer]

    @staticmethod
    def required_packages() -> List[str]:
        return ["onnxruntime", "tokenizers"]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {
            **DenseFeaturizer.get_default_config(),
            "scale": 1.0,
            "model_sha256": MODEL_SHA256,
            "tokenizer_sha256": TOKENIZER_SHA256,
        }

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        if float(config.get("scale", 1.0)) <= 0:
            raise RasaException("MiniLMFeaturizer: `scale` must be greater than zero.")

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "MiniLMFeaturizer":
        return cls(execution_context.node_name, config, model_storage, resource, {})

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "MiniLMFeaturizer":
        """The featurizer with the words it was trained with."""
        with model_storage.read_from(resource) as folder:
            said = json.loads((folder / WORDS_FILE).read_text(encoding="utf-8"))
        return cls(execution_context.node_name, config, model_storage, resource, said)

    def __init__(
        self,
        name: str,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        said: Dict[str, int],
    ) -> None:
        super().__init__(name, config)
        self._model_storage, self._resource = model_storage, resource
        model, tokenizer = model_files()
        try:
            self._encoder = encoder(model, config["model_sha256"], tokenizer, config["tokenizer_sha256"])
        except MiniLMUnusable as error:
            # Of any other exception Rasa would only say that a component could not be made.
            raise RasaException(str(error)) from error
        self._made_by = made_by(config["model_sha256"], config["tokenizer_sha256"])
        self._scale = np.float32(config["scale"])
        self._spelling = Spelling(said, self._encoder.words())

    def train(self, training_data: TrainingData) -> Resource:
        """Counts the words of the sentences as they were written; hasty copies would teach the slips."""
        said: Counter = Counter()
        for message in training_data.training_examples:
            if message.get(TEXT) and not message.get(HASTY):
                said.update(re.findall(r"[a-z]+", plain(message.get(TEXT)).replace("'", "")))
        with self._model_storage.write_to(self._resource) as folder:
            (folder / WORDS_FILE).write_text(json.dumps(said, sort_keys=True), encoding="utf-8")
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the feature to each message that has text."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                self._add(message, self._encoder.vector(self._spelling.mended(text)))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same for the training sentences, many at a time, and only those that no earlier training has seen."""
        messages = [message for message in training_data.training_examples if message.get(TEXT)]
        mended = [self._spelling.mended(message.get(TEXT)) for message in messages]
        vectors = with_kept(mended, self._made_by, self._encoder.vectors)
        for message, sentence in zip(messages, mended, strict=True):
            self._add(message, vectors[sentence])
        return training_data

    def _add(self, message: Message, vector: np.ndarray) -> None:
        matrix = (vector * self._scale).reshape(1, -1)
        alias = self._config[FEATURIZER_CLASS_ALIAS] or self._identifier
        message.add_features(Features(matrix, FEATURE_TYPE_SENTENCE, TEXT, alias))

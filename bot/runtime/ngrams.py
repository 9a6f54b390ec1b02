"""How a message is written: its words and word pairs, and its pieces of up to four letters, weighed as TF-IDF.

Rasa's CountVectorsFeaturizer gives raw counts, in which a long sentence's hundreds of letter groups drown its meaning,
and computes them for every single token too, which only its entity transformer would read. This one gives one row for
the sentence: log of the count, times rarity, scaled to length one, for words and for letters apart.
"""

import json
from typing import Any, Dict, List, Sequence, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

WORD = r"(?u)\b\w+\b"
VOCABULARY_FILE = "ngrams.json"


def _vectorizers(config: Dict[str, Any], vocabularies: Sequence[Dict[str, int]] = ()) -> List[TfidfVectorizer]:
    known = vocabularies or (None, None)
    weighing = {"sublinear_tf": True, "min_df": config["min_df"], "strip_accents": "unicode", "dtype": np.float64}
    return [
        TfidfVectorizer(token_pattern=WORD, ngram_range=(1, config["words"]), vocabulary=known[0], **weighing),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, config["letters"]), vocabulary=known[1], **weighing),
    ]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class WritingFeaturizer(SparseFeaturizer, GraphComponent):
    """Adds one sparse sentence feature. Options: `words` and `letters` (longest groups), `min_df` (in how many training
    sentences a group must stand to count: a group seen once says nothing but the name of its sentence)."""

    @classmethod
    def required_components(cls) -> List[Type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {**SparseFeaturizer.get_default_config(), "words": 2, "letters": 4, "min_df": 2}

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """Any whole numbers will do."""

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "WritingFeaturizer":
        return cls(execution_context.node_name, config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "WritingFeaturizer":
        """The featurizer with the vocabulary it was trained with."""
        component = cls(execution_context.node_name, config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            saved = json.loads((folder / VOCABULARY_FILE).read_text(encoding="utf-8"))
        component._vectorizers = _vectorizers(config, [part["vocabulary"] for part in saved])
        for vectorizer, part in zip(component._vectorizers, saved, strict=True):
            vectorizer.idf_ = np.array(part["rarity"])
        return component

    def __init__(self, name: str, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(name, config)
        self._model_storage, self._resource = model_storage, resource
        self._vectorizers = _vectorizers(config)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns which groups there are and how rare each is."""
        texts = [message.get(TEXT) for message in training_data.training_examples if message.get(TEXT)]
        saved = []
        for vectorizer in self._vectorizers:
            vectorizer.fit(texts)
            vocabulary = {group: int(column) for group, column in vectorizer.vocabulary_.items()}
            saved.append({"vocabulary": vocabulary, "rarity": vectorizer.idf_.tolist()})
        with self._model_storage.write_to(self._resource) as folder:
            (folder / VOCABULARY_FILE).write_text(json.dumps(saved), encoding="utf-8")
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the feature to each message that has text."""
        said = [message for message in messages if message.get(TEXT)]
        if said:
            texts = [message.get(TEXT) for message in said]
            rows = csr_matrix(hstack([vectorizer.transform(texts) for vectorizer in self._vectorizers]))
            alias = self._config[FEATURIZER_CLASS_ALIAS] or self._identifier
            for message, row in zip(said, rows, strict=True):
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, alias))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same for the training sentences."""
        self.process(training_data.training_examples)
        return training_data

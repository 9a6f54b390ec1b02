"""What the member wants: Rasa's logistic regression, learned by our own faster solver."""

from typing import Any, Dict, List, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack, vstack

from bot.runtime import softmax

WEIGHTS_FILE = "intents.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(LogisticRegressionClassifier):
    """Rasa's classifier with `C` (inverse strength of regularisation) and `rounds` (how often every sentence is seen).

    Rasa's always weighs rare intents up ("balanced"), which makes it claim messages that are about something else;
    without that, out of scope is the large class it is in life.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {**LogisticRegressionClassifier.get_default_config(), "C": 10.0, "rounds": 8}

    def __init__(self, config: Dict[str, Any], name: str, model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, name, model_storage, resource)
        self.clf.set_params(C=self.config["C"], class_weight=None, multi_class="multinomial")

    def train(self, training_data: TrainingData) -> Resource:
        """Learns the weights and keeps them in scikit-learn's classifier."""
        messages = [said for said in training_data.intent_examples if said.get(INTENT) and said.get(TEXT)]
        if not messages:
            return self._resource
        writing, meaning = self._features(messages)
        self.clf.classes_, self.clf.coef_, self.clf.intercept_ = softmax.learned(
            writing,
            meaning,
            [message.get(INTENT) for message in messages],
            C=self.config["C"],
            rounds=self.config["rounds"],
            seed=self.config["random_state"],
        )
        self.persist()
        return self._resource

    def persist(self) -> None:
        """The weights as plain numbers: skops, which Rasa keeps them with, takes five seconds to import."""
        with self._model_storage.write_to(self._resource) as folder:
            weights = self.clf.coef_.astype(np.float32)
            np.savez(folder / WEIGHTS_FILE, classes=self.clf.classes_, weights=weights, intercept=self.clf.intercept_)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "IntentClassifier":
        """The classifier with its weights, in the order and precision that scikit-learn multiplies in, or it would copy
        all of them for every message."""
        component = cls(config, execution_context.node_name, model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / WEIGHTS_FILE, allow_pickle=False) as saved:
            component.clf.classes_ = saved["classes"]
            component.clf.coef_ = np.asfortranarray(saved["weights"], dtype=np.float64)
            component.clf.intercept_ = saved["intercept"]
        component.clf.n_features_in_ = component.clf.coef_.shape[1]
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The sentences as they are: nothing that is trained later asks what would have been understood."""
        return training_data

    def _create_X(self, messages: List[Message]) -> csr_matrix:
        """The features of `messages`, a row each: the writing (sparse), then the meaning (dense)."""
        writing, meaning = self._features(messages)
        return hstack([writing, csr_matrix(meaning)]).tocsr()

    def _features(self, messages: List[Message]) -> Tuple[csr_matrix, np.ndarray]:
        writing = vstack([message.get_sparse_features(TEXT)[1].features for message in messages])
        meaning = np.vstack([message.get_dense_features(TEXT)[1].features for message in messages])
        return writing.tocsr(), meaning

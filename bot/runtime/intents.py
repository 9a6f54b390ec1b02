"""What the member wants: Rasa's logistic regression, with two options of scikit-learn that Rasa keeps to itself."""

from typing import Any, Dict, List

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy.sparse import csr_matrix, hstack, vstack


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(LogisticRegressionClassifier):
    """Rasa's classifier with `C` (inverse strength of regularisation) and `class_weight`.

    Rasa's always weighs rare intents up ("balanced"), which makes it claim messages that are about something else;
    without that, out of scope is the large class it is in life.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {**LogisticRegressionClassifier.get_default_config(), "C": 10.0, "class_weight": None}

    def __init__(self, config: Dict[str, Any], name: str, model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, name, model_storage, resource)
        self.clf.set_params(C=self.config["C"], class_weight=self.config["class_weight"])

    def _create_X(self, messages: List[Message]) -> csr_matrix:
        """The features of `messages`, a row each: the writing (sparse), then the meaning (dense).

        As Rasa's, but put together once for all messages: thousands of one-row stacks took longer than the training.
        """
        writing = vstack([message.get_sparse_features(TEXT)[1].features for message in messages])
        meaning = np.vstack([message.get_dense_features(TEXT)[1].features for message in messages])
        return hstack([writing, csr_matrix(meaning)]).tocsr()

"""Amounts, dates, methods and policies in a message: Rasa's CRF, taught by what it can learn from and kept as learned.

Rasa's own extractor learns from every sentence, keeps all of them in the model file, and learns anew whenever the model
is loaded. One sentence in twenty has an entity. This one learns from those and a share of the others, and keeps
CRFsuite's file, which is weights and nothing that is run.
"""

import shutil
from typing import Any, Dict, Type

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.crf_entity_extractor import CRFEntityExtractor
from rasa.shared.nlu.constants import ENTITIES, ENTITY_ATTRIBUTE_TYPE
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn_crfsuite import CRF

from bot.runtime.noise import HASTY

WEIGHTS_FILE = "entities.crfsuite"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class EntityExtractor(CRFEntityExtractor):
    """Rasa's extractor without roles and groups. Option `others`: one in how many sentences without an entity it sees,
    so that it learns where there is none; hasty copies of those teach it nothing more."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {**CRFEntityExtractor.get_default_config(), "others": 4}

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the chosen sentences and writes the weights. Without any entity there is nothing to keep."""
        without = [each for each in training_data.nlu_examples if not each.get(ENTITIES) and not each.get(HASTY)]
        chosen = TrainingData([*training_data.entity_examples, *without[:: self.component_config["others"]]])
        return super().train(chosen)

    def persist(self, dataset: Any) -> None:
        """The weights as CRFsuite wrote them; the sentences stay out of the model."""
        with self._model_storage.write_to(self._resource) as folder:
            learned = (self.entity_taggers or {})[ENTITY_ATTRIBUTE_TYPE].modelfile.name
            shutil.copyfile(learned, folder / WEIGHTS_FILE)

    @classmethod
    def load(
        cls: Type["EntityExtractor"],
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "EntityExtractor":
        """The extractor with its weights; one that finds nothing when no training sentence had an entity."""
        taggers = {}
        try:
            with model_storage.read_from(resource) as folder:
                tagger = CRF(model_filename=str(folder / WEIGHTS_FILE))
                # Read now: Rasa removes the unpacked folder once everything is loaded.
                assert tagger.tagger_
                taggers[ENTITY_ATTRIBUTE_TYPE] = tagger
        except ValueError:
            # Rasa's storage says so when nothing was written at training.
            return cls(config, model_storage, resource)
        extractor = cls(config, model_storage, resource, taggers)
        extractor.crf_order = [ENTITY_ATTRIBUTE_TYPE]
        return extractor

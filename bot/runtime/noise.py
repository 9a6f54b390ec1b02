"""Hasty copies of the training sentences, so that the model understands what thumbs make of them.

People text "hw mcuh do i ow" and the training sentences are spelled well. Each gets a few copies with the slips that
typing on a phone makes: neighbouring keys, letters swapped, lost or doubled, spaces lost, apostrophes, capitals and
punctuation left out, and the usual short forms. Marked entities keep their letters, and their places are counted again.
"""

import random
import re
from typing import Any, Dict, List, Tuple, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_VALUE,
    INTENT,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

SHORT_FORMS = {
    "about": ("abt",),
    "account": ("acct", "acc"),
    "amount": ("amt",),
    "and": ("n", "&"),
    "are": ("r",),
    "automatic": ("auto",),
    "balance": ("bal",),
    "because": ("bc", "cuz"),
    "before": ("b4",),
    "can": ("cn",),
    "cancel": ("cncl", "cancl"),
    "change": ("chg", "chng"),
    "charged": ("chrgd", "chgd"),
    "could": ("cud",),
    "customer": ("cust",),
    "don't": ("dont", "dnt"),
    "email": ("eml",),
    "for": ("4", "fr"),
    "going": ("goin",),
    "great": ("gr8",),
    "have": ("hv", "hav"),
    "help": ("hlp",),
    "how": ("hw",),
    "information": ("info",),
    "insurance": ("ins",),
    "know": ("kno",),
    "later": ("l8r",),
    "message": ("msg",),
    "month": ("mo", "mnth", "mth"),
    "monthly": ("mthly",),
    "much": ("mch",),
    "need": ("nd", "ned"),
    "number": ("num", "nbr"),
    "okay": ("ok", "k"),
    "password": ("pw", "pwd", "pswd"),
    "payment": ("pymt", "pmt", "paymnt"),
    "payments": ("pymts", "pmts"),
    "people": ("ppl",),
    "phone": ("ph",),
    "please": ("pls", "plz"),
    "question": ("ques",),
    "receive": ("rcv",),
    "received": ("rcvd",),
    "refund": ("rfnd",),
    "representative": ("rep",),
    "right": ("rite",),
    "see": ("c",),
    "service": ("svc",),
    "should": ("shd", "shud"),
    "someone": ("some1", "sum1"),
    "statement": ("stmt", "stmnt"),
    "thank": ("thx", "tnk"),
    "thanks": ("thx", "tnx"),
    "that": ("dat",),
    "the": ("teh", "th"),
    "through": ("thru",),
    "to": ("2",),
    "today": ("2day",),
    "tomorrow": ("tmrw", "tmr"),
    "want": ("wnt", "wanna"),
    "was": ("wuz",),
    "what": ("wat", "wht"),
    "what's": ("whats", "wats"),
    "when": ("wen",),
    "why": ("y",),
    "with": ("w", "wit"),
    "without": ("w/o",),
    "would": ("wud",),
    "yes": ("yea", "ya"),
    "you": ("u",),
    "your": ("ur",),
}
# Marks a copy in the training data, for those who want to learn from well spelled sentences only.
HASTY = "hasty"
# What stands before or after a message without changing what it asks.
BEFORE = ("hey", "hi", "um", "ok so", "yo", "pls", "sorry")
AFTER = ("lol", "smh", "asap", "thx", "pls", "...", "??", "!!")
KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
WORDS = re.compile(r"\s+|[^\s]+")


def _neighbours() -> Dict[str, str]:
    beside: Dict[str, str] = {}
    for row, keys in enumerate(KEY_ROWS):
        for column, key in enumerate(keys):
            near = keys[max(0, column - 1) : column] + keys[column + 1 : column + 2]
            if row + 1 < len(KEY_ROWS):
                near += KEY_ROWS[row + 1][max(0, column - 1) : column + 1]
            if row > 0:
                near += KEY_ROWS[row - 1][column : column + 2]
            beside[key] = near
    return beside


NEIGHBOURS = _neighbours()


def slip(word: str, chance: random.Random) -> str:
    """One slip of the thumb inside `word`; words of two letters or less stay as they are."""
    if len(word) < 3:
        return word
    at = chance.randrange(1, len(word) - 1)
    kind = chance.choice(("swap", "lose", "double", "neighbour", "vowel", "vowels"))
    if kind == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "double":
        return word[:at] + word[at] + word[at:]
    if kind == "neighbour":
        return word[:at] + chance.choice(NEIGHBOURS.get(word[at].lower(), word[at])) + word[at + 1 :]
    if kind == "vowels" and len(word) > 4:
        return without_vowels(word)
    if kind == "vowel":
        vowels = [index for index in range(1, len(word)) if word[index] in "aeiou"]
        at = chance.choice(vowels) if vowels else at
    return word[:at] + word[at + 1 :]


def without_vowels(word: str) -> str:
    """`word` as texted without its inner vowels: "payment" is "pymnt"."""
    return word[0] + re.sub("[aeiou]", "", word[1:-1]) + word[-1]


def hasty(text: str, chance: random.Random, slips: float) -> str:
    """`text` as typed in haste; `slips` is the chance that a word of three letters or more is mistyped."""
    typed: List[str] = []
    for word in WORDS.findall(text.lower()):
        if word.isspace():
            typed.append("" if chance.random() < slips / 6 else word)
            continue
        bare = re.sub(r"[.,!?;:\"]+$", "", word)
        if bare in SHORT_FORMS and chance.random() < 0.4:
            bare = chance.choice(SHORT_FORMS[bare])
        elif bare.isalpha() and chance.random() < slips:
            bare = slip(bare, chance)
        typed.append(bare.replace("'", "").replace("’", ""))
    return "".join(typed)


def hasty_copy(message: Message, chance: random.Random, slips: float) -> Message:
    """A copy of a training message whose text is hasty outside of its entities, with the entities' new places."""
    text = message.get(TEXT)
    typed, reached = "", 0
    entities: List[Dict[str, Any]] = []
    for entity in sorted(message.get(ENTITIES) or [], key=lambda found: found[ENTITY_ATTRIBUTE_START]):
        typed += _between(text[reached : entity[ENTITY_ATTRIBUTE_START]], chance, slips, typed)
        words = text[entity[ENTITY_ATTRIBUTE_START] : entity[ENTITY_ATTRIBUTE_END]].lower()
        reached = entity[ENTITY_ATTRIBUTE_END]
        start = len(typed)
        typed += words
        value = entity.get(ENTITY_ATTRIBUTE_VALUE)
        entities.append(
            {
                **entity,
                ENTITY_ATTRIBUTE_START: start,
                ENTITY_ATTRIBUTE_END: len(typed),
                ENTITY_ATTRIBUTE_VALUE: value.lower() if isinstance(value, str) else value,
            }
        )
    typed += _between(text[reached:], chance, slips, typed)
    if not entities and len(text.split()) > 1:
        typed = _among_fillers(typed, chance)
    data = {TEXT: typed.rstrip(), INTENT: message.get(INTENT), HASTY: True}
    if entities:
        data[ENTITIES] = entities
    return Message(data=data)


def _between(text: str, chance: random.Random, slips: float, before: str) -> str:
    """The words between two entities, with a blank where they meet one, or the entity would run into its neighbour."""
    typed = hasty(text, chance, slips).strip()
    if not typed:
        return " " if before and text else ""
    return (" " if before else "") + typed + text[len(text.rstrip()) :]


def _among_fillers(typed: str, chance: random.Random) -> str:
    if chance.random() < 0.1:
        typed = f"{chance.choice(BEFORE)} {typed}"
    if chance.random() < 0.15:
        filler = chance.choice(AFTER)
        typed = typed + ("" if filler[0] in ".?!" else " ") + filler
    return typed


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class HastyCopies(GraphComponent):
    """Stands first in the pipeline and adds `copies` hasty copies of each sentence to the training data; a member's
    message passes through untouched. The same sentences always give the same copies."""

    @classmethod
    def required_components(cls) -> List[Type]:
        return []

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"copies": 2, "slips": 0.25}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "HastyCopies":
        return cls(config)

    def __init__(self, config: Dict[str, Any]) -> None:
        self._copies = int(config["copies"])
        self._slips = float(config["slips"])

    def process(self, messages: List[Message]) -> List[Message]:
        """Nothing: people make their own slips."""
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The training data with the copies; a copy that says the same as a sentence already there is left out."""
        seen = {(message.get(TEXT), message.get(INTENT)) for message in training_data.training_examples}
        added: List[Message] = []
        for message, number in self._wanted(training_data):
            chance = random.Random(f"{number}:{message.get(TEXT)}")
            copy = hasty_copy(message, chance, self._slips)
            key = (copy.get(TEXT), copy.get(INTENT))
            if key[0] and key not in seen:
                seen.add(key)
                added.append(copy)
        return training_data.merge(TrainingData(added))

    def _wanted(self, training_data: TrainingData) -> List[Tuple[Message, int]]:
        said = [message for message in training_data.training_examples if message.get(TEXT) and message.get(INTENT)]
        return [(message, number) for message in said for number in range(self._copies)]

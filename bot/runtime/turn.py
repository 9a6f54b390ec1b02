"""What happened while Rasa handled one message, noted where Rasa itself does not tell.

Rasa swallows a failed action (it answers as if nothing had been said), does not return what it understood, and spends
almost half of an action turn on re-reading a JSON schema that never changes. `watch()` wraps its methods for that.
"""

import asyncio
import contextvars
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List

from jsonschema import Draft202012Validator
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.exceptions import RasaException

# The gateway waits 8 s for a turn; an action that takes longer than this has failed, and the member is told so.
ACTION_LIMIT_S = 7.0

# Rasa stops predicting after this many actions in a row (MAX_NUMBER_OF_PREDICTIONS): the rules run in a circle.
ACTIONS_IN_A_CIRCLE = 10

_current: contextvars.ContextVar = contextvars.ContextVar("duely_turn", default=None)


class ActionFailed(RasaException):
    """A custom action could not be reached, refused, or answered nonsense. Holds no part of its request or answer."""


@dataclass
class Turn:
    """One message on its way through Rasa. Times are milliseconds."""

    parsed: Dict[str, Any] = field(default_factory=dict)
    actions: List[str] = field(default_factory=list)
    failed_action: str | None = None
    parse_ms: float = 0.0
    actions_ms: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether what came of it must not reach the member, nor be remembered."""
        return self.failed_action is not None or len(self.actions) >= ACTIONS_IN_A_CIRCLE


def current() -> Turn | None:
    """The turn of the running task; None outside of one (training, Rasa's own API)."""
    return _current.get()


def begin() -> Turn:
    """A new turn for this task; whatever Rasa does in it from here on is noted there."""
    turn = Turn()
    _current.set(turn)
    return turn


def _milliseconds_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000.0


def watch() -> None:
    """Wrap Rasa's methods, once per process."""
    if getattr(RemoteAction, "_duely_watched", False):
        return
    RemoteAction._duely_watched = True

    answer_format = Draft202012Validator(RemoteAction.action_response_format_spec())

    def validate(self: RemoteAction, answer: Any) -> bool:
        answer_format.validate(answer)
        return True

    RemoteAction._validate_action_result = validate

    call_format = RemoteAction._action_call_format

    def call_with_domain(self: RemoteAction, *args: Any, **kwargs: Any) -> Dict[str, Any]:
        # rasa-sdk 3.21 refuses a call without a domain, even for an action that never reads it.
        return {"domain": {}, **call_format(self, *args, **kwargs)}

    RemoteAction._action_call_format = call_with_domain
    _watch_remote_actions()
    _watch_processor()


def _watch_remote_actions() -> None:
    run = RemoteAction.run

    async def run_noted(self: RemoteAction, *args: Any, **kwargs: Any) -> Any:
        turn = _current.get()
        start = time.perf_counter()
        try:
            return await asyncio.wait_for(run(self, *args, **kwargs), ACTION_LIMIT_S)
        except ActionExecutionRejection:
            raise  # A form asks its question again: an answer, not a failure.
        except Exception as error:
            if turn is not None and turn.failed_action is None:
                turn.failed_action = self.name()
            # Rasa logs what is raised here. The original may quote the action's answer, so only its kind is kept.
            raise ActionFailed(f"{self.name()}: {type(error).__name__}") from None
        finally:
            if turn is not None:
                turn.actions_ms += _milliseconds_since(start)

    RemoteAction.run = run_noted


def _watch_processor() -> None:
    parse_message = MessageProcessor.parse_message
    run_action = MessageProcessor._run_action

    async def parse_noted(self: MessageProcessor, *args: Any, **kwargs: Any) -> Dict[str, Any]:
        turn = _current.get()
        start = time.perf_counter()
        parsed = await parse_message(self, *args, **kwargs)
        if turn is not None:
            turn.parsed = parsed
            turn.parse_ms += _milliseconds_since(start)
        return parsed

    async def run_action_noted(self: MessageProcessor, action: Any, *args: Any, **kwargs: Any) -> bool:
        turn = _current.get()
        if turn is not None and action.name() not in (ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME):
            turn.actions.append(action.name())
        return await run_action(self, action, *args, **kwargs)

    MessageProcessor.parse_message = parse_noted
    MessageProcessor._run_action = run_action_noted

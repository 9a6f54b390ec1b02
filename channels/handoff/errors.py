"""Why something cannot be done with a hand-off; each keeps what it is about, and none quotes what was said."""

from __future__ import annotations


class HandoffError(Exception):
    """The tree's root. `str()` is one sentence for staff."""


class HandoffNotFound(HandoffError):
    """There is no such hand-off."""

    def __init__(self, handoff_id: str) -> None:
        super().__init__("There is no such hand-off.")
        self.handoff_id = handoff_id


class HandoffOver(HandoffError):
    """The conversation is with the assistant again."""

    def __init__(self) -> None:
        super().__init__("This hand-off is over: the member talks to the assistant again.")


class HeldByAnother(HandoffError):
    """Another agent holds the conversation."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} holds this conversation.")
        self.holder = holder


class NothingToSay(HandoffError):
    """The words were empty."""

    def __init__(self) -> None:
        super().__init__("There are no words to pass on.")


class TooManyWords(HandoffError):
    """More than a member is sent at once."""

    def __init__(self, longest: int) -> None:
        super().__init__(f"That is more than {longest} characters; please say it in parts.")
        self.longest = longest


class SecretInWords(HandoffError):
    """The words hold a card number or the like; `kinds` says what, and nothing of it is kept."""

    def __init__(self, kinds: list[str]) -> None:
        super().__init__(f"There is a secret in it ({', '.join(kinds)}); please say it without.")
        self.kinds = kinds


class NoLinkForThem(HandoffError):
    """Nobody who pays here is behind the conversation, so there is nothing a method could be added to."""

    def __init__(self) -> None:
        super().__init__("No account that is paid here is tied to this conversation, so no link can be sent.")


class NoPayLink(HandoffError):
    """Nothing is due that somebody else may pay: all of it is paid, or the issuer takes no such payment."""

    def __init__(self) -> None:
        super().__init__("There is nothing now that somebody else could pay here, so no link can be sent.")


class MemberOptedOut(HandoffError):
    """The member replied STOP: no text reaches them."""

    def __init__(self) -> None:
        super().__init__("The member has ended texts (STOP), so nothing can be sent to them here; please call them.")

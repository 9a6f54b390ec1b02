"""The port to where agents are: post in a thread, find a post, change one, ask what somebody is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


class PostRefused(Exception):
    """This post will never be taken as it is; `code` says why ("msg_too_long")."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PostLater(Exception):
    """It was certainly not taken, and may be posted again after `seconds`."""

    def __init__(self, reason: str, seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.seconds = seconds


class PostUnknown(Exception):
    """It may have been taken (no answer, server error): ask before posting again."""


@dataclass(frozen=True)
class Post:
    """One post: `key` finds it again, `blocks` are what is shown in place of `text` where there are any."""

    key: str
    text: str
    thread: str | None = None
    blocks: list[dict[str, Any]] = field(default_factory=list)


class Desk(Protocol):
    """Where agents are."""

    def post(self, post: Post) -> str:
        """Post it and return its time stamp; raises `PostRefused`, `PostLater` or `PostUnknown`."""

    def find(self, key: str, thread: str | None, since: float) -> str | None:
        """The time stamp of the post with this key, made since an instant (Unix seconds); raises `PostLater`."""

    def change(self, ts: str, text: str) -> None:
        """Replace the words of a post, which may be done again; raises `PostRefused` or `PostLater`."""

    def name_of(self, agent: str) -> str:
        """What somebody is called; empty where nobody knows. Raises `PostLater`."""

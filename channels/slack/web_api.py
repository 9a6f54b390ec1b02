"""Posting with Slack's own SDK, to Slack itself or to an address that stands in for it.

The SDK's retries are off: it would post again what it does not know to have been taken.
"""

from __future__ import annotations

import http.client
import logging
from collections.abc import Callable
from typing import Any
from urllib.error import URLError

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse, WebClient

from channels.config import ChannelConfig
from channels.slack.port import Post, PostLater, PostRefused, PostUnknown

log = structlog.get_logger(__name__)

LIMIT_SECONDS = 8
EVENT_TYPE = "duely_post"
_LISTED, _MOST_PAGES = 200, 10
# What is wrong with the one post; every other refusal is about the app or the channel, and ends when that is put right.
OF_THE_POST = frozenset(
    ("msg_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "metadata_too_large", "message_not_found",
     "cant_update_message", "edit_window_closed", "invalid_metadata_format")
)  # fmt: skip
_OUT_OF_SLACKS_OWN = frozenset(("internal_error", "fatal_error", "service_unavailable", "request_timeout"))
_AGAIN_AFTER_SECONDS = 30.0


class SlackDesk:
    """The `Desk` that is a channel of Slack."""

    def __init__(self, config: ChannelConfig, *, limit_seconds: int = LIMIT_SECONDS) -> None:
        quiet = logging.getLogger("slack_sdk.duely")
        # Its debug lines would hold what members said, its errors the addresses.
        quiet.setLevel(logging.CRITICAL)
        self._channel = config.slack_channel
        address = config.slack_api_url or WebClient.BASE_URL
        self._client = WebClient(
            config.slack_bot_token, address, timeout=limit_seconds, retry_handlers=[], logger=quiet
        )
        if config.slack_api_url:
            self._client.proxy = None

    def post(self, post: Post) -> str:
        more: dict[str, Any] = {"thread_ts": post.thread} if post.thread else {}
        if post.blocks:
            more["blocks"] = post.blocks
        answer = _asked(
            lambda: self._client.chat_postMessage(
                channel=self._channel,
                text=post.text,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": post.key}},
                unfurl_links=False,
                unfurl_media=False,
                **more,
            )
        )
        return str(answer["ts"])

    def find(self, key: str, thread: str | None, since: float) -> str | None:
        asked: dict[str, Any] = {"channel": self._channel, "limit": _LISTED, "include_all_metadata": True}
        # A thread's first post is older than `since`; in the channel nothing older can be it.
        call = self._client.conversations_replies if thread else self._client.conversations_history
        asked |= {"ts": thread} if thread else {"oldest": f"{since:.6f}"}
        cursor = ""
        for _ in range(_MOST_PAGES):
            try:
                page = _asked(lambda: call(**asked, cursor=cursor))  # noqa: B023 - called at once
            except (PostUnknown, PostRefused) as error:
                raise PostLater(str(error), _AGAIN_AFTER_SECONDS) from error
            for message in page["messages"]:
                if (message.get("metadata") or {}).get("event_payload", {}).get("key") == key:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None
        raise PostLater("too many posts to look through", _AGAIN_AFTER_SECONDS)

    def change(self, ts: str, text: str) -> None:
        try:
            _asked(lambda: self._client.chat_update(channel=self._channel, ts=ts, text=text, blocks=[]))
        except PostUnknown as error:
            raise PostLater(str(error)) from error

    def name_of(self, agent: str) -> str:
        try:
            profile = _asked(lambda: self._client.users_info(user=agent))["user"].get("profile") or {}
        except PostUnknown as error:
            raise PostLater(str(error)) from error
        except PostRefused:
            return ""
        names = (profile.get(name) for name in ("display_name", "first_name", "real_name"))
        return next((str(name).strip() for name in names if name and str(name).strip()), "")


def _asked(call: Callable[[], SlackResponse]) -> SlackResponse:
    """The answer to a call, or what its failure means."""
    try:
        return call()
    except SlackApiError as error:
        raise _meaning(error.response) from error
    except URLError as error:
        refused = isinstance(error.reason, ConnectionRefusedError | OSError) and not _may_be_there(error.reason)
        raise (PostLater("no connection") if refused else PostUnknown("connection lost")) from error
    except (TimeoutError, OSError, http.client.HTTPException, SlackClientError) as error:
        raise PostUnknown(type(error).__name__) from error


def _may_be_there(reason: BaseException) -> bool:
    """Whether the request may have arrived: only a refused connection or a name that is not found says it did not."""
    return not isinstance(reason, ConnectionRefusedError) and "Name or service" not in str(reason)


def _meaning(answer: Any) -> Exception:
    status, body = answer.status_code, answer.data if isinstance(answer.data, dict) else {}
    code = str(body.get("error", ""))
    if status == 429 or code in ("ratelimited", "rate_limited"):
        after = {name.lower(): value for name, value in answer.headers.items()}.get("retry-after", "1")
        return PostLater("too many requests", float(after) if str(after).isdigit() else 1.0)
    if status >= 500 or code in _OUT_OF_SLACKS_OWN or (status == 200 and not code.replace("_", "").isalnum()):
        return PostUnknown(f"http {status}")
    if code in OF_THE_POST:
        return PostRefused(code)
    log.error("slack_refused", code=code[:40], status=status)
    return PostLater(code[:40] or f"http {status}", _AGAIN_AFTER_SECONDS)

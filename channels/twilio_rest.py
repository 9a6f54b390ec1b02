"""Sending texts through Twilio with its official library, to Twilio itself or to an address that stands in for it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from channels.carrier import SendLater, SendRefused, SendUnknown
from channels.config import ChannelConfig

LIMIT_SECONDS = 10.0
_LISTED = 50
# Less than any server waits: Twilio's a minute and more, ours `loopback.KEPT_SECONDS`.
IDLE_SECONDS = 4.0


class _Http(HttpClient):
    """How the library reaches Twilio: through httpx, at `origin` in place of Twilio's own where one is given.

    The library's own client keeps a connection until the other end closes it. A text sent at that very moment is lost
    on the way or not, nobody knows, and the member waits a minute for it; so an idle one is given up first, by us.
    """

    def __init__(self, origin: str, limit_seconds: float, idle_seconds: float) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=limit_seconds)
        self._origin = origin.rstrip("/")
        self._http = httpx.Client(limits=httpx.Limits(keepalive_expiry=idle_seconds), timeout=limit_seconds)

    def close(self) -> None:
        self._http.close()

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        if self._origin:
            parts = urlsplit(uri)
            uri = f"{self._origin}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        answer = self._http.request(
            method,
            uri,
            params=params or None,
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout or self.timeout,
            follow_redirects=allow_redirects,
        )
        return Response(answer.status_code, answer.text, answer.headers)


class TwilioCarrier:
    """The `Carrier` that is Twilio. Its API has no idempotency key, so what is unclear is looked up, never resent."""

    def __init__(
        self, config: ChannelConfig, *, limit_seconds: float = LIMIT_SECONDS, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._from = config.twilio_from
        # Twilio refuses a callback address it cannot reach, so a loopback one is given only to a stand-in.
        told = config.secure or bool(config.twilio_api_url)
        self._callback = {"status_callback": config.url("/twilio/status")} if told else {}
        self._http = _Http(config.twilio_api_url, limit_seconds, idle_seconds)
        self._client = Client(config.twilio_account_sid, config.twilio_auth_token, http_client=self._http)

    def close(self) -> None:
        self._http.close()

    def send(self, to: str, body: str) -> str:
        try:
            made = self._client.messages.create(to=to, from_=self._from, body=body, **self._callback)
        except TwilioRestException as error:
            raise _meaning(error) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise SendLater(type(error).__name__) from error
        except (httpx.HTTPError, TwilioException) as error:
            raise SendUnknown(type(error).__name__) from error
        return str(made.sid)

    def find(self, to: str, body: str, since: datetime) -> list[str]:
        # Not filtered by DateSent at Twilio: a message it has not sent yet has none and would be left out.
        try:
            listed = self._client.messages.list(to=to, limit=_LISTED)
        except (TwilioException, httpx.HTTPError) as error:
            raise SendLater(type(error).__name__) from error
        same = [
            (each.date_created, each.sid)
            for each in reversed(listed)
            if each.body == body and (each.date_created is None or _aware(each.date_created) >= since)
        ]
        return [str(sid) for _, sid in sorted(same, key=lambda pair: _aware(pair[0] or since))]

    def forget(self, sid: str) -> None:
        message = self._client.messages(sid)
        try:
            for each in message.media.list(limit=_LISTED):
                each.delete()
            # An empty body is Twilio's own way of redacting a text; its other facts stay for the books.
            message.update(body="")
        except TwilioRestException as error:
            if error.status != 404:
                raise SendLater(f"http {error.status}") from error
        except (httpx.HTTPError, TwilioException) as error:
            raise SendLater(type(error).__name__) from error


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _meaning(error: TwilioRestException) -> Exception:
    if error.status == 429:
        return SendLater("too many requests")
    if error.status >= 500:
        return SendUnknown(f"http {error.status}")
    return SendRefused(str(error.code or error.status))

"""Sending texts through Twilio with its official library, to Twilio itself or to an address that stands in for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from channels.carrier import SendLater, SendRefused, SendUnknown
from channels.config import ChannelConfig

LIMIT_SECONDS = 10.0
_LISTED = 50


class _ElsewhereHttpClient(TwilioHttpClient):
    """The library's own client with the origin of every address replaced: it has no setting for that."""

    def __init__(self, origin: str, **options: Any) -> None:
        super().__init__(**options)
        self._origin = origin.rstrip("/")

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return super().request(method, f"{self._origin}{parts.path}{query}", *args, **kwargs)


class TwilioCarrier:
    """The `Carrier` that is Twilio. Its API has no idempotency key, so what is unclear is looked up, never resent."""

    def __init__(self, config: ChannelConfig, *, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._from = config.twilio_from
        # Twilio refuses a callback address it cannot reach, so a loopback one is given only to a stand-in.
        told = config.secure or bool(config.twilio_api_url)
        self._callback = {"status_callback": config.url("/twilio/status")} if told else {}
        http = (
            _ElsewhereHttpClient(config.twilio_api_url, timeout=limit_seconds)
            if config.twilio_api_url
            else TwilioHttpClient(timeout=limit_seconds)
        )
        self._http = http
        self._client = Client(config.twilio_account_sid, config.twilio_auth_token, http_client=http)

    def close(self) -> None:
        if self._http.session is not None:
            self._http.session.close()

    def send(self, to: str, body: str) -> str:
        try:
            made = self._client.messages.create(to=to, from_=self._from, body=body, **self._callback)
        except TwilioRestException as error:
            raise _meaning(error) from error
        except requests.exceptions.ConnectTimeout as error:
            raise SendLater("connect timeout") from error
        except requests.exceptions.ConnectionError as error:
            raise (SendLater("refused") if _refused(error) else SendUnknown("connection lost")) from error
        except (requests.exceptions.RequestException, TwilioException) as error:
            raise SendUnknown(type(error).__name__) from error
        return str(made.sid)

    def find(self, to: str, body: str, since: datetime) -> list[str]:
        # Not filtered by DateSent at Twilio: a message it has not sent yet has none and would be left out.
        try:
            listed = self._client.messages.list(to=to, limit=_LISTED)
        except (TwilioException, requests.exceptions.RequestException) as error:
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
        except (requests.exceptions.RequestException, TwilioException) as error:
            raise SendLater(type(error).__name__) from error


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _meaning(error: TwilioRestException) -> Exception:
    if error.status == 429:
        return SendLater("too many requests")
    if error.status >= 500:
        return SendUnknown(f"http {error.status}")
    return SendRefused(str(error.code or error.status))


def _refused(error: requests.exceptions.ConnectionError) -> bool:
    """Whether the connection was never made, so that nothing can have been taken."""
    return "NewConnectionError" in repr(error) or "Connection refused" in repr(error)

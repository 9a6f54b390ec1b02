"""A small Stripe of our own for what no foreign fake has: shapes as Stripe documents them, keys kept, faults on demand.

It keeps idempotency keys for PaymentIntents (same parameters: the same answer; others: an idempotency error), lists by
customer, knows bank debits, and can lose, delay or refuse an answer before or after it charged. It counts charges, so a
test can say how often money was taken.
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What happens to one request: it is `charged` or not, and then answered by `status`, late, or not at all."""

    charged: bool
    status: int | None = None
    code: str = ""
    wait_s: float = 0.0


@dataclass
class Recorded:
    """The state of the fake and what a test tells it; `url` once `start` was called."""

    intents: dict[str, Body] = field(default_factory=dict)
    refunds: list[Body] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    requests: list[tuple[str, str]] = field(default_factory=list)
    customers: dict[str, str] = field(default_factory=dict)
    setups: dict[str, Body] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)  # the parameters of every PaymentIntent asked for
    url: str = ""

    def __post_init__(self) -> None:
        self._keys: dict[str, tuple[dict[str, str], int, Body]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def taken(self) -> list[int]:
        """The amounts that were charged, in cents."""
        return [each["amount"] for each in self.intents.values() if each["status"] in ("succeeded", "processing")]

    def forget_keys(self) -> None:
        """A day and more goes by at Stripe."""
        self._keys.clear()

    def enters(self, setup: str, method: Body | None, *, status: str = "succeeded", **more: Any) -> None:
        """The member typed something into Stripe's page."""
        self.setups[setup] |= {"payment_method": method, "status": status, **more}

    def answer(self, method: str, path: str, form: dict[str, str], key: str | None) -> tuple[int, Body] | Fault:
        with self._lock:
            self.requests.append((method, path))
            fault = (
                self.faults.popleft() if self.faults and path == "/v1/payment_intents" and method == "POST" else None
            )
            if fault is not None and not fault.charged:
                return fault
            status, body = self._once(method, path, form, key)
        return fault or (status, body)

    def _once(self, method: str, path: str, form: dict[str, str], key: str | None) -> tuple[int, Body]:
        if key is None or method != "POST":
            return self._do(method, path, form)
        if key in self._keys:
            before, status, body = self._keys[key]
            if before != form:
                return 400, {"error": {"type": "idempotency_error", "message": "Keys for idempotent requests …"}}
            return status, body
        status, body = self._do(method, path, form)
        self._keys[key] = (form, status, json.loads(json.dumps(body)))
        return status, body

    def _do(self, method: str, path: str, form: dict[str, str]) -> tuple[int, Body]:
        parts = path.removeprefix("/v1/").split("/")
        match method, parts:
            case "POST", ["payment_intents"]:
                return self._create(form)
            case "GET", ["payment_intents"]:
                mine = [each for each in self.intents.values() if each["customer"] == form.get("customer")]
                return 200, _page(mine[::-1], form)
            case "GET", ["payment_intents", intent]:
                return 200, self.intents[intent]
            case "POST", ["payment_intents", intent, "cancel"]:
                self.intents[intent].update(status="canceled", next_action=None)
                return 200, self.intents[intent]
            case "POST", ["refunds"]:
                return self._refund(form)
            case "GET", ["refunds"]:
                of = [each for each in self.refunds if each["payment_intent"] == form["payment_intent"]]
                return 200, _page(of[::-1], form)
            case "POST", ["customers"]:
                made = f"cus_{next(self._numbers)}"
                self.customers[made] = form.get("metadata[account_id]", "")
                return 200, {"id": made, "object": "customer"}
            case "POST", ["setup_intents"]:
                made = f"seti_{next(self._numbers)}"
                facts = {"id": made, "object": "setup_intent", "client_secret": f"{made}_secret_x"}
                metadata = {"reference": form.get("metadata[reference]", "")}
                self.setups[made] = form | facts | {"metadata": metadata, "status": "requires_payment_method"}
                return 200, self.setups[made]
            case "GET", ["setup_intents", setup] if setup in self.setups:
                return 200, self.setups[setup]
        return 404, {"error": {"type": "invalid_request_error", "message": f"Unrecognized request URL {path}"}}

    def _create(self, form: dict[str, str]) -> tuple[int, Body]:
        self.asked.append(form)
        method = form["payment_method"]
        intent: Body = {
            "id": f"pi_{next(self._numbers)}",
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "created": int(time.time()),
            "currency": form["currency"],
            "customer": form["customer"],
            "last_payment_error": None,
            "metadata": {"attempt_id": form["metadata[attempt_id]"]},
            "next_action": None,
            "payment_method": method,
            "payment_method_types": [form["payment_method_types[0]"]],
            "status": "processing" if form["payment_method_types[0]"] == "us_bank_account" else "succeeded",
        }
        if method.startswith("pm_missing"):
            told = {"type": "invalid_request_error", "code": "resource_missing", "param": "payment_method"}
            return 400, {"error": told | {"message": f"No such PaymentMethod: '{method}'"}}
        self.intents[intent["id"]] = intent
        if method.startswith("pm_needs_action"):
            intent.update(status="requires_action", next_action={"type": "use_stripe_sdk"})
        elif method.startswith("pm_declines_"):
            kind = intent["payment_method_types"][0]
            error = card_error(method.removeprefix("pm_declines_"), kind=kind)
            intent.update(status="requires_payment_method", last_payment_error=error)
            return 402, {"error": {**error, "payment_intent": intent}}
        return 200, intent

    def _refund(self, form: dict[str, str]) -> tuple[int, Body]:
        intent = self.intents[form["payment_intent"]]
        gone = sum(each["amount"] for each in self.refunds if each["payment_intent"] == intent["id"])
        if gone + int(form["amount"]) > intent["amount"]:
            told = {"type": "invalid_request_error", "code": "charge_already_refunded"}
            return 400, {"error": told | {"message": "Charge has already been refunded."}}
        refund = {
            "id": f"re_{next(self._numbers)}",
            "object": "refund",
            "amount": int(form["amount"]),
            "metadata": {"attempt_id": form.get("metadata[attempt_id]", "")},
            "payment_intent": intent["id"],
            "status": "pending" if intent["status"] == "processing" else "succeeded",
        }
        self.refunds.append(refund)
        return 200, refund


def card_error(name: str, *, kind: str = "card", network: str | None = None) -> Body:
    """The error of a declined payment (docs.stripe.com/declines): a code, and a reason where there is one.

    `name` is a decline code, or `code=…` for a code that comes without one (`expired_card`, `incorrect_cvc`).
    """
    bare = name.startswith("code=")
    return {
        "type": "card_error",
        "code": name.removeprefix("code=") if bare else "card_declined",
        "decline_code": None if bare else name,
        "network_decline_code": network,
        "message": "Your card was declined.",
        "payment_method": {"id": "pm_1", "object": "payment_method", "type": kind},
    }


def _page(rows: list[Body], form: dict[str, str]) -> Body:
    # Two at a time whatever is asked for, so that whoever reads must turn pages.
    start = next((i + 1 for i, row in enumerate(rows) if row["id"] == form.get("starting_after")), 0)
    return {
        "object": "list",
        "data": rows[start : start + 2],
        "has_more": len(rows) > start + 2,
        "url": "/v1/payment_intents",
    }


def _handler(recorded: Recorded) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(dict(parse_qsl(urlsplit(self.path).query)))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            self._reply(dict(parse_qsl(raw)))

        def _reply(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            given = recorded.answer(self.command, path, form, self.headers.get("idempotency-key"))
            if isinstance(given, Fault):
                time.sleep(given.wait_s)
                if given.status is None:
                    return self._hang_up()
                error = {"type": "api_error", "code": given.code, "message": "An unknown error occurred"}
                given = given.status, {"error": error}
            data = json.dumps(given[1]).encode()
            with suppress(OSError):
                self.send_response(given[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Request-Id", "req_test")
                self.end_headers()
                self.wfile.write(data)

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler

"""What the sandbox and its card form tell each other through a browser: sealed, so that the browser can change nothing.

The form (`channels/tokenizer`) is a process of its own, as a processor's is. It is told whom a setup is for, and tells
back what it saved; both sides know the key and nobody else does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from billing_core.processors import Declined, Entered, Kind, Unknown

SETUP, SAVED = "setup", "saved"


def seal(key: str, what: str, facts: dict[str, Any]) -> str:
    """The facts as one word that only a holder of the key can have written."""
    body = base64.urlsafe_b64encode(json.dumps(facts, sort_keys=True).encode())
    return f"{body.decode()}.{_mark(key, what, body)}"


def unseal(key: str, what: str, sealed: str) -> dict[str, Any] | None:
    """The facts again; None for anything that was not sealed as `what` with this key."""
    body, _, mark = sealed.partition(".")
    if not body.isascii() or not hmac.compare_digest(mark.encode(), _mark(key, what, body.encode()).encode()):
        return None
    facts: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    return facts


def setup(key: str, account_id: str | None, kinds: Sequence[Kind], reference: str) -> str:
    """Leave to save one method of `kinds`."""
    return seal(key, SETUP, {"account": account_id, "kinds": list(kinds), "reference": reference})


def saved(key: str, setup_facts: dict[str, Any], what: Entered) -> str:
    """The form's answer: what it saved, for whom."""
    month = what.expires_month.isoformat() if what.expires_month else None
    return seal(key, SAVED, setup_facts | {"entered": asdict(what) | {"expires_month": month}})


def entered(key: str, account_id: str | None, sealed: str, reference: str) -> Entered | Declined | Unknown:
    """What the form saved for this account and reference."""
    facts = unseal(key, SAVED, sealed)
    if facts is None or facts["account"] != account_id or facts["reference"] != reference:
        return Unknown()
    told = facts["entered"]
    month = told["expires_month"]
    return Entered(**told | {"expires_month": date.fromisoformat(month) if month else None})


def _mark(key: str, what: str, body: bytes) -> str:
    return hmac.new(key.encode(), what.encode() + b" " + body, hashlib.sha256).hexdigest()

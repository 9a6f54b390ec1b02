"""`duely autopay proof`: the authorizations of a member, as they can be shown to a bank (DOMAIN 3.2)."""

from __future__ import annotations

import json

from billing_core import errors, proof
from gateway.commands.account import CannotShow, opened
from gateway.settings import Settings


def show_proof(settings: Settings, key: str, *, as_json: bool) -> None:
    """Print the proof of every autopay authorization the member gave. Raises `CannotShow`."""
    with opened(settings) as core:
        try:
            packs = [proof.pack(core, each) for each in proof.enrollments(core, key)]
        except errors.AccountNotFound:
            raise CannotShow(f"There is no account {key!r} in {settings.database_url}.") from None
    if not packs:
        raise CannotShow(f"{key} never authorized autopay.")
    print(json.dumps(packs, indent=2) if as_json else "\n".join(proof.readable(each) for each in packs), end="\n")

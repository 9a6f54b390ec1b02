"""`duely contact`: the phone and e-mail on file, changed for a member by the plan's people, and who agreed to texts.

What a member changed in the plan's portal or with its service, which proved who they are, is passed on here; in
conversation a member changes them alone (`channels/new_contact.py`).
"""

from __future__ import annotations

import csv
import sys
from datetime import datetime, time
from typing import Annotated, Literal, NoReturn

import typer

from gateway.commands.audited import log

contact_app = typer.Typer(no_args_is_help=True, help="Phones and e-mail addresses on file, and consent to texts.")

Key = Annotated[str, typer.Argument(help="The account's key, as `duely account show` knows it.")]
DAY = ["%Y-%m-%d"]


@contact_app.command("change")
def change(
    key: Key,
    phone: Annotated[str, typer.Option(help="The new phone, as +19195550123.")] = "",
    email: Annotated[str, typer.Option(help="The new e-mail address.")] = "",
) -> None:
    """Put another phone or e-mail address on file: for seven days it proves less, and the old phone is lost (4.9)."""
    from billing_core import accounts, errors
    from gateway import settings
    from gateway.commands.account import opened

    if not phone and not email:
        _fail("Say what changes: --phone, --email or both.")
    try:
        with opened(settings.load()) as core:
            accounts.change_contact(core, key, phone=phone or None, email=email or None)
            log(core, "contact_changed", key, what_changed=", ".join(_named(phone, email)))
    except errors.AccountNotFound:
        _fail(f"There is no account {key!r}.")
    except (errors.ContactWrong, settings.SettingWrong) as error:
        _fail(str(error))
    typer.echo(f"Changed: {' and '.join(_named(phone, email))}.")


@contact_app.command("consents")
def consents(
    since: Annotated[datetime, typer.Option(formats=DAY, help="The first day, UTC.")],
    scope: Annotated[
        Literal["all", "program"] | None,
        typer.Option(help="Only what reaches all of the plan's programs, or this one."),
    ] = None,
) -> None:
    """Who agreed to texts and who refused since a day, as CSV. An opt-out of all reaches the plan's other programs
    too (47 CFR 64.1200(a)(10)), and they learn of it here."""
    from datetime import UTC

    from channels import consent
    from gateway import settings
    from gateway.commands.account import opened

    try:
        with opened(settings.load()) as core:
            rows = consent.since(core, datetime.combine(since, time(), UTC), scope)
            log(core, "exported_consents", since=f"{since:%Y-%m-%d}", scope=scope or "any", rows=len(rows))
    except settings.SettingWrong as error:
        _fail(str(error))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("at", "channel", "address", "account", "kind", "scope", "source", "shown"))
    writer.writerows(
        (row.at.isoformat(), row.channel, row.address, row.account_id or "", row.kind, row.scope, row.source, row.shown)
        for row in rows
    )


def _named(phone: str, email: str) -> list[str]:
    return [name for name, value in (("phone", phone), ("e-mail address", email)) if value]


def _fail(message: str) -> NoReturn:
    typer.echo(f"Duely: {message}", err=True)
    raise typer.Exit(1)

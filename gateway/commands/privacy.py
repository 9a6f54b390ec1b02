"""`duely privacy`: a member's conversations as files, or deleted when they ask; what is too old taken out now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from gateway.commands.audited import log, operator

if TYPE_CHECKING:
    from billing_core import Core
    from channels.privacy.requests import Preview

privacy_app = typer.Typer(no_args_is_help=True, help="Members' words: hand them out, delete them, let them go in time.")

CONFIRM = "DELETE"
Key = Annotated[str, typer.Argument(help="The account's key, or the id of a stranger's conversation.")]
To = Annotated[Path, typer.Option("--to", help="The folder for the files.")]
As = Annotated[Literal["pdf", "json"], typer.Option("--as", help="What to write.")]
Confirm = Annotated[str, typer.Option("--confirm", help=f"Type {CONFIRM} here instead of when asked.")]


@privacy_app.command("export")
def export(key: Key, as_: As = "pdf", to: To = Path()) -> None:
    """Write every conversation of a member to a file of its own, as an admin reads it."""
    from channels.privacy import requests
    from console import export as exporting
    from console.privacy import KINDS
    from console.sessions import Visit

    with _opened() as core:
        visit = Visit(operator(), "admin", "", "")
        with core.read() as session:
            ids = [each.id for each in requests.conversations(session, key)]
        for conversation_id in ids:
            made = exporting.of(core, visit, conversation_id)
            if made is None or not made["messages"]:
                continue
            log(core, "exported", conversation_id, kind=as_)
            path = to / exporting.file_name(made, as_)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(KINDS[as_][1](made))
            path.chmod(0o600)
            typer.echo(f"{path}: {len(made['messages'])} messages")
        if not ids:
            typer.echo("There is no conversation.")


@privacy_app.command("delete")
def delete(key: Key, confirm: Confirm = "") -> None:
    """Delete a member's conversations: tells what goes and what must be kept, and asks. Safe to repeat."""
    from channels.privacy import requests

    with _opened() as core:
        told = requests.preview(core, key)
        log(core, "viewed_erasure", key)
        for line in lines(told):
            typer.echo(line)
        if not told.goes and told.open_request is None:
            return
        if (confirm or typer.prompt(f"This cannot be undone. Type {CONFIRM} to confirm")).strip() != CONFIRM:
            _fail("Nothing was deleted.")
        done = requests.ask(core, key, operator())
        log(core, "erased", key, messages=done.messages, finished=done.finished_at is not None)
        typer.echo(f"Deleted: the words of {done.messages} messages in {done.conversations} conversations.")
        if done.finished_at is None:
            typer.echo("What is left over goes by itself while Duely runs, or with this command again.")


@privacy_app.command("run")
def run() -> None:
    """Take out now what is older than DUELY_RETENTION_DAYS, as the running stack does once a day."""
    from gateway import privacy, settings

    with _opened() as core:
        done = privacy.forget_old(core, settings.load().retention_days)
        typer.echo(", ".join(f"{name} {count}" for name, count in sorted(done.items())) or "Nothing is older.")


def lines(told: Preview) -> list[str]:
    """What would go, what waits and what stays, a line for each."""
    first = f"Goes: the words of {told.messages} messages in {len(told.goes)} conversations, and what was read in them."
    waits = [f"  waits: {each.channel} {each.conversation_id[:8]}, since {each.held_back}." for each in told.held_back]
    words = [f"Stays: the words of {told.kept_words} messages that are proof."] if told.kept_words else []
    stays = [f"Stays: {each.count} x {each.kind.what}. {each.kind.how_long}. {each.kind.why}." for each in told.stays]
    return [first, *waits, *words, *stays]


@contextmanager
def _opened() -> Iterator[Core]:
    from billing_core.errors import AccountNotFound
    from gateway import settings
    from gateway.commands.account import opened

    try:
        with opened(settings.load()) as core:
            yield core
    except AccountNotFound:
        _fail("There is no such account, and no stranger's conversation of that id.")
    except settings.SettingWrong as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.echo(f"Duely: {message}", err=True)
    raise typer.Exit(1)

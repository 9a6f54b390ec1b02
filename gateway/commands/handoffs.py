"""`duely handoffs`: people in the terminal, beside Slack and the console. What is said here the running stack sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Any
from uuid import uuid4

import typer

from gateway.commands.audited import log, operator

handoffs_app = typer.Typer(no_args_is_help=True, help="Conversations that a person is to take.")

As = Annotated[str, typer.Option("--as", help="Who you are: the member reads the first name.")]
Id = Annotated[str, typer.Argument(help="The hand-off's id, or how it begins.")]


@handoffs_app.command("list")
def list_() -> None:
    """Who waits and who is being helped, the most urgent first."""
    with _opened() as channels:
        from channels.handoff import desk

        log(channels.core, "viewed_live")
        rows = desk.open_ones(channels)
        for row in rows:
            minutes = int((channels.core.now() - row.opened_at).total_seconds() // 60)
            holder = f"held by {row.agent_name or row.taken_by}" if row.taken_by else f"waits {minutes} min"
            print(f"{row.id[:8]}  urgency {row.urgency}  {', '.join(row.reasons)}  {holder}")
        if not rows:
            print("Nobody waits.")


@handoffs_app.command("take")
def take(id_: Id, as_: As) -> None:
    """Hold a conversation; the assistant is silent from then on."""
    from channels.handoff import desk

    with _opened() as channels:
        _log(channels, "took", desk.take(channels, _full(channels, id_), _agent(as_)).id, as_)
        print("Yours.")


@handoffs_app.command("say")
def say(id_: Id, text: str, as_: As) -> None:
    """Say something to the member; the first word takes the conversation."""
    from channels.handoff import desk

    with _opened() as channels:
        handoff_id = _full(channels, id_)
        desk.say(channels, handoff_id, _agent(as_), text, f"cli:{uuid4().hex}")
        _log(channels, "said", handoff_id, as_)
        print("Said.")


@handoffs_app.command("release")
def release(id_: Id, as_: As) -> None:
    """Give a conversation back to the assistant."""
    from channels.handoff import desk

    with _opened() as channels:
        _log(channels, "gave_back", desk.release(channels, _full(channels, id_), _agent(as_)).id, as_)
        print("Given back.")


@contextmanager
def _opened() -> Iterator[Any]:
    """The channels over the database of the settings, with a queue that only adds; errors end in one sentence."""
    from channels.app import assemble
    from channels.dbos_client import QueueDoor
    from channels.handoff.errors import HandoffError
    from gateway import settings
    from gateway.commands.account import opened

    try:
        loaded = settings.with_secrets(settings.load())
        config = loaded.for_channels(rasa_url="", twilio_api_url=loaded.twilio_api_url)
        with opened(loaded) as core, closing(QueueDoor(core.engine.url)) as door:
            yield assemble(core, config, queue=lambda _handler: door)
    except (HandoffError, settings.SettingWrong) as error:
        typer.echo(f"Duely: {error}", err=True)
        raise typer.Exit(1) from None


def _log(channels: Any, what: str, handoff_id: str, who: str) -> None:
    from channels.handoff import desk

    about = desk.of(channels, handoff_id).conversation_id
    log(channels.core, what, about, who=f"{who}, {operator()}", handoff=handoff_id)


def _agent(name: str) -> Any:
    from channels.handoff.desk import Agent

    return Agent(f"cli:{name.strip().lower()[:40]}", name)


def _full(channels: Any, beginning: str) -> str:
    """The id that begins so, if it is one alone."""
    from channels.handoff import desk

    found = [row.id for row in desk.open_ones(channels) if row.id.startswith(beginning)]
    return found[0] if len(found) == 1 else beginning

"""`duely user`: who may sign in to the console. A password is asked on the terminal, or made and shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from billing_core import Core

user_app = typer.Typer(no_args_is_help=True, help="People who may sign in to the console.")
Generate = Annotated[bool, typer.Option("--generate", help="Make a password and show it once.")]


@user_app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Letters, digits and . _ @ + -; an e-mail address is one.")],
    role: Annotated[str, typer.Option(help="product, support or admin.")],
    generate: Generate = False,
) -> None:
    """Let somebody in."""
    from console import users

    password = _password(generate)
    _do(lambda core: users.add(core, name, role, password))
    _told(f"{name} may sign in at /console as {role}.", password, generate)


@user_app.command("password")
def password(name: str, generate: Generate = False) -> None:
    """Give a new password; whatever is signed in with the old one ends."""
    from console import users

    new = _password(generate)
    _do(lambda core: users.set_password(core, name, new))
    _told(f"{name} has a new password.", new, generate)


@user_app.command("disable")
def disable(name: str) -> None:
    """Let somebody in no more; whatever they have open ends. Their name stays, for the audit log."""
    from console import users

    _do(lambda core: users.disable(core, name))
    typer.echo(f"{name} may not sign in any more.")


@user_app.command("list")
def list_() -> None:
    """Everybody, with their role and since when they are disabled."""
    from console import users

    def show(core: Core) -> None:
        for each in users.everyone(core):
            state = f"disabled {each.disabled_at:%Y-%m-%d}" if each.disabled_at else ""
            way = "password" if each.password_hash else "single sign-on"
            typer.echo(f"{each.name}\t{each.role}\t{way}\t{state}".rstrip())

    _do(show)


def _password(generate: bool) -> str:
    from console import users

    if generate:
        return users.made_password()
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _told(line: str, password: str, generate: bool) -> None:
    typer.echo(line)
    if generate:
        typer.echo(f"Password, shown this once: {password}")


def _do(what: Callable[[Core], None]) -> None:
    from console.users import UserWrong
    from gateway import settings
    from gateway.commands.account import opened

    try:
        with opened(settings.load()) as core:
            what(core)
    except (settings.SettingWrong, UserWrong) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.echo(f"Duely: {message}", err=True)
    raise typer.Exit(1)

"""`duely profile check|explain|compare`: an issuer's rules in plain words, from the functions that decide."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from billing_core.profiles import Profile
    from billing_core.profiles.explain import Told

profile_app = typer.Typer(no_args_is_help=True, help="Issuers' rules: check a file, or ask what holds on a day.")

On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The civil date; today if left out.")]
Named = Annotated[str, typer.Argument(help="The id of a shipped profile, or a YAML file.")]


@profile_app.command()
def check(file: Annotated[Path, typer.Argument(help="A profile as YAML.")]) -> None:
    """Check a profile file; every fault is told with its line and field."""
    profile = _profile(str(file))
    unknown = sorted(name for name, value in profile.model_dump().items() if value is None)
    typer.echo(f"{file}: {profile.id} is in order. Not known: {', '.join(unknown) or 'nothing'}.")


@profile_app.command()
def explain(profile: Named, on: On = None) -> None:
    """What is open, what is locked and until when, on a day."""
    found = _profile(profile)
    day = _day(found, on)
    _print(f"{found.name} on {_title(day)}", [found.id], _told(found, day), None)


@profile_app.command()
def compare(left: Named, right: Named, on: On = None) -> None:
    """The same questions on a day under two profiles; the answers that differ stand out."""
    first, second = _profile(left), _profile(right)
    day = _day(first, on)
    _print(f"Two issuers on {_title(day)}", [first.id, second.id], _told(first, day), _told(second, day))


def _profile(named: str) -> Profile:
    from billing_core import errors, profiles

    try:
        return profiles.load_file(Path(named)) if named.endswith((".yml", ".yaml")) else profiles.get(named)
    except errors.ProfileInvalid as error:
        _fail(str(error))
    except errors.ProfileNotFound:
        _fail(f"There is no profile {named!r}; shipped are {', '.join(profiles.shipped())}.")


def _day(profile: Profile, on: datetime | None) -> date:
    from billing_core import Clock

    return on.date() if on else Clock.system().today(profile.time_zone)


def _told(profile: Profile, on: date) -> list[Told]:
    from billing_core.profiles import explain as words

    return words.explain(profile, on)


def _print(title: str, names: list[str], left: list[Told], right: list[Told] | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from billing_core.profiles import explain as words

    differs = words.differing(left, right) if right is not None else set()
    table = Table(title=title, title_justify="left", show_lines=right is not None)
    for heading in ("", *names):
        table.add_column(heading, overflow="fold")
    other = {told.question: told.answer for told in right or []}
    for told in left:
        answers = [told.answer] if right is None else [told.answer, other.get(told.question, "")]
        mark = "* " if told.question in differs else ""
        style = "bold" if told.question in differs else ""
        table.add_row(mark + told.question, *(Text(answer, style) for answer in answers))
    Console().print(table)
    if right is not None:
        typer.echo(f"* {len(differs)} of {len(left)} answers differ.")


def _title(day: date) -> str:
    return f"{day:%A, %B} {day.day}, {day.year}"


def _fail(message: str) -> NoReturn:
    for line in message.splitlines():
        typer.echo(f"Duely: {line}", err=True)
    raise typer.Exit(1)

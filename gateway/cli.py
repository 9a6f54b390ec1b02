"""The command line `duely`. Modules are imported by the command that needs them, so that each starts quickly."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from gateway.commands.contact import contact_app
from gateway.commands.handoffs import handoffs_app
from gateway.commands.jobs import jobs_app
from gateway.commands.nlu import nlu_app
from gateway.commands.privacy import privacy_app
from gateway.commands.profile import profile_app
from gateway.commands.replay import replay
from gateway.commands.teach import add_to
from gateway.commands.user import user_app
from gateway.commands.what_if import what_if

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Duely's command line."
)
account_app = typer.Typer(no_args_is_help=True, help="Accounts as the core sees them.")
autopay_app = typer.Typer(no_args_is_help=True, help="Autopay authorizations.")
docs_app = typer.Typer(no_args_is_help=True, help="Documentation that is drawn from the code.")
app.add_typer(account_app, name="account")
app.add_typer(autopay_app, name="autopay")
app.add_typer(contact_app, name="contact")
app.add_typer(docs_app, name="docs")
app.add_typer(jobs_app, name="jobs")
app.add_typer(nlu_app, name="nlu")
app.add_typer(privacy_app, name="privacy")
app.add_typer(profile_app, name="profile")
app.add_typer(user_app, name="user")
app.add_typer(handoffs_app, name="handoffs")
add_to(nlu_app)
app.command("what-if")(what_if)
app.command("replay")(replay)

DAY = ["%Y-%m-%d"]


def say(line: str) -> None:
    """A plain line of progress, shown at once also when it goes to a file."""
    print(line, flush=True)


def _fail(message: object) -> NoReturn:
    typer.echo(f"Duely: {message}", err=True)
    raise typer.Exit(1)


def _settings(*, secrets: bool = False) -> Any:
    from gateway import logs, settings

    try:
        loaded = settings.load()
        if secrets:
            loaded = settings.with_secrets(loaded)
    except settings.SettingWrong as error:
        _fail(error)
    logs.set_up(level=loaded.log_level, as_json=loaded.production)
    return loaded


@app.command()
def up() -> None:
    """Start everything and serve until Ctrl-C."""
    from gateway.commands.up import CannotStart
    from gateway.commands.up import up as run

    try:
        run(_settings(secrets=True), say)
    except CannotStart as error:
        _fail(error)


@app.command()
def talk(
    as_: Annotated[str, typer.Option("--as", help="A member of the cast, or `stranger`.")] = "lee",
    url: Annotated[str, typer.Option(help="The running stack.")] = "",
) -> None:
    """Chat in the terminal with the running stack."""
    from gateway.commands.chat import NotSignedIn
    from gateway.commands.talk import talk as run

    try:
        run(url or _settings().address, None if as_ == "stranger" else as_)
    except NotSignedIn as error:
        _fail(error)


@app.command()
def play(
    paths: Annotated[list[Path], typer.Argument(help="Conversation files, or folders of them.")],
    rasa_url: Annotated[str, typer.Option(help="A Rasa started for this, with `--actions-port`'s address.")] = "",
    actions_port: Annotated[int, typer.Option(help="Where that Rasa finds the actions.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="As JSON, one object a file.")] = False,
) -> None:
    """Play conversation files on a database and ports of their own; exits 1 if any fails."""
    from gateway.commands.play import CannotPlay
    from gateway.commands.play import play as run

    try:
        passed = run(paths, say, rasa_url=rasa_url, actions_port=actions_port, as_json=json)
    except CannotPlay as error:
        _fail(error)
    raise typer.Exit(0 if passed else 1)


@account_app.command("show")
def account_show(key: str, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """What an account owes, has paid, and what happens next."""
    from gateway.commands.account import CannotShow, show

    try:
        show(_settings(), key, as_json=json)
    except CannotShow as error:
        _fail(error)


@autopay_app.command("proof")
def autopay_proof(key: str, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """What a member authorized for autopay: words, moment, identity, debits, revocation."""
    from gateway.commands.account import CannotShow
    from gateway.commands.autopay import show_proof

    try:
        show_proof(_settings(), key, as_json=json)
    except CannotShow as error:
        _fail(error)


@app.command("bill-day")
def bill_day(
    date: Annotated[datetime | None, typer.Option(formats=DAY, help="The (first) day; today if left out.")] = None,
    through: Annotated[datetime | None, typer.Option(formats=DAY, help="The last day.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would happen; write nothing.")] = False,
) -> None:
    """Run the billing day: bill, tell, draft, try again, age, apply saved changes. Safe to repeat."""
    from gateway.commands.bill_day import WrongDays, run_days

    first, last = date.date() if date else None, through.date() if through else None
    try:
        days = run_days(_settings(), first, last, dry_run=dry_run)
    except WrongDays as error:
        _fail(error)
    except ExceptionGroup as group:
        for cause in group.exceptions:
            typer.echo(f"Duely: {cause!r} ({'; '.join(getattr(cause, '__notes__', []))})", err=True)
        _fail(f"{group.message}; run it again when the cause is gone.")
    done = "listed, nothing is written" if dry_run else "run"
    say(f"{len(days)} billing day(s) {done}, the last one {days[-1].isoformat()}.")


@app.command()
def drill(
    on: Annotated[datetime | None, typer.Option(formats=DAY, help="As of this day; today if left out.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, one object a line.")] = False,
) -> None:
    """Whose next draft is known to fail, before its lock opens: who, why, how much, how many days are left."""
    from gateway.commands.drill import run_drill

    run_drill(_settings(), on.date() if on else None, as_json=json)


@app.command()
def train() -> None:
    """Train the language model if its sources changed."""
    from gateway.training import TrainingFailed, ensure_model

    try:
        say(f"Model: {ensure_model(say)}")
    except TrainingFailed as error:
        _fail(error)


@app.command()
def reindex() -> None:
    """Make again what the console finds and counts conversations by: marks, words of messages, and tallies."""
    from channels import links, marks, tallies
    from console import searching
    from console.numbers.kept import keep_all
    from gateway.commands.account import opened

    settings = _settings(secrets=True)
    with opened(settings) as core:
        count = marks.rebuild(core)
        searching.rebuild(core)
        tallies.rebuild(core, links.places(settings.for_channels(rasa_url="", twilio_api_url="")))
        keep_all(core)
    say(f"{count} marks made again, the index of words, and what the numbers are counted from.")


@app.command("demo-traffic")
def demo_traffic(
    days: Annotated[int, typer.Option(help="How many days up to now it lies in.")] = 30,
    conversations: Annotated[int, typer.Option(help="How many.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same traffic for the same seed.")] = 7,
) -> None:
    """Play conversations of made-up members, so that the console has something to show; development only."""
    from gateway import logs
    from gateway.commands.demo_traffic import NoTraffic
    from gateway.commands.demo_traffic import demo_traffic as run

    settings = _settings(secrets=True)
    # Rasa's failures and lost texts are part of the traffic, and nobody's to look into.
    logs.set_up(level="CRITICAL", as_json=False)
    try:
        run(settings, say, days=days, conversations=conversations, seed=seed)
    except NoTraffic as error:
        _fail(error)


@app.command("settings")
def settings_table() -> None:
    """README's table of settings."""
    from gateway.settings_table import table

    say(table())


@docs_app.command("states")
def docs_states() -> None:
    """Write docs/states.md from the tables that decide every change of state."""
    from gateway.commands.docs import write_states

    say(f"Wrote {write_states()}.")


@docs_app.command("golden-years")
def docs_golden_years() -> None:
    """Write docs/golden_years: a year of each demo member, day by day."""
    from gateway.commands.docs import write_golden_years

    say(f"Wrote {write_golden_years()}.")


@docs_app.command("sandbox")
def docs_sandbox() -> None:
    """Write docs/sandbox.md from the outcomes that the sandbox knows."""
    from gateway.commands.docs import write_sandbox

    say(f"Wrote {write_sandbox()}.")

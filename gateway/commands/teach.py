"""`duely nlu queue | label | add | diff | train | compare | promote | drop | rollback | export`: what the console's
Review and Teach do, from a terminal. A running Duely follows what is promoted here within a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from gateway.commands.audited import log

if TYPE_CHECKING:
    from billing_core import Core
    from console.teach.store import Candidate
    from gateway.teaching.teacher import FilesTeacher

As = Annotated[str, typer.Option("--as", help="Who you are: a user of the console.")]
COMMAND_LINE = "command line"
PERCENT_NEAR = 80


def add_to(app: typer.Typer) -> None:
    """Add the commands to `duely nlu`."""
    for command in (queue, label, add, diff, train, compare, promote, drop, rollback, export):
        app.command(command.__name__)(command)


def queue(
    why: Annotated[str, typer.Option(help="misunderstood, unsure, complaint, before_person, close or second.")] = "",
    as_: As = COMMAND_LINE,
    most: Annotated[int, typer.Option(help="How many.")] = 20,
) -> None:
    """What teaches most, the most first: message, why, how it was read, the words with what is a member's masked."""
    from console.review import queue as review_queue

    with _opened() as (core, _teacher):
        log(core, "viewed_review", who=as_)
        for each in review_queue.items(core, as_, why)[:most]:
            print(f"{each.heard.message_id}  {', '.join(each.why)}  {each.heard.intent}  {each.words}")


def label(
    message_id: str,
    intent: Annotated[str, typer.Argument(help="What the member wanted.")],
    as_: As,
    mark: Annotated[list[str], typer.Option(help="Words that matter: amount=$50, date=…, method=…, policy=….")] = [],  # noqa: B006
    hand_over: Annotated[bool, typer.Option("--hand-over", help="A person should have helped.")] = False,
    answer: Annotated[str, typer.Option(help="right, wrong or unkind.")] = "right",
    note: Annotated[str, typer.Option(help="What should have happened.")] = "",
) -> None:
    """Label a turn; two reviewers who say the same settle it."""
    from console.review import labels
    from console.teach.writing import Marked

    marked = tuple(Marked(entity, words) for entity, _, words in (each.partition("=") for each in mark))
    with _opened() as (core, _teacher):
        who = _reviewer(core, as_)
        try:
            now = labels.give(core, who, message_id, labels.Given(intent, marked, hand_over, answer, note))
            about = labels.of(core, message_id).message.conversation_id
        except labels.LabelWrong as error:
            _fail(error)
        except labels.NothingToLabel:
            _fail(f"There is no turn {message_id}, or Rasa did not read it.")
        log(core, "labelled", about, message=message_id, who=who)
    print("Others say something else." if now.disputed else "Settled." if now.done else "Waits for a second reviewer.")


def add(sentence: str, intent: str, as_: As = COMMAND_LINE) -> None:
    """Add a sentence to teach, with marks as in the data: `pay [$50](amount)`."""
    from console.teach import sentences

    with _opened() as (core, _teacher):
        try:
            row = sentences.add(core, sentence, intent, as_)
        except sentences.SentenceWrong as error:
            _fail(error)
        log(core, "sentence_added", sentence=row.id, who=as_)
        print(f"Sentence {row.id} waits to be taught.")


def diff() -> None:
    """The change to the data that waits, with duplicates and what means nearly the same."""
    from console.teach import sentences
    from console.teach.port import TeacherFailed

    with _opened() as (core, teacher):
        rows = sentences.proposed(core)
        wanted = sentences.teachable(rows)
        change = teacher.change(wanted)
        print(change.diff or "There is nothing new to teach.")
        for row in rows:
            if row.trouble:
                print(f"Not taught: {row.written} ({row.intent}): {row.trouble}")
        for (intent, text), same in change.duplicates.items():
            print(f"Known already: {text} ({intent}) stands in {same.file} under {same.intent}")
        try:
            found = teacher.near(wanted) if wanted else {}
        except TeacherFailed as error:
            _fail(error)
        for (intent, text), others in found.items():
            for each in others:
                if 100 * each.likeness >= PERCENT_NEAR or each.intent != intent:
                    print(f"{each.likeness:.0%} like {text} ({intent}): {each.written} ({each.intent})")


def train(as_: As = COMMAND_LINE) -> None:
    """Train a candidate with what waits, and compare it with the live model; minutes."""
    from console.teach import candidates

    with _opened() as (core, teacher):
        row = _or_fail(lambda: candidates.start(core, teacher, as_))
        log(core, "training_started", candidate=row.id, who=as_)
        print(f"Candidate {row.id}: {len(row.sentence_ids)} sentence(s).")
        done = _run(core, teacher, row.id)
        if done.trouble:
            _fail(f"Candidate {done.id} failed: {done.trouble}")
        _show(done)


def compare() -> None:
    """Put the candidate that waits to the test once more, beside the live model."""
    with _opened() as (core, teacher):
        row = _waiting(core)
        teacher.work.compare_again(row.id)
        _show(_waiting(core))


def promote(as_: As = COMMAND_LINE) -> None:
    """Have members talk to the candidate that waits; a running Duely swaps without losing a turn."""
    from console.teach import candidates

    with _opened() as (core, teacher):
        row = _waiting(core)
        _or_fail(lambda: candidates.promote(core, teacher, row.id, as_))
        log(core, "promoted", candidate=row.id, who=as_)
        print(f"Candidate {row.id} is promoted. A running Duely takes it over now; else the next start does.")


def drop(as_: As = COMMAND_LINE) -> None:
    """Put the candidate away; its sentences wait on."""
    from console.teach import candidates

    with _opened() as (core, _teacher):
        row = _waiting(core)
        _or_fail(lambda: candidates.drop(core, row.id))
        log(core, "dropped", candidate=row.id, who=as_)
        print(f"Candidate {row.id} is dropped.")


def rollback(as_: As = COMMAND_LINE) -> None:
    """Have members talk to the model from before the promoted one; its sentences wait again."""
    from console.teach import candidates

    with _opened() as (core, teacher):
        row = _or_fail(lambda: candidates.roll_back(core, teacher, as_))
        log(core, "rolled_back", candidate=row.id if row else None, who=as_)
        print(f"Candidate {row.id} is live again." if row else "The model of the files is live again.")


def export(
    write: Annotated[bool, typer.Option("--write", help="Write the files; else the change is only shown.")] = False,
) -> None:
    """The promoted sentences as a change to bot/data, to be committed."""
    from console.teach import candidates
    from gateway.teaching import data

    with _opened() as (core, _teacher):
        taught = candidates.taught_by(candidates.in_force(core))
        change = data.diff(taught)
        if not change:
            print("The files have every promoted sentence.")
        elif not write:
            print(change)
        else:
            for path in data.export(taught):
                print(f"Wrote {path}.")


def _run(core: Core, teacher: FilesTeacher, candidate_id: int) -> Candidate:
    """Work on it here, telling each step as it begins."""
    import threading

    from console.teach import candidates

    working = threading.Thread(target=teacher.work.run, args=(candidate_id,), daemon=True)
    working.start()
    told = ""
    while working.is_alive():
        working.join(0.5)
        row = candidates.of(core, candidate_id)
        if row is not None and row.step and row.step != told:
            told = row.step
            print(f"  {told}", flush=True)
    done = candidates.of(core, candidate_id)
    assert done is not None
    return done


def _show(row: Candidate) -> None:
    for name, part in row.comparison["sets"].items():
        print(f"{name}: {part['live']} -> {part['candidate']} of {part['count']} right")
        for kind in ("worse", "better"):
            for each in part[kind]:
                print(f"  {kind}: {each['said']} ({each['meant']}): {each['live']} -> {each['candidate']}")
    talks = row.comparison["conversations"]
    print(f"conversations: {talks['live']} -> {talks['candidate']} of {talks['count']} pass")
    for kind in ("worse", "better", "changed"):
        for each in talks[kind]:
            print(f"  {kind}: {each['path']}: {each['live'].strip()} -> {each['candidate'].strip()} {each['fault']}")
    print(", ".join(f"{name} {value} s" for name, value in row.seconds.items()))


def _waiting(core: Core) -> Candidate:
    from console.teach import candidates

    row = candidates.undecided(core)
    if row is None:
        _fail("No candidate waits for a decision.")
    return row


@contextmanager
def _opened() -> Iterator[tuple[Core, FilesTeacher]]:
    from console.teach.port import Live
    from gateway import settings
    from gateway.commands.account import opened
    from gateway.commands.up import FIXED
    from gateway.stack import ELSEWHERE
    from gateway.teaching.teacher import FilesTeacher

    try:
        loaded = settings.load()
    except settings.SettingWrong as error:
        _fail(error)
    fixed = ELSEWHERE if loaded.rasa_url else FIXED if loaded.model_path else ""
    with opened(loaded) as core:
        yield core, FilesTeacher(core, lambda: Live("", fixed=fixed))


def _reviewer(core: Core, name: str) -> str:
    """Two labels count as two people's, so each must be somebody's."""
    from console import users

    known = users.known(core, name)
    if known is None:
        _fail(f"There is no user {name}: `duely user add` adds one.")
    return known


def _or_fail(act: Callable[[], Any]) -> Any:
    from console.teach.candidates import NotNow

    try:
        return act()
    except NotNow as error:
        _fail(error)


def _fail(message: object) -> NoReturn:
    typer.echo(f"Duely: {message}", err=True)
    raise typer.Exit(1)

"""`duely replay ID`: a decision asked again on its own facts, and the words it was told in, made again by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from gateway.commands.audited import log

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing_core import Core
    from billing_core.records import DecisionRecord


def replay(key: Annotated[str, typer.Argument(help="A decision record's number, or a message's id.")]) -> None:
    """Ask a decision again, and say again what the member was told; exits 1 where either comes out differently."""
    from gateway import settings
    from gateway.commands.account import opened

    with opened(settings.load()) as core:
        lines, same = of(core, key)
        if not lines:
            _fail(f"There is no decision and no answered message {key!r}.")
        # What a member asked and was told is read here as it is on the console's pages.
        log(core, "viewed", _conversation(core, key), **({"decision": int(key)} if key.isdigit() else {"message": key}))
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if same else 1)


def of(core: Core, key: str) -> tuple[list[str], bool]:
    """The decision (or all those of a message) and the words, a line for each, and whether all came out the same."""
    from billing_core.records import DecisionRecord, of_turn
    from channels.store import Turn

    with core.read() as session:
        wanted = [int(key)] if key.isdigit() else of_turn(session, key)
        found = [row for row in (session.get(DecisionRecord, each) for each in wanted) if row is not None]
        turn = session.get(Turn, _turn_id(session, key))
    decided = [_decided(core, row) for row in found]
    told, words_same = _told(core, turn) if turn is not None else ([], True)
    return [*(line for line, _ in decided), *told], words_same and all(same for _, same in decided)


def _turn_id(session: Session, key: str) -> str:
    """The message that it is about: of a decision the one it was made for, "" where nobody's message asked for it."""
    from billing_core.records import DecisionRecord

    if not key.isdigit():
        return key
    record = session.get(DecisionRecord, int(key))
    return (record.turn_id or "") if record is not None else ""


def _conversation(core: Core, key: str) -> str | None:
    from channels.store import Message

    with core.read() as session:
        message = session.get(Message, _turn_id(session, key))
        return message.conversation_id if message is not None else None


def _decided(core: Core, record: DecisionRecord) -> tuple[str, bool]:
    from billing_core import records

    answer = records.replay(core, record)
    same = answer is None or records.told(answer) == record.computed
    facts = ", ".join(f"{name} {value}" for name, value in record.computed["facts"].items() if value is not None)
    again = "kept by its name" if answer is None else "asked again: the same" if same else "asked again: DIFFERENT"
    verdict = f"refused ({record.rule})" if record.rule else "allowed"
    head = f"{record.id} {record.at:%Y-%m-%d %H:%M} {record.about}: {verdict}, profile {record.profile_version}"
    return f"{head}; {again}. {facts}", same


def _told(core: Core, turn: Any) -> tuple[list[str], bool]:
    """The replies made again from their names and values, and whether they are what was sent."""
    from sqlalchemy import select

    from bot.actions import words
    from channels.store import Message

    made = []
    for each in turn.said:
        with words.spoken_in(each["language"]):
            try:
                made.append(words.render(each["reply"], each["values"]))
            except KeyError:
                # The sentence, or a value it tells by now, came after this turn.
                made.append(f"({each['reply']} has other words now)")
    with core.read() as session:
        sent = session.scalars(select(Message.text).where(Message.reply_to == turn.message_id).order_by(Message.seq))
        text = " ".join(" ".join(sent).split())
    same = not made or " ".join(" ".join(made).split()) in text
    names = ", ".join(each["reply"] for each in turn.said)
    return [
        *(f"  {line}" for line in made),
        f"{names}: {'the same words' if same else 'NOT the words that were sent'}.",
    ], same


def _fail(message: str) -> NoReturn:
    typer.echo(f"Duely: {message}", err=True)
    raise typer.Exit(1)

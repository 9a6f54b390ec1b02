"""`duely talk`: a chat in the terminal with the running stack, as one of the cast."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from websockets.exceptions import ConnectionClosed

from gateway.commands.chat import ChatLine

ANSWER_LIMIT_S = 20.0
# An answer that was quicker than the typing sign has nothing after it.
QUIET_S = 0.5


def talk(url: str, member: str | None, console: Console | None = None) -> None:
    """Read lines, send them, show the answers, until end of input. Raises `NotSignedIn`."""
    console = console or Console(highlight=False)
    line = ChatLine(url, member)
    try:
        console.print(f"You are {member or 'a stranger'}. Ctrl-D leaves.", style="dim")
        while True:
            try:
                said = console.input("[bold]you[/bold] ").strip()
            except (EOFError, KeyboardInterrupt):
                console.print()
                return
            if said:
                line.say(said)
                _show_answers(line, console)
    except ConnectionClosed:
        console.print("The stack closed the line.", style="red")
    finally:
        line.close()


def _show_answers(line: ChatLine, console: Console) -> None:
    """Show frames until the assistant has answered and stopped typing."""
    answered = False
    while True:
        frame = line.next(QUIET_S if answered else ANSWER_LIMIT_S)
        if frame is None:
            if not answered:
                console.print("No answer came.", style="red")
            return
        if frame["type"] == "message":
            _show(frame, console)
            answered = True
        elif frame["type"] == "error":
            console.print(frame["text"], style="red")
            return
        elif frame["type"] == "typing" and answered and not frame["on"]:
            return


def _show(frame: dict[str, Any], console: Console) -> None:
    style = {"bot": "cyan", "demo": "yellow"}.get(frame["role"], "dim")
    if frame["text"]:
        console.print(frame["text"], style=style, markup=False)
    if frame.get("card"):
        card = frame["card"]
        table = Table(title=card["title"], show_header=False, title_justify="left")
        for label, value in [*card["rows"], *([card["total"]] if card.get("total") else [])]:
            table.add_row(label, value)
        console.print(table)
    if frame.get("buttons"):
        console.print("  ".join(f"[{each['title']}]" for each in frame["buttons"]), style="dim", markup=False)

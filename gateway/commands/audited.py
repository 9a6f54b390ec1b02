"""The audit log of what is seen and done on the command line; the same log as the console's."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing_core import Core

# Nobody signs in here: whoever reaches this machine may all that it can do.
ROLE = "-"


def log(core: Core, what: str, about: str | None = None, *, who: str = "", **details: object) -> None:
    """Write an entry before its answer is shown; `who` is the name that was given, or who this machine knows."""
    from console import audit
    from console.users import COMMAND_LINE

    audit.write(core, who=who or operator(), role=ROLE, what=what, address=COMMAND_LINE, about=about, **details)


def operator() -> str:
    """Who is at this machine: the one word the command line has for a person."""
    try:
        return f"{getpass.getuser()} on the command line"
    except OSError:
        return "the command line"

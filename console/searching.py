"""Looking for words in what was said: SQLite's FTS5 and PostgreSQL's text search, both kept by the database itself.

Words are letters and digits, whole except the last, which may be only begun. All of them stand in one message.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, column, exists, func, literal_column, select, table, text
from sqlalchemy.orm import Session

from billing_core import Core
from channels.screening import screen
from channels.store import Message

MOST_WORDS = 8
# From so many messages on a word is common.
COMMON = 3_000
_WORD = re.compile(r"[^\W_]+")
# The expression of the index (migration 0007), so that PostgreSQL knows it again.
DOCUMENT = r"to_tsvector('simple', regexp_replace(message.text, '[^a-zA-Z0-9\u0080-\uffff]+', ' ', 'g'))"
_SEARCH = table("message_search", column("rowid"))
_SEARCHED = table("message_searched", column("id"), column("message_id"), column("conversation_id"))


def words(asked: str) -> list[str]:
    """The words of what was asked for, without secrets: nobody finds a card number by looking for it."""
    return [each.lower() for each in _WORD.findall(screen(asked).text)][:MOST_WORDS]


def found(session: Session, conversation_id: Any, wanted: list[str]) -> ColumnElement[bool]:
    """That the conversation has a message which holds all the words."""
    if session.get_bind().dialect.name == "postgresql":
        return _on_postgresql(session, conversation_id, wanted)
    asked_words = " ".join([*(f'"{each}"' for each in wanted[:-1]), f'"{wanted[-1]}"*'])
    matches = text("message_search MATCH :asked").bindparams(asked=asked_words)
    hits = (
        select(_SEARCHED.c.conversation_id)
        .select_from(_SEARCH.join(_SEARCHED, _SEARCHED.c.id == _SEARCH.c.rowid))
        .where(matches)
    )
    return conversation_id.in_(hits)


def _on_postgresql(session: Session, conversation_id: Any, wanted: list[str]) -> ColumnElement[bool]:
    """PostgreSQL cannot tell a rare word from a common one, and each wants another plan: ten seconds instead of ten ms.

    Of few messages the index lists all first; where there are many, going through the latest conversations soon meets
    enough of them (`OFFSET 0` keeps the planner from joining everything after all).
    """
    asked = func.to_tsquery(literal_column("'simple'"), " & ".join([*wanted[:-1], f"{wanted[-1]}:*"]))
    matches = literal_column(DOCUMENT).op("@@")(asked)
    some = select(Message.conversation_id).where(matches).limit(COMMON).cte("some").prefix_with("MATERIALIZED")
    if (session.scalar(select(func.count()).select_from(some)) or 0) < COMMON:
        hits = select(Message.conversation_id).where(matches).distinct().cte("hits").prefix_with("MATERIALIZED")
        return conversation_id.in_(select(hits.c.conversation_id))
    return exists(select(Message.id).where(Message.conversation_id == conversation_id, matches).offset(0))


def rebuild(core: Core) -> None:
    """Make the index again from the messages; PostgreSQL's is its own and only sorted anew."""
    with core.write() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("REINDEX INDEX ix_message_text_search"))
            return
        session.execute(text("DELETE FROM message_search"))
        session.execute(text("DELETE FROM message_searched"))
        session.execute(
            text("INSERT INTO message_searched (message_id, conversation_id) SELECT id, conversation_id FROM message")
        )
        session.execute(
            text(
                "INSERT INTO message_search (rowid, text) SELECT k.id, m.text FROM message_searched AS k "
                "JOIN message AS m ON m.id = k.message_id"
            )
        )

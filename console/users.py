"""The people who may sign in: added, disabled and given passwords by `duely user`, or known from single sign-on."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, func, select, update

from billing_core import Core
from console import audit
from console.roles import ROLES
from console.store import SignedIn, SignInTry, User

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
# Five wrong within fifteen minutes, and nothing more is looked at until the first of them is older than that.
MOST_TRIES, WITHIN = 5, timedelta(minutes=15)
COMMAND_LINE = "command line"
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,119}")
# Slow on purpose; tests of other things exchange it for a quick one.
hasher = PasswordHasher()
# Somebody unknown takes as long as somebody known.
_NOBODYS = hasher.hash(secrets.token_urlsafe(16))


class UserWrong(ValueError):
    """A name, role or password that cannot be used; the message is one sentence."""


class SignInRefused(Exception):
    """Not signed in; unknown, wrong, disabled and locked all sound the same."""


def add(core: Core, name: str, role: str, password: str | None) -> None:
    """Add a person; without a password they come in by single sign-on only. Raises `UserWrong`."""
    name = named(name)
    if role not in ROLES:
        raise UserWrong(f"The role must be one of: {', '.join(ROLES)}.")
    hashed = _hash(password) if password is not None else None
    with core.write() as session:
        if session.get(User, name) is not None:
            raise UserWrong(f"There is a user {name} already.")
        session.add(User(name=name, role=role, password_hash=hashed, created_at=core.now()))
        audit.add(session, core, who=name, role=role, what="user_added", address=COMMAND_LINE)


def set_password(core: Core, name: str, password: str) -> None:
    """Give a new password and end what is signed in with the old one. Raises `UserWrong`."""
    hashed = _hash(password)
    with core.write() as session:
        user = session.get(User, named(name))
        if user is None:
            raise UserWrong(f"There is no user {name}.")
        user.password_hash = hashed
        session.execute(update(SignedIn).where(SignedIn.user_name == user.name).values(ended_at=core.now()))
        session.execute(delete(SignInTry).where(SignInTry.name == user.name))
        audit.add(session, core, who=user.name, role=user.role, what="password_set", address=COMMAND_LINE)


def disable(core: Core, name: str) -> None:
    """Let a person in no more and end what they have open. Their name stays, for the log. Raises `UserWrong`."""
    with core.write() as session:
        user = session.get(User, named(name))
        if user is None:
            raise UserWrong(f"There is no user {name}.")
        user.disabled_at = user.disabled_at or core.now()
        session.execute(update(SignedIn).where(SignedIn.user_name == user.name).values(ended_at=core.now()))
        audit.add(session, core, who=user.name, role=user.role, what="user_disabled", address=COMMAND_LINE)


def everyone(core: Core) -> list[User]:
    """All of them by name, disabled ones too."""
    with core.read() as session:
        return list(session.scalars(select(User).order_by(User.name)))


def by_password(core: Core, name: str, password: str) -> User:
    """The person, if this is their password; raises `SignInRefused`.

    The try is written down before anything is looked at, so of many at the same moment none is free.
    """
    try:
        name = named(name)
    except UserWrong:
        raise SignInRefused from None
    since = core.now() - WITHIN
    with core.write() as session:
        session.execute(delete(SignInTry).where(SignInTry.at <= since))
        session.add(SignInTry(id=uuid.uuid4().hex, name=name, at=core.now()))
    with core.read() as session:
        where = select(func.count()).where(SignInTry.name == name, SignInTry.at > since)
        tries = session.scalar(where) or 0
        user = session.get(User, name)
    if tries > MOST_TRIES:
        raise SignInRefused
    hashed = user.password_hash if user is not None and user.password_hash else _NOBODYS
    try:
        hasher.verify(hashed, password[:LONGEST_PASSWORD])
    except (VerifyMismatchError, InvalidHashError):
        raise SignInRefused from None
    if user is None or user.disabled_at is not None or user.password_hash is None:
        raise SignInRefused
    with core.write() as session:
        session.execute(delete(SignInTry).where(SignInTry.name == name))
    return user


def by_single_sign_on(core: Core, name: str, role: str) -> User:
    """The person whom the identity provider names, with the role it gives; raises `SignInRefused`."""
    try:
        name = named(name)
    except UserWrong:
        raise SignInRefused from None
    if role not in ROLES:
        raise SignInRefused
    with core.write() as session:
        user = session.get(User, name, with_for_update=True)
        if user is None:
            user = User(name=name, role=role, password_hash=None, created_at=core.now(), disabled_at=None)
            session.add(user)
            audit.add(session, core, who=name, role=role, what="user_added", address="single sign-on")
        elif user.disabled_at is not None or user.password_hash is not None:
            # A name with a password of ours is another person until somebody says otherwise.
            raise SignInRefused
        user.role = role
    return user


def known(core: Core, name: str) -> str | None:
    """The name of a user, if this is one. What is typed as a name may be a password, and is kept nowhere."""
    try:
        small = named(name)
    except UserWrong:
        return None
    with core.read() as session:
        return small if session.get(User, small) is not None else None


def made_password() -> str:
    """A password that nobody can guess, to be shown once."""
    return secrets.token_urlsafe(15)


def named(name: str) -> str:
    """A name as it is kept; raises `UserWrong`."""
    small = name.strip().lower()
    if not _NAME.fullmatch(small):
        raise UserWrong("A name has letters, digits and . _ @ + - only, 120 at most.")
    return small


def _hash(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UserWrong(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    return hasher.hash(password)

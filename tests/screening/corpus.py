"""Secrets as people write them, and harmless numbers that look like them; made from a seed, never stored.

A spelling is one way of writing digits. Every kind of secret is written in every spelling, inside the frames in which
such numbers come. The numbers are random; only their form (issuer digits, Luhn, the routing checksum) is real.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import yaml
from stdnum import luhn

from tests.screening import spellings

CARD, SSN, ACCOUNT, CODE, PASSWORD = "card", "ssn", "account", "code", "password"
# Issuer digits and length.
BRANDS = [("4", 16), ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16), ("65", 16),
          ("36", 14), ("3528", 16), ("4", 13), ("4", 19)]  # fmt: skip

FRAMES: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "frames.yml").read_text())


@dataclass(frozen=True)
class Secret:
    """What a member sends (one text, or several one after another), and the digits or word nobody may find after."""

    kind: str
    spelling: str
    texts: tuple[str, ...]
    secret: str


def card(rng: random.Random) -> str:
    """A number with an issuer's first digits, its length and a right Luhn digit."""
    prefix, length = rng.choice(BRANDS)
    body = prefix + digits(rng, length - len(prefix) - 1)
    return body + luhn.calc_check_digit(body)


def digits(rng: random.Random, length: int) -> str:
    """That many random digits."""
    return "".join(rng.choice("0123456789") for _ in range(length))


def routing(rng: random.Random) -> str:
    """Nine digits of a district that exists, with the check digit."""
    body = f"{rng.choice([*range(1, 13), *range(21, 33)]):02d}{digits(rng, 6)}"
    total = sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return f"{body}{-total % 10}"


def ssn(rng: random.Random) -> str:
    """Nine digits in an area, group and serial that are given out."""
    area = rng.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03d}{rng.randint(1, 99):02d}{rng.randint(1, 9999):04d}"


def _password(rng: random.Random) -> str:
    word = rng.choice(["sunshine", "Blue", "hunter", "Tiger", "letmein", "qwerty", "Carolina", "maria"])
    return word + digits(rng, rng.randint(1, 4)) + rng.choice(["", "!", "$", "#x"])


Numbers = Callable[[random.Random], str]
NUMBERS: dict[str, Numbers] = {
    CARD: card,
    SSN: ssn,
    ACCOUNT: lambda rng: digits(rng, rng.randint(7, 17)),
    "routing": routing,
    CODE: lambda rng: digits(rng, rng.choice([3, 3, 4])),
}
# How the groups of each kind are cut when a person sets them apart.
GROUPS: dict[str, tuple[int, ...]] = {
    CARD: (4, 4, 4, 4),
    SSN: (3, 2, 4),
    ACCOUNT: (4, 4, 4),
    "routing": (4, 4, 1),
    CODE: (1,),
}


def secrets(seed: int, many: int) -> Iterator[Secret]:
    """`many` secrets, kind after kind and spelling after spelling."""
    rng = random.Random(seed)
    wanted = [(kind, name) for kind in NUMBERS for name in spellings.WAYS if kind != CODE or name in spellings.SHORT]
    wanted += [(PASSWORD, "as it is")] * 3
    for at in range(many):
        kind, name = wanted[at % len(wanted)]
        frame = rng.choice(FRAMES[kind])
        if kind == PASSWORD:
            secret = written = _password(rng)
        else:
            secret = NUMBERS[kind](rng)
            written = spellings.WAYS[name](rng, secret, GROUPS[kind])
        yield Secret(ACCOUNT if kind == "routing" else kind, name, (frame.format(written),), secret)


def split(seed: int, many: int) -> Iterator[Secret]:
    """Secrets sent in two or three messages, as people do who type them group by group."""
    rng = random.Random(seed)
    leads = {
        CARD: ["", "my card is "],
        SSN: ["my ssn is ", "social "],
        ACCOUNT: ["my account number is ", "acct number "],
    }
    for at in count():
        if at == many:
            return
        kind = (CARD, SSN, ACCOUNT)[at % 3]
        secret = NUMBERS[kind](rng)
        groups = spellings.cut(secret, GROUPS[kind])
        pieces = rng.choice([2, 3])
        edges = sorted(rng.sample(range(1, len(groups)), min(pieces, len(groups)) - 1)) if len(groups) > 1 else []
        parts = [groups[a:b] for a, b in zip([0, *edges], [*edges, len(groups)], strict=True)]
        mark = rng.choice(["", " ", "-"])
        texts = [mark.join(part) for part in parts]
        lead = rng.choice(leads[kind])
        if rng.random() < 0.3 and lead:
            texts = [lead.strip(), *texts][:3] if len(texts) < 3 else [lead + texts[0], *texts[1:]]
        else:
            texts[0] = lead + texts[0]
        yield Secret(kind, f"over {len(texts)} messages", tuple(texts), secret)


def harmless(seed: int, many: int) -> Iterator[str]:
    """Texts full of numbers that are nobody's secret."""
    rng = random.Random(seed)
    for at in range(many):
        yield LOOK_ALIKES[at % len(LOOK_ALIKES)](rng)


def _amount(rng: random.Random) -> str:
    cents = rng.randint(100, 500_000)
    form = rng.choice(["${:,.2f}", "${:.2f}", "{:.2f}", "{:,.2f}"])
    return form.format(cents / 100)


def _date(rng: random.Random) -> str:
    year, month, day = rng.choice([2025, 2026, 2027]), rng.randint(1, 12), rng.randint(1, 28)
    form = rng.choice(["{m:02d}/{d:02d}/{y}", "{m}/{d}/{y}", "{m}-{d}-{y}", "{y}-{m:02d}-{d:02d}", "{m:02d}/{d:02d}"])
    return form.format(y=year, m=month, d=day)


def _phone(rng: random.Random) -> str:
    area, office, line = f"{rng.randint(2, 9)}{digits(rng, 2)}", f"{rng.randint(2, 9)}{digits(rng, 2)}", digits(rng, 4)
    form = rng.choice(
        ["({a}) {b}-{c}", "{a}-{b}-{c}", "{a}.{b}.{c}", "+1{a}{b}{c}", "1-{a}-{b}-{c}", "{a} {b} {c}", "{a}{b}{c}"]
    )
    return form.format(a=area, b=office, c=line)


def _confirmation(rng: random.Random) -> str:
    letters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    return "-".join("".join(rng.choice(letters) for _ in range(4)) for _ in range(2))


LOOK_ALIKES: list[Callable[[random.Random], str]] = [
    lambda r: f"pay {_amount(r)} on {_date(r)}",
    lambda r: f"i paid {_amount(r)} on {_date(r)} and {_amount(r)} on {_date(r)}",
    lambda r: f"{_amount(r)} {_amount(r)} {_amount(r)}",
    lambda r: f"take {_amount(r)} from checking {digits(r, 4)}",
    lambda r: f"use the card ending in {digits(r, 4)} for {_amount(r)}",
    lambda r: f"visa ending {digits(r, 4)} exp 0{r.randint(1, 9)}/20{r.randint(26, 32)}",
    lambda r: f"call me at {_phone(r)}",
    lambda r: f"my phone number is {_phone(r)} or {_phone(r)}",
    lambda r: f"{_phone(r)}",
    lambda r: f"my member id is M{digits(r, 4)}",
    lambda r: f"member id {r.choice('MWXYP')}{digits(r, 9)}",
    lambda r: f"confirmation {_confirmation(r)}",
    lambda r: f"what happened to {_confirmation(r)} and {_confirmation(r)}?",
    lambda r: f"{r.randint(100000, 999999)}",
    lambda r: f"my code is {r.randint(100000, 999999)}",
    lambda r: f"dob {_date(r)} zip {digits(r, 5)}",
    lambda r: f"i live at {r.randint(1, 9999)} Oak St, Raleigh NC {digits(r, 5)}-{digits(r, 4)}",
    lambda r: f"invoice {r.randint(1000, 99999)} for {_amount(r)} due {_date(r)}",
    lambda r: f"policy {digits(r, 8)} group {digits(r, 6)}",
    lambda r: f"reference number {digits(r, 10)}",
    lambda r: f"{r.randint(1, 31)} {r.randint(1, 12)} {r.choice([2026, 2027])}",
    lambda r: f"i got bills in {r.randint(2019, 2022)}, 2023, 2024, 2025 and 2026",
    lambda r: f"{r.randint(2, 9)} kids and {r.randint(20, 90)} years old, plan since {r.randint(1990, 2025)}",
    lambda r: f"half of {r.randint(100, 2000)} is {r.randint(50, 1000)}",
    lambda r: f"no make it {r.randint(5, 2000)}",
    lambda r: f"from my checking account pay {r.randint(5, 2000)}",
    lambda r: f"pay {r.randint(5, 2000)} dollars from my bank account",
    lambda r: f"at {r.randint(1, 12)}:{r.randint(10, 59)} pm on {_date(r)} i called {_phone(r)}",
    lambda r: f"one {r.choice(['two', 'three'])} of my policies is wrong",
    lambda r: f"two hundred {r.choice(['fifty', 'twenty'])} now and the rest on the {r.randint(5, 28)}th",
    lambda r: f"my bill went from {_amount(r)} to {_amount(r)} in 2026",
    lambda r: f"did my {_amount(r)} payment from account ending {digits(r, 4)} go through on {_date(r)}",
    lambda r: f"pague {_amount(r)} el {_date(r)} con la visa {digits(r, 4)}",
    lambda r: f"cuanto debo de {r.choice(['enero', 'marzo'])} de 2027, pague {_amount(r)}",
    lambda r: f"pay {r.randint(1000, 1999)} and then {r.randint(100, 999)} from my checking account",
    lambda r: f"from checking {digits(r, 4)} take {r.randint(100, 999)} and then {r.randint(100, 999)}",
    lambda r: f"my accounts are checking {digits(r, 4)} and {digits(r, 4)}",
    lambda r: f"use checking ending {digits(r, 4)} and then {digits(r, 4)}",
    lambda r: f"from my bank {r.randint(1000, 1999)} and {r.randint(100, 999)} dollars",
    lambda r: f"i had this checking account 20{r.randint(10, 19)} and 20{r.randint(20, 26)}",
    lambda r: f"with visa {digits(r, 4)} I paid {_amount(r)}, I think",
    lambda r: f"checking {digits(r, 4)} and visa {digits(r, 4)}",
    lambda r: f"I owe {r.randint(100, 999)} I guess, is {digits(r, 4)} I used on file",
]

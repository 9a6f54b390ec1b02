"""What may happen in a conversation file beside what the member says: one part for each kind of step."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from billing_core import codes, profiles
from billing_core.errors import CodeNotFound, ProfileNotFound
from billing_core.processors import sandbox_outcomes


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, frozen=True)


class ProcessorStep(Part):
    """`next` is the sandbox's next answer: any outcome of docs/sandbox.md."""

    next: str

    @field_validator("next")
    @classmethod
    def _known(cls, given: str) -> str:
        try:
            sandbox_outcomes.read(given)
        except CodeNotFound:
            raise ValueError(f"{given} is no outcome of docs/sandbox.md") from None
        return given


class ReturnStep(Part):
    """An ACH return of the newest settled payment arrives."""

    payment: Literal["last"] = "last"
    code: str

    @field_validator("code")
    @classmethod
    def _known(cls, given: str) -> str:
        return _known_code(given)


class CarrierStep(Part):
    """`next` is what becomes of the next text to the member: an error told at once (21610) or afterwards (30003)."""

    next: str

    @field_validator("next")
    @classmethod
    def _an_error(cls, given: str) -> str:
        if not re.fullmatch(r"(2\d|30)\d{3}", given):
            raise ValueError(f"{given} is no error of a text: 2xxxx or 30xxx")
        return given


class PageStep(Part):
    """The newest link to the secure page is opened and a `card` or `bank` account number saved there.

    With `guest` the link is one that a member handed on, and pays. `fails` is what the page says instead; a bank
    account is always agreed to, and a card is good until `expires`.
    """

    card: str | None = None
    expires: str = "08/30"
    code: str = "123"
    bank: str | None = None
    type: Literal["checking", "savings"] = "checking"
    guest: bool = False
    fails: str | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> PageStep:
        if (self.card is None) == (self.bank is None):
            raise ValueError("the page takes a card or a bank account")
        return self


class IssuerStep(Part):
    """The issuer changes what it keeps: a policy's premium or last day, the profile, the plan, the e-mail address.

    A premium holds from the next bill on; an empty `email` is none on file.
    """

    policy: Literal["health", "dental", "vision"] = "health"
    premium_cents: int | None = Field(default=None, gt=0)
    covered_to: date | None = None
    profile_id: str | None = Field(default=None, alias="profile")
    plan_type: str | None = None
    email: str | None = None

    @field_validator("profile_id")
    @classmethod
    def _known(cls, given: str) -> str:
        try:
            return profiles.get(given).id
        except ProfileNotFound:
            raise ValueError(f"{given} is no profile of billing_core/profiles") from None


class UpdaterStep(Part):
    """News of the saved `method` (its last four): closed, renewed with an `expires` (08/30), corrected (C01), or how
    its test deposits ended (verified, failed).

    `last4` is the number it ends in from now on.
    """

    method: str
    says: Literal["closed", "renewed", "corrected", "verified", "failed"]
    last4: str | None = Field(default=None, pattern=r"^[0-9]{4}$")
    expires: str = Field(default="08/30", pattern=r"^(0[1-9]|1[0-2])/[0-9]{2}$")

    @property
    def expires_month(self) -> date:
        month, _, year = self.expires.partition("/")
        return date(2000 + int(year), int(month), 1)


def _known_code(given: str) -> str:
    try:
        codes.lookup(given)
    except CodeNotFound:
        raise ValueError(f"{given} is no code of billing_core/codes.yml") from None
    return given

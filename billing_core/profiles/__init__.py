"""Issuer profiles: the rules that differ between issuers, as data that is checked when it is loaded (DOMAIN 6).

A value nobody has verified is `unknown`, stays unknown, and the assistant then says that it does not know (G17, G25).
"""

from __future__ import annotations

from datetime import date, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from billing_core.errors import ProfileInvalid, ProfileNotFound


def _unknown_is_none(value: Any) -> Any:
    return None if value == "unknown" else value


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except ZoneInfoNotFoundError:
        raise ValueError("no such time zone") from None


T = TypeVar("T")
Unknown = Annotated[T | None, BeforeValidator(_unknown_is_none)]

Zone = Annotated[str, AfterValidator(_zone)]
Days = Annotated[int, Field(ge=0, le=120)]
MethodKind = Literal["card", "checking", "savings", "check", "cashiers_check", "money_order", "prepaid_debit", "phone"]


class AcceptedMethod(BaseModel):
    """One way to pay that this issuer takes; the list is shown with equal weight (45 CFR 156.1240, G18)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: MethodKind
    label: str
    brands: list[str] = []
    channel: Literal["online", "post", "phone"]
    autopay_ok: bool = False


class Profile(BaseModel):
    """One issuer's rules. Lengths are whole calendar days of the issuer's civil dates (G7, G27)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    short_name: str
    time_zone: Zone
    plan_types: list[Literal["individual", "family"]]
    due_day: Annotated[int, Field(ge=1, le=28)]
    due_month_offset: Annotated[int, Field(ge=-1, le=0)]
    invoice_lead_days_manual: Unknown[Days]
    invoice_lead_days_autopay: Unknown[Days]
    autopay_notice_days: Unknown[Days]
    changed_amount_notice_days: Days
    lock_days_before: Unknown[Days]
    lock_days_after: Unknown[Days]
    lock_until_draft_resolved: bool
    pending_changes_allowed: bool
    methods: list[AcceptedMethod]
    convenience_fee_cents: Unknown[Annotated[int, Field(ge=0)]]
    partial_payment: Unknown[Literal["accepted_no_guarantee", "refused"]]
    max_debit_attempts: Unknown[Annotated[int, Field(ge=1, le=3)]]
    retry_spacing_days: Unknown[Days]
    grace_aptc_months: Unknown[Annotated[int, Field(ge=1, le=6)]]
    grace_other_days: Unknown[Days]
    grace_other_verified: bool
    claims_hold_from_month: Unknown[Annotated[int, Field(ge=1, le=6)]]
    posting_cutoff: Unknown[time]
    assistance_programs: list[str]
    portal_url: str
    phone: str
    hours: str
    mail_address: Unknown[str]
    sources: list[str]
    verified_on: date

    def takes(self, kind: str, brand: str | None = None) -> bool:
        """Whether this issuer takes a saved method of this kind, and of this brand where brands are listed (G17)."""
        return any(
            method.kind == kind and (not method.brands or brand in method.brands)
            for method in self.methods
            if method.channel == "online"
        )

    def autopay_takes(self, kind: str) -> bool:
        """Whether autopay can be funded by this kind of method (S13, S14)."""
        return any(method.kind == kind and method.autopay_ok for method in self.methods)


def load(text: str, source: str) -> Profile:
    """A profile from YAML text; raises `ProfileInvalid` naming the file, the line and the field."""
    try:
        node = yaml.compose(text)
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ProfileInvalid(f"{source}: not readable YAML: {error}") from None
    if not isinstance(raw, dict) or not isinstance(node, yaml.MappingNode):
        raise ProfileInvalid(f"{source}: expected fields and values")
    lines = {key.value: key.start_mark.line + 1 for key, _ in node.value}
    try:
        return Profile.model_validate(raw)
    except ValidationError as error:
        problems = [
            f"{source}:{lines.get(str(issue['loc'][0]), 1)}: {'.'.join(map(str, issue['loc']))}: {issue['msg']}"
            for issue in error.errors(include_input=False, include_url=False)
        ]
        raise ProfileInvalid("\n".join(problems)) from None


def load_file(path: Path) -> Profile:
    """A profile from a file; raises `ProfileInvalid`."""
    return load(path.read_text(encoding="utf-8"), str(path))


@cache
def get(profile_id: str) -> Profile:
    """A shipped profile; raises `ProfileNotFound`."""
    found = files("billing_core.profiles") / f"{profile_id}.yml"
    if not profile_id.isidentifier() or not found.is_file():
        raise ProfileNotFound(profile_id)
    return load(found.read_text(encoding="utf-8"), f"{profile_id}.yml")

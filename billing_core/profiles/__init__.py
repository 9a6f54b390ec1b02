"""Issuer profiles: the rules that differ between issuers, as data that is checked when it is loaded (DOMAIN 6).

A value nobody has verified is `unknown`, stays unknown, and the assistant then says that it does not know (G17, G25).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from billing_core.errors import ProfileInvalid, ProfileNotFound
from billing_core.profiles.third_parties import ThirdParties


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

# How a kind is told where an issuer's own label is not there, because nobody knows whether it takes the kind.
METHOD_NAMES: dict[MethodKind, str] = {
    "card": "credit or debit cards",
    "cashiers_check": "cashier's checks",
    "check": "checks",
    "checking": "checking accounts",
    "money_order": "money orders",
    "phone": "payments by phone",
    "prepaid_debit": "prepaid debit cards",
    "savings": "savings accounts",
}


class AcceptedMethod(BaseModel):
    """One way to pay that this issuer takes; the list is shown with equal weight (45 CFR 156.1240, G18)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: MethodKind
    label: str
    brands: list[str] = []
    channel: Literal["online", "post", "phone"]
    autopay_ok: Unknown[bool] = False


class Profile(BaseModel):
    """One issuer's rules. Lengths are whole calendar days of the issuer's civil dates (G7, G27).

    `due_verified` and `grace_other_verified` are false where the value is only the usual one; `methods_unknown` lists
    the kinds of which nobody knows whether the issuer takes them. With `lock_until_draft_resolved` the lock ends with
    the draft's outcome, and not before `lock_days_after` days after the invoice. `binder_deadline_days` count from the
    due date of a first payment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    short_name: str
    time_zone: Zone
    plan_types: list[Literal["individual", "family"]]
    due_day: Annotated[int, Field(ge=1, le=28)]
    due_month_offset: Annotated[int, Field(ge=-1, le=0)]
    due_verified: bool
    invoice_lead_days_manual: Unknown[Days]
    invoice_lead_days_autopay: Unknown[Days]
    autopay_notice_days: Unknown[Days]
    changed_amount_notice_days: Days
    lock_days_before: Unknown[Days]
    lock_days_after: Unknown[Days]
    lock_until_draft_resolved: bool
    pending_changes_allowed: bool
    methods: list[AcceptedMethod]
    methods_unknown: list[MethodKind]
    convenience_fee_cents: Unknown[Annotated[int, Field(ge=0)]]
    partial_payment: Unknown[Literal["accepted_no_guarantee", "refused"]]
    max_debit_attempts: Unknown[Annotated[int, Field(ge=1, le=3)]]
    retry_spacing_days: Unknown[Days]
    threshold_kind: Unknown[Literal["none", "net_percent", "gross_percent", "fixed"]]
    threshold_value: Unknown[Annotated[int, Field(ge=0, le=10_000)]]
    threshold_for_binder: Unknown[bool]
    proration: Unknown[Literal["none", "daily"]]
    grace_aptc_months: Unknown[Annotated[int, Field(ge=1, le=6)]]
    grace_other_days: Unknown[Days]
    grace_start: Unknown[Literal["due", "notice"]]
    grace_other_verified: bool
    grace_cleared_by: Unknown[Literal["past_due", "all_open"]]
    claims_hold_from_month: Unknown[Annotated[int, Field(ge=1, le=6)]]
    binder_deadline_days: Unknown[Days]
    reinstatement_days: Unknown[Days]
    reinstatement_verified: bool
    reinstatement_self_service: Unknown[bool]
    third_party_policy: ThirdParties
    posting_cutoff: Unknown[time]
    paper_with_autopay: Unknown[bool]
    bank_validation: Literal["before_any_debit", "before_autopay"]
    assistance_programs: list[str]
    portal_url: str
    phone: Unknown[str]
    hours: Unknown[str]
    mail_address: Unknown[str]
    sources: list[str]
    verified_on: date

    @field_validator("lock_until_draft_resolved")
    @classmethod
    def _says_from_when(cls, value: bool, info: ValidationInfo) -> bool:
        if value and None in (info.data.get("lock_days_before"), info.data.get("lock_days_after")):
            raise ValueError("needs lock_days_before and lock_days_after, 0 where the invoice and the draft decide")
        return value

    @field_validator("methods_unknown")
    @classmethod
    def _not_listed_too(cls, value: list[MethodKind], info: ValidationInfo) -> list[MethodKind]:
        twice = {method.kind for method in info.data.get("methods", [])} & set(value)
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))} is in methods, so it is known")
        return value

    @field_validator("reinstatement_verified")
    @classmethod
    def _verified_window_is_known(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("reinstatement_days") is None:
            raise ValueError("unknown reinstatement_days cannot be verified")
        return value

    @field_validator("threshold_value")
    @classmethod
    def _threshold_fits(cls, value: int | None, info: ValidationInfo) -> int | None:
        kind = info.data.get("threshold_kind")
        if kind in ("net_percent", "gross_percent") and not 0 < (value or 0) <= 100:
            raise ValueError("needs how many percent must be paid, 1 to 100")
        if kind == "fixed" and value is None:
            raise ValueError("needs how many cents may be missing")
        if kind in ("none", None) and value:
            raise ValueError("a value needs a kind")
        return value

    @field_validator("grace_other_verified")
    @classmethod
    def _verified_is_known(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("grace_other_days") is None:
            raise ValueError("unknown grace_other_days cannot be verified")
        return value

    def takes(self, kind: str, brand: str | None = None) -> bool | None:
        """Whether this issuer takes a saved method of this kind, and of this brand where brands are listed (G17).

        None where nobody knows.
        """
        if kind in self.methods_unknown:
            return None
        return any(
            method.kind == kind and (not method.brands or brand in method.brands)
            for method in self.methods
            if method.channel == "online"
        )

    def autopay_takes(self, kind: str) -> bool | None:
        """Whether autopay can be funded by this kind of method (S13, S14); None where nobody knows."""
        if kind in self.methods_unknown:
            return None
        known = [method.autopay_ok for method in self.methods if method.kind == kind]
        return True if True in known else None if None in known else False

    def reached_at(self) -> tuple[str, str]:
        """The issuer's telephone and its hours as they are told, where they are not known too."""
        return self.phone or "the number on your ID card", self.hours or "hours not known to me"


class _Lines:
    """Where each field of a YAML file stands, nested ones too."""

    def __init__(self, root: yaml.MappingNode) -> None:
        self._root = root

    def of(self, path: Sequence[int | str]) -> int:
        """The line, from 1, of the field at `path`; of the nearest one around it when it is not in the file."""
        node: yaml.Node = self._root
        line = 1
        for step in path:
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == step), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = node.value[step]
                line = node.start_mark.line + 1
        return line

    def twice(self) -> list[tuple[int, str]]:
        """Top-level fields that are given a second time, with the line; YAML would let the last one win silently."""
        seen: set[str] = set()
        found = []
        for key, _ in self._root.value:
            if key.value in seen:
                found.append((key.start_mark.line + 1, str(key.value)))
            seen.add(key.value)
        return found


def load(text: str, source: str) -> Profile:
    """A profile from YAML text; raises `ProfileInvalid` naming the file, the line and the field of each fault."""
    try:
        node = yaml.compose(text)
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ProfileInvalid(f"{source}: not readable YAML: {error}") from None
    if not isinstance(raw, dict) or not isinstance(node, yaml.MappingNode):
        raise ProfileInvalid(f"{source}: expected fields and values")
    lines = _Lines(node)
    problems = [f"{source}:{line}: {field}: given a second time" for line, field in lines.twice()]
    if problems:
        raise ProfileInvalid("\n".join(problems))
    try:
        return Profile.model_validate(raw)
    except ValidationError as error:
        problems = [
            f"{source}:{lines.of(issue['loc'])}: {'.'.join(map(str, issue['loc']))}: "
            f"{issue['msg'].removeprefix('Value error, ')}"
            for issue in error.errors(include_input=False, include_url=False)
        ]
        raise ProfileInvalid("\n".join(problems)) from None


def load_file(path: Path) -> Profile:
    """A profile from a file; raises `ProfileInvalid`, also when the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileInvalid(f"{path}: cannot be read: {error}") from None
    return load(text, str(path))


def shipped() -> list[str]:
    """The ids of the profiles that come with Duely."""
    found = files("billing_core.profiles").iterdir()
    return sorted(file.name.removesuffix(".yml") for file in found if file.name.endswith(".yml"))


def in_zone(time_zone: str) -> list[str]:
    """The ids of the issuers that live by one time zone."""
    return [profile_id for profile_id in shipped() if get(profile_id).time_zone == time_zone]


@cache
def get(profile_id: str) -> Profile:
    """A shipped profile; raises `ProfileNotFound`."""
    found = files("billing_core.profiles") / f"{profile_id}.yml"
    if not profile_id.isidentifier() or not found.is_file():
        raise ProfileNotFound(profile_id)
    return load(found.read_text(encoding="utf-8"), f"{profile_id}.yml")

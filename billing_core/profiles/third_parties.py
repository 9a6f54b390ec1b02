"""Payers beside the member, as an issuer's profile names them (DOMAIN 2.8, G30)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

Payer = Literal[
    "member", "authorized_user", "ryan_white", "government_program", "tribe", "ichra", "qsehra",
    "business", "charity", "employer", "family_or_friend", "provider",
]  # fmt: skip

# Payers that every issuer has to take, and the rule that says so (DOMAIN 2.8).
REQUIRED_PAYERS: dict[Payer, str] = {
    "ryan_white": "45 CFR 156.1250",
    "government_program": "45 CFR 156.1250",
    "tribe": "45 CFR 156.1250",
    "ichra": "45 CFR 156.1240(a)(3)",
    "qsehra": "45 CFR 156.1240(a)(3)",
}


# How a payer is told.
PAYER_NAMES: dict[Payer, str] = {
    "member": "the member",
    "authorized_user": "an authorized user of the account",
    "ryan_white": "the Ryan White HIV/AIDS Program",
    "government_program": "federal and state programs",
    "tribe": "Indian tribes and tribal organizations",
    "ichra": "an ICHRA",
    "qsehra": "a QSEHRA",
    "business": "businesses",
    "charity": "charities",
    "employer": "an employer's account",
    "family_or_friend": "family and friends",
    "provider": "health care providers",
}


class ThirdParties(BaseModel):
    """Which payers beside the member an issuer takes and refuses (G30); of those in neither list nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accepted: list[Payer]
    refused: list[Payer]

    @field_validator("refused")
    @classmethod
    def _none_that_must_be_taken(cls, value: list[Payer], info: ValidationInfo) -> list[Payer]:
        wrong = set(value) & {"member", "authorized_user", *REQUIRED_PAYERS, *info.data.get("accepted", [])}
        if wrong:
            raise ValueError(f"{', '.join(sorted(wrong))} cannot be refused")
        return value

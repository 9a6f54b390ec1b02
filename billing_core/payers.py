"""Who may pay for a member, and what a payer may hear: nothing (DOMAIN 2.8, G30).

Some payers must be taken by every issuer, whatever its policy; of the others the profile says which it takes, and what
it does not say is not known. Nobody is asked why they pay.
"""

from __future__ import annotations

from billing_core.accounts import Account
from billing_core.decisions import Allowed, Answer, Refused
from billing_core.errors import RefusedByRule
from billing_core.profiles.third_parties import REQUIRED_PAYERS, Payer

# Whom a member gives a pay link to, as far as anybody knows (G30: an authorized user of what they pay from).
GUEST: Payer = "family_or_friend"

# Who is told about the account: the member, and whom the member authorized. A payer is neither for having paid.
MAY_HEAR: frozenset[Payer] = frozenset({"member", "authorized_user"})


def may_pay(account: Account, payer: Payer) -> Answer:
    """Whether the issuer takes premium from this kind of payer; the rule is `unknown` where nobody knows."""
    policy = account.profile.third_party_policy
    if payer in MAY_HEAR:
        return Allowed({"payer": payer})
    if payer in REQUIRED_PAYERS:
        return Allowed({"payer": payer, "source": REQUIRED_PAYERS[payer]})
    if payer in policy.accepted:
        return Allowed({"payer": payer})
    return Refused("G30" if payer in policy.refused else "unknown", None, {"payer": payer})


def may_hear(payer: Payer) -> Answer:
    """Whether this payer may hear a balance, a bill or whether there is cover at all."""
    return Allowed({"payer": payer}) if payer in MAY_HEAR else Refused("2.8", None, {"payer": payer})


def must_be_allowed(account: Account, payer: Payer) -> None:
    """Raises `RefusedByRule` where `may_pay` does not say yes."""
    answer = may_pay(account, payer)
    if isinstance(answer, Refused):
        raise RefusedByRule(answer)

"""What others do in a conversation file: the issuer changes an account, a bank a saved method, a mail host says no."""

from __future__ import annotations

from sqlalchemy import select

from billing_core import delivery, methods, updating
from billing_core.accounts import Account, Policy
from billing_core.processors.news import Checked, Closed, Corrected, MethodNews, Renewed
from gateway.play.happenings import IssuerStep, UpdaterStep
from gateway.play.rehearsal import Rehearsal


class NotOnFile(Exception):
    """The file names a policy, a method or an e-mailed bill that the member does not have; the message says which."""


def change(world: Rehearsal, account_id: str, step: IssuerStep) -> None:
    """What the issuer keeps of the account is another from now on; bills that are out stay. Raises `NotOnFile`."""
    with world.core.write() as session:
        account = session.get_one(Account, account_id)
        for name in step.model_fields_set & {"profile_id", "plan_type", "email"}:
            setattr(account, name, getattr(step, name) or None)
        of_policy = step.model_fields_set & {"premium_cents", "covered_to"}
        if not of_policy:
            return
        wanted = select(Policy).where(Policy.account_id == account_id, Policy.kind == step.policy)
        policy = session.scalars(wanted).first()
        if policy is None:
            raise NotOnFile(f"{account_id} has no {step.policy} policy")
        for name in of_policy:
            setattr(policy, name, getattr(step, name))


def tell(world: Rehearsal, account_id: str, step: UpdaterStep) -> None:
    """The bank or the network has news of a saved method. Raises `NotOnFile`."""
    with world.core.write() as session:
        method = next((one for one in methods.of(session, account_id) if one.last4 == step.method), None)
        if method is None:
            raise NotOnFile(f"{account_id} has no method ending {step.method}")
        news: MethodNews = Closed()
        if step.says == "renewed":
            news = Renewed(step.last4 or method.last4, step.expires_month)
        elif step.says == "corrected":
            news = Corrected("C01", last4=step.last4)
        elif step.says in ("verified", "failed"):
            news = Checked(verified=step.says == "verified")
        event_id = f"play:{method.id}:{world.core.now().isoformat()}:{step.says}"
        updating.take(world.core, session, event_id, method.token, news)


def bounce(world: Rehearsal, account_id: str) -> None:
    """An e-mail to the member comes back. Raises `NotOnFile` where their bills come by post anyway."""
    if not delivery.bounced(world.core, account_id, f"play:{world.core.now().isoformat()}"):
        raise NotOnFile(f"{account_id} gets no bills by e-mail")

"""Questions about autopay that change nothing: why it is locked, can it be paused, what a draft takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from billing_core import Core, accounts, autopay, invoices, lock, summary
from billing_core.decisions import Refused
from billing_core.lock import LockWindow
from billing_core.profiles import Profile
from billing_core.summary import Summary
from bot.actions import replies, words
from bot.actions.account import next_draft
from bot.actions.autopay import ending, wants_on
from bot.actions.say import Say, button, full_day, phrase, say, spoken_day
from bot.actions.step import Step
from bot.actions.turn import Turn

DAY = timedelta(days=1)


class AutopayQuestion(Step):
    """What the three share: autopay has to be on, else the member hears that it is off."""

    returns_to_offer = True

    def answer(self, turn: Turn) -> list[Say]:
        view = summary.of(self.core, turn.account)
        if view.autopay.enrollment is None:
            turn_on = self.other("setup_autopay") if wants_on(turn.text) else None
            if turn_on is not None:
                return turn_on.reply(turn)
            return [say("utter_autopay_is_off", buttons=[button("button_autopay_on", "set up autopay")])]
        return self.about(turn, view)

    def about(self, turn: Turn, view: Summary) -> list[Say]:
        """The answer for a member whose autopay is on."""
        raise NotImplementedError


class WhyLocked(AutopayQuestion):
    """The lock in the member's own dates and the rule behind it, or that nothing is locked and until when (S19)."""

    action = "action_why_locked"
    general = "utter_ask_why_locked"

    def about(self, turn: Turn, view: Summary) -> list[Say]:
        profile = view.account.profile
        refusal = refusal_today(self.core, turn)
        if refusal is None:
            return [_open(self.core, turn, view)]
        if refusal.rule == "unknown":
            return [say("utter_autopay_lock_unknown", **replies.contact(self.core, turn))]
        window: LockWindow = refusal.facts["window"]
        values: dict[str, Any] = {
            "issuer": profile.short_name,
            "rule": rule(profile),
            "month": words.month(window.due_on),
            "from_day": spoken_day(window.first_on),
        }
        if refusal.until is None:
            said = say("utter_why_locked_open", earliest=full_day(window.at_least_to + DAY), **values)
        else:
            to_day = spoken_day(refusal.until - DAY)
            said = say("utter_why_locked", to_day=to_day, until=full_day(refusal.until), **values)
        return [said, _meanwhile(view, window)]


class PauseAutopay(AutopayQuestion):
    """Autopay has no pause: it is turned off and on again, by the same lock rules (S18-S20)."""

    action = "action_pause_autopay"
    general = "utter_pause_autopay"

    def about(self, turn: Turn, view: Summary) -> list[Say]:
        draft = view.autopay.next_draft
        if draft is None:
            return [say(self.general or ""), ending(view)]
        refusal = refusal_today(self.core, turn)
        values: dict[str, Any] = {"amount_cents": draft.amount_cents, "draft": spoken_day(draft.due_on, view.today)}
        if refusal is None:
            return [say("utter_pause_now", buttons=[button("button_autopay_off", "turn off autopay")], **values)]
        if refusal.rule == "unknown":
            return [say(self.general or ""), say("utter_autopay_lock_unknown", **replies.contact(self.core, turn))]
        window: LockWindow = refusal.facts["window"]
        if refusal.until is None:
            earliest = full_day(window.at_least_to + DAY)
            return [say("utter_pause_later_open", earliest=earliest, **values), _meanwhile(view, window)]
        response = "utter_pause_later" if window.due_on == draft.due_on else "utter_pause_after"
        return [say(response, until=full_day(refusal.until), **values), _meanwhile(view, window)]


class DraftAmount(AutopayQuestion):
    """What a draft takes: all that is due by then, less what is paid or scheduled; never a part (G6)."""

    action = "action_draft_amount"
    general = "utter_ask_autopay_min_vs_balance"

    def answer(self, turn: Turn) -> list[Say]:
        return [say(self.general or ""), *super().answer(turn)]

    def about(self, turn: Turn, view: Summary) -> list[Say]:
        return next_draft(view) or [ending(view)]


def refusal_today(core: Core, turn: Turn) -> Refused | None:
    """Why autopay may not be turned off or moved today; asking puts nothing on the table."""
    with core.read() as session:
        account = accounts.find(session, turn.account)
        enrollment = autopay.must_be_on(session, account.id)
        return autopay.refusal_today(core, session, account, enrollment)


def rule(profile: Profile) -> str:
    """The issuer's lock rule in plain words."""
    if profile.lock_until_draft_resolved:
        return phrase("phrase_lock_until_draft")
    return phrase("phrase_lock_days", before=profile.lock_days_before, after=profile.lock_days_after)


def _meanwhile(view: Summary, window: LockWindow) -> Say:
    """What can be done inside the lock, and the bank's own right to stop a draft that is still to come (G9)."""
    enrollment = view.autopay.enrollment
    ach = enrollment is not None and enrollment.method.rail == "ach"
    stoppable = ach and view.today <= window.stop_order_by
    saves = view.account.profile.pending_changes_allowed
    return say(
        "utter_locked_meanwhile" if saves else "utter_locked_meanwhile_unsaved",
        stop=phrase("phrase_bank_stop", day=window.stop_order_by) if stoppable else "",
        buttons=[button("button_autopay_off_then", "turn off autopay")] if saves else None,
    )


def _open(core: Core, turn: Turn, view: Summary) -> Say:
    """Nothing is locked: when the next lock begins, and when it ends where that is known beforehand."""
    with core.read() as session:
        issued = invoices.all_of(session, turn.account)
        drafts = autopay.started_drafts(session, turn.account, view.today)
    enrollment = view.autopay.enrollment
    first_on = enrollment.first_draft_on if enrollment is not None else view.today
    ahead = [
        window
        for window in lock.windows_near(view.account.profile, view.today, issued, drafts)
        if window.first_on > view.today and window.due_on >= first_on
    ]
    if not ahead:
        return say("utter_not_locked")
    values: dict[str, Any] = {"from_day": spoken_day(ahead[0].first_on, view.today)}
    if ahead[0].last_on is None:
        return say("utter_not_locked_until_draft", **values)
    return say("utter_not_locked_until", to_day=spoken_day(ahead[0].last_on, view.today), **values)

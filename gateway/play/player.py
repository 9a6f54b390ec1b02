"""Playing one conversation from its first step to what must be true at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from billing_core import billing_day, cast, notices, payments, reversals, views
from billing_core.calendar import ISSUER_ZONE
from billing_core.errors import BillingError
from billing_core.states import PaymentState
from gateway.commands.chat import NotSignedIn
from gateway.play import helping, noticing, outside
from gateway.play.entering import PageFailed, enter
from gateway.play.format import Conversation, FileWrong, Step, read
from gateway.play.matching import reply_faults, subset_faults
from gateway.play.rehearsal import Rehearsal
from gateway.play.speaking import NotHeard, Speaker, last_code, speaker

CODE = "{code}"
# A quote that was never confirmed is no payment.
_NO_PAYMENTS = frozenset((PaymentState.PROPOSED, PaymentState.EXPIRED, PaymentState.CANCELLED))


class StepFailed(Exception):
    """What went otherwise than the file says."""


@dataclass(frozen=True)
class Played:
    """How a file went: `faults` are empty when it passed; `said` is the whole conversation, for who must look."""

    path: Path
    title: str
    seconds: float
    where: str = ""
    faults: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.faults


def play(world: Rehearsal, path: Path, retold: Callable[[Conversation], Conversation] | None = None) -> Played:
    """Play one file on a fresh cast, or what `retold` makes of it; what is wrong with the file is a fault too."""
    began = time.perf_counter()
    try:
        conversation = retold(read(path)) if retold is not None else read(path)
    except FileWrong as error:
        return Played(path, path.stem, time.perf_counter() - began, "reading the file", [str(error)])
    game = _Game(world, conversation)
    where, faults = game.play()
    return Played(path, conversation.title, time.perf_counter() - began, where, faults, game.said)


class _Game:
    def __init__(self, world: Rehearsal, conversation: Conversation) -> None:
        self.world = world
        self.core = world.core
        self.file = conversation
        self.said: list[str] = []
        self.speaker: Speaker

    def play(self) -> tuple[str, list[str]]:
        """(where, faults): the first step that failed, or what was not true at the end."""
        self.world.reset(self.file.clock)
        self.payments_before = {row["id"] for row in self._payments()}
        self.notices_before = notices.last_id(self.core)
        try:
            self.speaker = speaker(self.world, self.file.channel, self.file.member, self.file.identity)
        except NotSignedIn as error:
            return "signing in", [str(error)]
        try:
            for number, step in enumerate(self.file.steps, start=1):
                try:
                    self._step(step)
                except (StepFailed, NotHeard, BillingError) as error:
                    return f"step {number} ({step})", [str(error) or type(error).__name__]
            return "then", list(self._end_faults())
        finally:
            self.speaker.close()

    def _step(self, step: Step) -> None:
        do: dict[str, Callable[[Step], None]] = {
            "member": self._member,
            "page": self._page,
            "processor": self._processor,
            "carrier": self._carrier,
            "run_days": self._run_days,
            "wait_minutes": self._wait,
            "returned": self._return,
            "agent": self._agent,
            "issuer": self._outside,
            "updater": self._outside,
            "mail": self._outside,
        }
        do[step.kind](step)

    def _member(self, step: Step) -> None:
        text = step.member or ""
        if CODE in text:
            code = last_code(self.world)
            if code is None:
                raise StepFailed("no one-time code has been sent")
            text = text.replace(CODE, code)
        self.said.append(f"member: {text}")
        heard = self.speaker.say(text)
        self.said += [f"   bot: {reply}" for reply in heard.replies]
        faults = list(reply_faults(step.bot, step.bot_not, heard.replies))
        if step.intent and step.intent != heard.intent:
            faults.insert(0, f"expected the intent {step.intent}\n    got: {heard.intent}")
        if faults:
            raise StepFailed("\n  ".join(faults))

    def _page(self, step: Step) -> None:
        assert step.page is not None
        try:
            replies = enter(self.world, step.page)
        except PageFailed as failed:
            raise StepFailed(str(failed)) from None
        self._expect(step, replies)

    def _expect(self, step: Step, replies: list[str]) -> None:
        """Hold what reached the member against what the step says."""
        self.said += [f"   bot: {reply}" for reply in replies]
        faults = list(reply_faults(step.bot, step.bot_not, replies))
        if faults:
            raise StepFailed("\n  ".join(faults))

    def _processor(self, step: Step) -> None:
        assert step.processor is not None
        self.core.processor.script(step.processor.next)  # type: ignore[attr-defined]

    def _carrier(self, step: Step) -> None:
        assert step.carrier is not None
        code = step.carrier.next
        phone = next((each["phone"] for each in cast.MEMBERS if each["key"] == self.file.member), None)
        self.world.twilio.script(f"undelivered:{code}" if code.startswith("30") else code, to=phone)

    def _run_days(self, step: Step) -> None:
        zone = ZoneInfo(ISSUER_ZONE)
        for _ in range(step.run_days or 0):
            # By the calendar and not by 24 hours: a day on which clocks change is one day too.
            local = self.core.clock.now().astimezone(zone).replace(tzinfo=None)
            noticing.move_clock(self.world, local + timedelta(days=1))
            billing_day.run(self.core, self.core.clock.today())
            noticing.send(self.world)

    def _wait(self, step: Step) -> None:
        before = self.speaker.conversation()
        self.core.clock.advance(timedelta(minutes=step.wait_minutes or 0))
        self._expect(step, helping.look_after(self.world, before))

    def _return(self, step: Step) -> None:
        assert step.returned is not None
        settled = [row for row in self._payments() if row["status"] == PaymentState.SETTLED]
        if not settled:
            raise StepFailed("there is no settled payment to return")
        reversals.returned(self.core, settled[-1]["id"], step.returned.code)

    def _outside(self, step: Step) -> None:
        member = self.file.member or ""
        try:
            if step.issuer is not None:
                outside.change(self.world, member, step.issuer)
            elif step.updater is not None:
                outside.tell(self.world, member, step.updater)
            else:
                outside.bounce(self.world, member)
        except outside.NotOnFile as error:
            raise StepFailed(str(error)) from None

    def _agent(self, step: Step) -> None:
        self.said.append(f" agent: {step.agent}")
        try:
            replies = helping.say(self.world, self.speaker.conversation(), step.agent or "")
        except helping.NobodyAsked as error:
            raise StepFailed(str(error)) from None
        self._expect(step, replies)

    def _payments(self) -> list[dict[str, Any]]:
        if self.file.member is None:
            return []
        with self.core.read() as session:
            return [views.payment(row) for row in payments.of(session, self.file.member)]

    def _end_faults(self) -> Any:
        then = self.file.then
        if then.account and self.file.member is not None:
            view = views.account(self.core, self.file.member)
            view["payments"] = [
                row
                for row in view["payments"]
                if row["id"] not in self.payments_before and row["status"] not in _NO_PAYMENTS
            ]
            yield from subset_faults(then.account, view, "account")
        if then.notices is not None and self.file.member is not None:
            kinds = notices.kinds_since(self.core, self.file.member, self.notices_before)
            yield from subset_faults(then.notices, kinds, "notices")
        if then.sent is not None and self.file.member is not None:
            noticing.send(self.world)
            yield from noticing.faults(then.sent, noticing.arrived(self.world, self.file.member))
        if then.conversation:
            row = self.speaker.conversation()
            shown = (
                {} if row is None else {name: getattr(row, name) for name in ("holder", "handoff_reason", "channel")}
            )
            yield from subset_faults(then.conversation, shown, "conversation")

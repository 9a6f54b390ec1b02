"""Texts leave once and in order, through kills, timeouts and refusals, and their states never move back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from channels import outbox, work
from channels.queue import Job
from channels.store import Contact

LEE, PATEL = "+19195550101", "+19195550104"


def out(world: Any) -> list[tuple[str, str | None]]:
    return [(row.state, row.provider_id) for row in world.rows(direction="out")]


def again(world: Any) -> None:
    row = world.rows(direction="in")[0]
    work.handle(world.channels, Job(row.conversation_id, row.seq, row.id))


def test_a_kill_after_the_carrier_took_it_sends_nothing_again(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "_taken", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.text(LEE, "hi")
    assert out(world) == [("sending", None)]
    again(world)
    assert out(world) == [("sent", "SMout0")]
    assert world.carrier.bodies() == ["You said: hi"]


def test_a_kill_before_the_carrier_was_called_sends_it_once(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(twilio_unclear_seconds=0)
    with monkeypatch.context() as broken:
        broken.setattr(world.carrier, "send", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.text(LEE, "hi")
    again(world)
    assert out(world) == [("sent", "SMout0")]
    assert world.carrier.asked == 1


def test_the_same_words_sent_earlier_are_not_taken_for_the_lost_text(make_world: Callable[..., Any]) -> None:
    world = make_world(twilio_unclear_seconds=0)
    world.text(LEE, "hi")
    world.carrier.plan = ["unknown"]
    world.text(LEE, "hi")
    assert out(world) == [("sent", "SMout0"), ("unknown", None)]
    world.queue.run_delayed()
    assert out(world) == [("sent", "SMout0"), ("sent", "SMout1")]


def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(world: Any) -> None:
    world.carrier.plan = ["taken_unknown"]
    world.text(LEE, "hi")
    assert out(world) == [("unknown", None)]
    world.queue.run_delayed()
    assert out(world) == [("sent", "SMout0")]
    assert len(world.carrier.taken) == 1


def test_a_text_the_carrier_takes_after_it_was_looked_for_in_vain_leaves_once(world: Any) -> None:
    world.carrier.plan = ["unknown"]
    world.text(LEE, "one")
    world.text(LEE, "two")
    world.queue.run_delayed()
    assert world.carrier.taken == []
    assert max(seconds for seconds, _ in world.queue.delayed) == pytest.approx(60, abs=10)
    # Only now is the carrier done with the request that got no answer.
    world.carrier.taken.append(("SMlate", LEE, "You said: one"))
    world.queue.run_delayed()
    assert world.carrier.bodies(LEE) == ["You said: one", "You said: two"]
    assert [state for state, _ in out(world)] == ["sent", "sent"]


def test_a_text_the_carrier_still_lacks_when_its_time_is_over_is_sent_again(make_world: Callable[..., Any]) -> None:
    world = make_world(twilio_unclear_seconds=0)
    world.carrier.plan = ["unknown"]
    world.text(LEE, "one")
    world.queue.run_delayed()
    assert out(world) == [("sent", "SMout0")]


def test_a_text_that_was_certainly_not_taken_is_sent_again_at_once(world: Any) -> None:
    world.carrier.plan = ["later"]
    world.text(LEE, "one")
    assert [seconds for seconds, _ in world.queue.delayed] == [2]
    world.queue.run_delayed()
    assert out(world) == [("sent", "SMout0")]


def test_a_text_that_cannot_go_yet_holds_back_those_after_it_and_no_others(world: Any) -> None:
    world.carrier.plan = ["later", "later"]
    world.text(LEE, "one")
    world.text(LEE, "two")
    world.text(PATEL, "three")
    assert world.carrier.bodies() == ["You said: three"]
    world.queue.run_delayed()
    assert world.carrier.bodies(LEE) == ["You said: one", "You said: two"]


def test_waits_double_and_the_last_try_gives_up(world: Any) -> None:
    world.carrier.plan = ["later"] * 100
    world.text(LEE, "hi")
    waits = []
    while world.queue.delayed:
        waits.append(world.queue.delayed[0][0])
        world.queue.run_delayed()
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256]
    assert world.rows(direction="out")[0].error_code == "gave_up"


def test_a_refusal_fails_that_text_and_not_the_next(world: Any) -> None:
    world.carrier.plan = ["refused:30007"]
    assert world.text(LEE, "one") == []
    assert world.text(LEE, "two") == ["You said: two"]
    assert [row.error_code for row in world.rows(direction="out")] == ["30007", None]


def test_the_carriers_own_opt_out_is_ours_too(world: Any) -> None:
    world.carrier.plan = ["refused:21610"]
    world.text(LEE, "one")
    assert world.rows(Contact, address=LEE)[0].opted_out_at is not None


@pytest.mark.parametrize("code", ["30005", "30006"])
def test_a_dead_number_is_trusted_no_more(world: Any, code: str) -> None:
    world.text(LEE, "hi")
    outbox.carrier_said(world.channels, "SMout0", "undelivered", code)
    assert world.rows(Contact, address=LEE)[0].trusted_at is None


@pytest.mark.parametrize(
    ("heard", "state"),
    [
        (["sent", "delivered"], "delivered"),
        (["delivered", "sent"], "delivered"),
        (["queued"], "sent"),
        (["undelivered", "sent"], "undelivered"),
        (["failed", "delivered"], "failed"),
        (["delivered", "delivered"], "delivered"),
        (["nonsense"], "sent"),
    ],
)
def test_callbacks_move_a_text_forward_only(world: Any, heard: list[str], state: str) -> None:
    world.text(LEE, "hi")
    for status in heard:
        outbox.carrier_said(world.channels, "SMout0", status, None)
    assert out(world) == [(state, "SMout0")]


def test_a_callback_cut_short_by_a_kill_is_finished_when_it_comes_again(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.text(LEE, "hi")
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "_move", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            outbox.carrier_said(world.channels, "SMout0", "delivered", None)
    assert out(world) == [("sent", "SMout0")]
    outbox.carrier_said(world.channels, "SMout0", "delivered", None)
    assert out(world) == [("delivered", "SMout0")]


def test_a_callback_that_comes_before_the_sid_is_not_lost(world: Any) -> None:
    outbox.carrier_said(world.channels, "SMout0", "delivered", None)
    world.text(LEE, "hi")
    assert out(world) == [("delivered", "SMout0")]


def test_a_kill_between_the_sid_and_what_was_told_of_it_leaves_nothing_unheard(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.carrier_said(world.channels, "SMout0", "delivered", None)
    move = outbox._move

    def cut_short(channels: Any, message_id: str, state: str, **more: Any) -> None:
        move(channels, message_id, state, **more)
        if state == "sent":
            raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "_move", cut_short)
        with pytest.raises(KeyboardInterrupt):
            world.text(LEE, "hi")
    assert out(world) == [("sent", "SMout0")]
    again(world)
    assert out(world) == [("delivered", "SMout0")]
    assert world.carrier.bodies() == ["You said: hi"]


def test_texts_leave_in_gsm7(world: Any) -> None:
    world.rasa.on("hi", "It\u2019s \u201cdue\u201d \u2014 January\u00a01\u2026")
    assert world.text(LEE, "hi") == ['It\'s "due" - January 1...']

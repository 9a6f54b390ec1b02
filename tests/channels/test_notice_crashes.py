"""A process that dies while it sends notices: nothing is lost, and nothing is sent twice unrecognisably."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from billing_core import notices
from channels.notices import send_due, sending
from tests.channels.conftest import World
from tests.channels.noticing import LEE, Noticing


@pytest.fixture
def told(world: World, tmp_path: Path) -> Noticing:
    return Noticing(world, tmp_path)


def by_mail(told: Noticing) -> int:
    """A notice that goes by e-mail, at once."""
    told.has("lee", email="lee@example.com")
    return told.writes("lee", "lock_refused", "lock:x", variant="card", draft_on="2027-01-01", open_on="2027-01-07")


def test_an_email_that_was_claimed_and_not_sent_is_sent_by_the_next_process(told: Noticing) -> None:
    notice_id = by_mail(told)
    told.mailer.plan = ["dies"]
    with pytest.raises(KeyboardInterrupt):
        send_due(told.world.channels, told.ways)
    told.mailer.taken.clear()
    assert told.sends() == {}
    told.later(minutes=10)
    assert told.sends()["email"] == 1
    assert len(told.mailer.taken) == 1
    assert told.went(notice_id) == [("email", "sent")]


def test_an_email_that_was_sent_and_not_recorded_is_sent_again_under_the_same_message_id(told: Noticing) -> None:
    by_mail(told)
    told.mailer.plan = ["dies"]
    with pytest.raises(KeyboardInterrupt):
        send_due(told.world.channels, told.ways)
    told.later(minutes=10)
    told.sends()
    first, again = told.mailer.taken
    assert first["Message-ID"] == again["Message-ID"]
    told.later(days=1)
    told.sends()
    assert len(told.mailer.taken) == 2


def test_while_one_process_sends_no_other_takes_the_same_notice(told: Noticing) -> None:
    by_mail(told)
    others: list[dict[str, int]] = []
    send = told.mailer.send

    def meanwhile(message: object) -> None:
        others.append(dict(send_due(told.world.channels, told.ways)))
        send(message)  # type: ignore[arg-type]

    told.mailer.send = meanwhile  # type: ignore[method-assign, assignment]
    told.sends()
    assert others == [{}]
    assert len(told.mailer.taken) == 1


def test_a_letter_whose_process_died_after_writing_it_is_one_letter(
    told: Noticing, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.has("lee", email=None)
    notice_id = told.writes("lee", "paper_copy", "copy:1")

    def dies(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(sending, "_ended", dies)
        with pytest.raises(KeyboardInterrupt):
            send_due(told.world.channels, told.ways)
    told.later(minutes=10)
    told.sends()
    assert len(told.posted()) == 1
    assert told.went(notice_id) == [("post", "sent")]


def test_a_mail_server_that_is_away_is_tried_again_and_then_it_goes_by_post(told: Noticing) -> None:
    told.has("lee", email="lee@example.com", phone=None)
    told.mailer.plan = ["later"] * 9
    notice_id = told.writes("lee", "draft_not_needed", "draft:e:2027-01-01:not_needed")
    waits = []
    for _ in range(12):
        told.sends()
        waits.append(told.went(notice_id)[-1])
        told.later(hours=6)
    assert waits[:4] == [("email", "later")] * 4
    assert told.went(notice_id) == [("email", "failed"), ("post", "sent")]
    assert told.outcome(notice_id) == "told"


def test_a_notice_that_cannot_be_read_holds_up_no_others(told: Noticing) -> None:
    told.writes("lee", "receipt", "payment:nobody:receipt")
    notice_id = by_mail(told)
    assert told.sends() == {"broken": 1, "email": 1}
    assert told.outcome(notice_id) == "told"
    assert told.sends() == {}
    told.later(hours=1)
    assert told.sends() == {"broken": 1}


def test_a_text_and_the_record_that_it_goes_are_one_transaction(
    told: Noticing, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.writes("lee", "draft_not_needed", "draft:e:2027-01-01:not_needed")

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(told.world.queue, "enqueue", dies)
        with pytest.raises(KeyboardInterrupt):
            send_due(told.world.channels, told.ways)
    assert told.rows() == []
    assert told.messages() == []
    told.sends()
    assert len(told.texts(LEE)) == 1


def test_courtesy_texts_keep_to_one_a_day_and_three_a_week_and_required_ones_do_not_count(told: Noticing) -> None:
    told.has("lee", email="lee@example.com")
    sent = []
    for day in range(9):
        for number in range(2):
            told.writes("lee", "email_bounced", f"bounced:{day}:{number}")
            told.writes("lee", "method_updated", f"method:1:{day}:{number}")
        before = len(told.texts(LEE))
        told.sends()
        while told.texts(LEE) and told.world.carrier.taken and len(told.texts(LEE)) > before:
            told.carrier_says("delivered")
            break
        courtesy = [row for row in told.rows() if row.courtesy and row.way == "sms"]
        sent.append(len(courtesy))
        told.later(days=1)
    # One on each of three days, none on the next four, and one more when the first is a week old.
    assert sent[:3] == [1, 2, 3]
    assert sent[3:7] == [3, 3, 3, 3]
    assert sent[7] == 4
    required = [row for row in told.rows() if row.kind == "email_bounced" and row.way == "sms"]
    assert len(required) == 18
    assert not notices.kinds()["method_updated"].required


def test_a_lease_is_longer_than_a_mail_server_may_take() -> None:
    from channels.notices.mail import LIMIT_SECONDS

    assert timedelta(seconds=4 * LIMIT_SECONDS) < sending.LEASE

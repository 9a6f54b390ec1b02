"""A text comes in, is answered once and in order, whatever is sent twice, cut short or broken on the way."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from channels import inbox, turn, work
from channels.handoff.store import Handoff
from channels.queue import Job
from channels.store import Conversation, Message, Turn
from channels.words import say

LEE, PATEL, STRANGER = "+19195550101", "+19195550104", "+19195550199"
PERSON = "1-800-555-0100"


def test_a_text_is_answered_with_what_rasa_says(world: Any) -> None:
    world.rasa.on("how much do i owe", "Your January premium is $412.10.", intent="ask_amount_due")
    assert world.text(LEE, "how much do i owe") == ["Your January premium is $412.10."]
    (asked,) = world.rasa.asked
    assert asked["metadata"]["account_id"] == "lee"
    assert asked["metadata"]["level"] == "L2"
    assert asked["metadata"]["turn_id"] == world.rows(direction="in")[0].id
    assert LEE not in str(asked)
    (kept,) = world.rows(Turn)
    assert (kept.intent, kept.handled_by, kept.actions) == ("ask_amount_due", "rasa", ["action_fake"])


def test_a_stranger_is_nobody_and_still_answered(world: Any) -> None:
    assert world.text(STRANGER, "hello") == ["You said: hello\n" + say("sms_how")]
    assert world.rasa.asked[0]["metadata"]["account_id"] is None
    assert world.rasa.asked[0]["metadata"]["level"] == "L0"


def test_a_known_phone_that_is_not_trusted_is_l1(world: Any) -> None:
    world.text("+19195550108", "hi")
    assert world.rasa.asked[0]["metadata"]["level"] == "L1"


def test_the_same_text_twice_is_one_message(world: Any) -> None:
    assert len(world.text(LEE, "pay", sid="SM1")) == 1
    assert world.text(LEE, "pay", sid="SM1") == []
    assert len(world.rows(direction="in")) == 1
    assert len(world.rasa.asked) == 1


def test_texts_are_answered_in_the_order_they_came(world: Any) -> None:
    for number in range(5):
        world.text(LEE, f"number {number}", run=False)
        world.text(PATEL, f"other {number}", run=False)
    world.queue.run()
    assert world.carrier.bodies(LEE) == [f"You said: number {n}" for n in range(5)]
    assert world.carrier.bodies(PATEL) == [f"You said: other {n}" for n in range(5)]
    assert [row.seq for row in world.rows(conversation_id=world.rows()[0].conversation_id)] == list(range(1, 11))


def test_a_turn_run_again_answers_nothing_twice(world: Any) -> None:
    world.text(LEE, "hello")
    (row,) = world.rows(direction="in")
    work.handle(world.channels, Job(row.conversation_id, row.seq, row.id))
    assert len(world.rasa.asked) == 1
    assert len(world.carrier.taken) == 1


def test_a_turn_killed_after_rasa_answered_asks_again_with_the_same_turn_id(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(turn.record, "write", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.text(LEE, "pay")
    assert world.carrier.taken == []
    (row,) = world.rows(direction="in")
    work.handle(world.channels, Job(row.conversation_id, row.seq, row.id))
    assert world.carrier.bodies(LEE) == ["You said: pay"]
    assert len({each["metadata"]["turn_id"] for each in world.rasa.asked}) == 1


@pytest.mark.parametrize(
    "fault", [500, 502, 401, httpx.ReadTimeout, httpx.ConnectError, {"nonsense": 1}, {"replies": []}]
)
def test_a_failure_is_one_sentence_and_the_second_in_a_row_a_person(world: Any, fault: Any) -> None:
    many = [fault] * 10 if fault is httpx.ConnectError else [fault]
    world.rasa.next(*many)
    assert world.text(LEE, "pay") == [say("trouble")]
    world.rasa._next.clear()
    world.rasa.next(*many)
    (second,) = world.text(LEE, "pay")
    assert second.startswith(say("trouble_again"))
    assert "a person" in second
    assert PERSON in second
    assert world.rows(Conversation)[0].handoff_reason == "trouble"
    world.rasa._next.clear()
    assert world.text(LEE, "pay") == ["You said: pay"]
    world.rasa.next(500)
    assert world.text(LEE, "pay") == [say("trouble")]


def test_a_fault_of_our_own_is_told_and_not_silent(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn.offers, "spoken", lambda *_: 1 / 0)
    assert world.text(LEE, "pay") == [say("trouble")]


def test_a_job_that_failed_for_good_is_told_to_the_member_and_brings_a_person(world: Any) -> None:
    said = world.text(LEE, "how much do i owe", run=False)
    assert said == []
    job = world.queue.jobs.pop()
    work.give_up(world.channels, job)
    (told,) = world.carrier.bodies(LEE)
    assert told.startswith(say("trouble"))
    assert [each.reasons for each in world.rows(Handoff)] == [["trouble"]]
    work.give_up(world.channels, job)
    assert len(world.carrier.bodies(LEE)) == 1


def test_sending_that_failed_for_good_is_tried_once_more_and_answers_nobody(world: Any) -> None:
    world.carrier.plan = ["later"]
    assert world.text(LEE, "how much do i owe") == []
    (written,) = world.rows(direction="out")
    work.give_up(world.channels, Job(written.conversation_id, written.seq, written.id, 1))
    assert world.carrier.bodies(LEE) == [written.text]
    assert world.rows(Handoff) == []


def test_a_refused_connection_is_tried_again_within_the_limit(world: Any) -> None:
    world.rasa.next(httpx.ConnectError)
    assert world.text(LEE, "pay") == ["You said: pay"]


def test_slash_text_never_reaches_rasa_as_a_command(world: Any) -> None:
    world.text(LEE, "/affirm")
    world.text(LEE, " / /restart")
    assert world.rasa.texts == ["affirm", "restart"]


def test_a_button_we_showed_may_be_a_command_but_only_that_one(world: Any) -> None:
    world.rasa.on("hello", {"text": "Pay?", "buttons": [{"title": "Pay", "payload": "/affirm"}]})
    world.text(LEE, "hello")
    world.text(LEE, "/affirm")
    world.text(LEE, '/affirm{"amount": "1"}')
    assert world.rasa.texts == ["hello", "/affirm", 'affirm{"amount": "1"}']


def test_an_offered_word_said_exactly_needs_no_understanding(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn.offers, "spoken", lambda _core, _id, said, _turn: "affirm" if said == "PAY" else None)
    world.text(LEE, "PAY")
    world.text(LEE, "pay my bill")
    assert world.rasa.texts == ["/affirm", "pay my bill"]


def test_several_replies_are_one_text_and_cards_are_not_sent(world: Any) -> None:
    world.rasa.on("hi", "First.", {"text": "Second.", "data": {"card": {"kind": "invoice"}}})
    assert world.text(LEE, "hi") == ["First.\nSecond."]


def test_long_replies_are_split_at_what_the_carrier_takes(world: Any) -> None:
    world.rasa.on("hi", "A sentence of words. " * 200)
    sent = world.text(LEE, "hi")
    assert len(sent) == 3
    assert all(len(each) <= 1600 and each.endswith(".") for each in sent)


@pytest.mark.parametrize(
    ("text", "more", "name"),
    [
        ("", {}, "empty"),
        ("   ", {}, "empty"),
        ("/", {}, "empty"),
        ("", {"media": 1}, "media"),
        ("x " * 900, {}, "too_long"),
    ],
)
def test_a_text_without_usable_words_gets_a_kind_sentence(
    world: Any, text: str, more: dict[str, Any], name: str
) -> None:
    assert world.text(LEE, text, **more) == [say(name)]
    assert world.rasa.asked == []


def test_a_picture_with_words_is_told_of_and_the_words_are_answered(world: Any) -> None:
    world.rasa.on("my bill", "$412.10")
    assert world.text(LEE, "my bill", media=1) == [say("media_too") + "\n$412.10"]
    assert world.text(LEE, "4111 1111 1111 1111", media=1)[0].startswith(say("media_too") + "\nI removed that number")


def test_a_picture_is_told_of_while_a_person_holds_the_conversation_and_not_after_stop(world: Any) -> None:
    world.text(LEE, "hi")
    with world.channels.core.write() as session:
        session.get_one(Conversation, world.rows(Conversation)[0].id).holder = "person"
    assert world.text(LEE, "", media=1) == [say("media_too")]
    assert world.text(LEE, "STOP", media=1) == [say("stop", phone=PERSON)]
    assert world.text(LEE, "look", media=1) == []


def test_the_longest_text_is_read_and_one_more_is_not(world: Any) -> None:
    assert world.text(LEE, "x" * 1600) != [say("too_long")]
    assert world.text(LEE, "x" * 1601) == [say("too_long")]


def test_a_number_is_taken_out_before_anything_is_kept(world: Any) -> None:
    assert world.text(STRANGER, "its 4111 1111 1111 1111 09/29") == [
        say("screened", phone=PERSON) + "\n" + say("sms_how")
    ]
    assert world.rasa.asked == []
    assert "4111" not in str([row.text for row in world.rows()])


def test_a_number_split_over_texts_is_taken_out_of_all_of_them(world: Any) -> None:
    world.text(STRANGER, "4111 1111")
    assert world.text(STRANGER, "1111 1111") == [say("screened", phone=PERSON)]
    assert [row.text for row in world.rows(direction="in")] == ["[card]", "[card]"]


def test_a_person_holding_the_conversation_is_not_talked_over(world: Any) -> None:
    world.text(LEE, "hi")
    with world.channels.core.write() as session:
        session.get_one(Conversation, world.rows(Conversation)[0].id).holder = "person"
    assert world.text(LEE, "are you there") == []
    assert world.rows(direction="in")[-1].state == "answered"


def test_a_handoff_asked_for_by_an_action_is_kept(world: Any) -> None:
    world.rasa.on("person", {"text": "I am bringing in a person.", "data": {"handoff": {"reason": "asked"}}})
    world.text(LEE, "person")
    assert world.rows(Conversation)[0].handoff_reason == "asked"


def test_text_with_what_a_database_refuses_is_kept_without_it(world: Any) -> None:
    world.text(LEE, "pay\x00 it \ud800")
    assert world.rows(direction="in")[0].text.split() == ["pay", "it"]


def test_misunderstandings_in_a_row_are_counted_and_told_to_the_actions(world: Any) -> None:
    world.rasa.on("blah", {"text": "Sorry?", "data": {"misunderstood": True}}, intent="nlu_fallback")
    world.rasa.on("50", "Pay $50.00?", intent="nlu_fallback")
    world.text(LEE, "blah")
    world.text(LEE, "blah")
    assert world.rows(Conversation)[0].misunderstandings == 2
    world.text(LEE, "50")
    assert world.rows(Conversation)[0].misunderstandings == 0
    assert [asked["metadata"]["misunderstandings"] for asked in world.rasa.asked] == [0, 1, 2]


def test_what_the_actions_keep_in_mind_comes_back_with_the_next_message_and_outlives_a_failure(world: Any) -> None:
    world.rasa.on("hi", {"text": "Hi.", "data": {"memory": {"topic": "ask_amount_due"}}})
    world.text(LEE, "hi")
    world.text(LEE, "and for dental?")
    world.rasa.next(500)
    world.text(LEE, "pay")
    world.text(LEE, "pay")
    kept = [asked["metadata"]["memory"] for asked in world.rasa.asked]
    assert kept == [{}, *[{"topic": "ask_amount_due"}] * 3]


def test_the_turns_record_keeps_what_was_said_by_name_and_no_word_of_the_member(world: Any) -> None:
    said = [{"reply": "utter_owed", "values": {"owed_cents": "$412.10"}, "language": "en"}]
    world.rasa.on("how much", {"text": "Your premium is $412.10.", "data": {"said": said}}, intent="ask_amount_due")
    world.text(LEE, "how much")
    (kept,) = world.rows(Turn)
    assert kept.said == said
    assert kept.ranking == [{"name": "ask_amount_due", "confidence": 0.97}]
    assert {"parse", "actions", "total", "http", "turn"} <= set(kept.ms)
    columns = {name: value for name, value in vars(kept).items() if not name.startswith("_")}
    assert "how much" not in str(columns)


def test_an_offered_word_goes_along_as_the_word_it_is_a_form_of(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn.offers, "spoken", lambda *_: "affirm")
    world.text(LEE, "the second one.")
    world.text(LEE, "Pagar")
    assert [asked["metadata"]["word"] for asked in world.rasa.asked] == ["2", "PAY"]


def test_a_claim_that_fails_leaves_neither_message_nor_job(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise RuntimeError("queue is full")

    inbound = inbox.Inbound(channel="sms", address=LEE, provider_id="SM9", text="hi")
    with monkeypatch.context() as broken:
        broken.setattr(world.queue, "enqueue", full)
        with pytest.raises(RuntimeError):
            inbox.claim(world.channels.core, world.queue, inbound)
    assert world.rows(Message) == []
    assert inbox.claim(world.channels.core, world.queue, inbound).fresh

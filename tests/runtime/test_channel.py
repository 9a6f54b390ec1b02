"""The way into Rasa: who may, with what, and everything that comes back."""

from __future__ import annotations

import statistics
import time

import httpx
import pytest

from channels.rasa import RasaClient
from gateway.rasa_process import RasaProcess

pytestmark = pytest.mark.rasa
TURN = "/webhooks/duely/turn"


def say(client: httpx.Client, text: object = "how much do i owe", **more: object) -> httpx.Response:
    body = {"sender": "conversation-1", "text": text, "channel": "sms", "metadata": {"level": "L2"}, **more}
    return client.post(TURN, json={name: value for name, value in body.items() if value is not None})


def test_the_channel_says_that_it_is_there_without_a_secret(rasa):
    assert httpx.get(f"{rasa.url}/webhooks/duely/").json() == {"status": "ok"}


def test_a_turn_returns_replies_understanding_and_times(gateway, actions):
    answer = say(gateway, "pay $75 please", sender="shape").json()
    assert set(answer) == {"replies", "intent", "ranking", "entities", "actions", "ms"}
    assert answer["replies"] == [
        {
            "text": "Did action_pay.",
            "buttons": [{"title": "Pay", "payload": "PAY"}],
            "data": {"card": {"kind": "receipt"}},
        }
    ]
    assert answer["intent"]["name"] == "pay_bill"
    assert 0.4 <= answer["intent"]["confidence"] <= 1
    assert len(answer["ranking"]) == 5
    assert answer["ranking"][0] == answer["intent"]
    assert answer["entities"] == [{"entity": "amount", "value": "$75", "start": 4, "end": 7}]
    assert answer["actions"] == ["action_pay"]
    assert 0 < answer["ms"]["parse"] < answer["ms"]["total"]
    assert 0 < answer["ms"]["actions"] < answer["ms"]["total"]


def test_the_action_gets_the_metadata_and_no_copy_of_the_domain(gateway, actions):
    say(gateway, sender="metadata", metadata={"account_id": "lee", "level": "L3"})
    (call,) = actions.calls
    assert call["tracker"]["latest_message"]["metadata"] == {"account_id": "lee", "level": "L3"}
    assert call["tracker"]["sender_id"] == "metadata"
    assert call["domain"] == {}


def test_a_reply_is_chosen_for_the_channel_and_stays_one_reply(gateway):
    (by_text,) = say(gateway, "hello there", sender="by-text", channel="sms").json()["replies"]
    (on_web,) = say(gateway, "hello there", sender="on-web", channel="web").json()["replies"]
    assert by_text == {"text": "Hi by text.\n\nAsk what you owe.", "buttons": [], "data": None}
    assert on_web["text"] == "Hi on the web."


def test_an_intent_can_be_sent_in_place_of_words(gateway, actions):
    answer = say(gateway, "/pay_bill", sender="spoken").json()
    assert (answer["intent"], answer["actions"]) == ({"name": "pay_bill", "confidence": 1.0}, ["action_pay"])


@pytest.mark.parametrize("text", ["👍", "?", "...", "ñandú", "\u200b", "a" * 3000])
def test_odd_messages_are_answered_like_any_other(gateway, actions, text):
    assert say(gateway, text, sender="odd").status_code == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer a secret", "a secret of the tests", "Bearer ünrecht"])
def test_a_wrong_secret_is_refused_before_anything_is_read(rasa, header):
    headers = {} if header is None else {"Authorization": header.encode()}
    with httpx.Client(base_url=rasa.url, headers=headers) as stranger:
        answer = stranger.post(TURN, content=b"{")
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": None}, {"sender": ""}, {"sender": 7}, {"text": None}, {"text": "  "}, {"text": ["pay"]},
        {"channel": None}, {"channel": "fax"}, {"metadata": "L3"},
    ],
)  # fmt: skip
def test_a_body_that_is_not_the_contracts_is_unprocessable(gateway, wrong):
    assert say(gateway, **wrong).status_code == 422


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"pay"', b"\xff"])
def test_a_body_that_is_no_object_is_unprocessable(gateway, body):
    assert gateway.post(TURN, content=body).status_code == 422


@pytest.mark.parametrize("answer", [(500, {}), (404, {}), (200, {"events": "none"}), (200, None), (200, [1])])
def test_a_failed_action_is_told_and_the_next_turn_works(gateway, actions, answer):
    actions.answer = answer
    failed = say(gateway, sender="failing")
    assert (failed.status_code, failed.json()) == (502, {"error": "action_failed", "action": "action_owed"})
    actions.answer = None
    assert say(gateway, sender="failing").json()["actions"] == ["action_owed"]
    said = [event["text"] for event in actions.calls[-1]["tracker"]["events"] if event["event"] == "user"]
    assert said == ["how much do i owe"], "the failed turn must be forgotten"


def test_rules_that_run_in_a_circle_are_one_failure_not_ten_replies(gateway, actions):
    answer = say(gateway, "goodbye now", sender="circle")
    assert (answer.status_code, answer.json()) == (500, {"error": "turn_failed"})
    assert say(gateway, sender="circle").json()["actions"] == ["action_owed"]


def test_a_long_conversation_stays_as_small_as_a_short_one(gateway, actions):
    for _ in range(30):
        assert say(gateway, sender="long").status_code == 200
    sizes = [len(call["tracker"]["events"]) for call in actions.calls]
    assert max(sizes[6:]) <= max(sizes[:6])


def test_the_two_hundredth_turn_costs_what_the_first_cost(gateway, actions):
    for _ in range(180):
        assert say(gateway, sender="two hundred").status_code == 200
    # In turn, so that whatever else the machine is doing meets the new conversation and the long one alike.
    first, last = [], []
    for _ in range(20):
        for sender, times in (("new", first), ("two hundred", last)):
            began = time.perf_counter()
            assert say(gateway, sender=sender).status_code == 200
            times.append(time.perf_counter() - began)
    first_ms, last_ms = statistics.median(first) * 1000, statistics.median(last) * 1000
    assert last_ms <= 1.5 * first_ms, f"turns 1-20 took {first_ms:.1f} ms, turns 181-200 {last_ms:.1f} ms"


def test_the_first_of_two_wishes_is_answered_and_the_second_goes_along(gateway, actions):
    answer = say(gateway, "pay $75 please and how much do i owe", sender="two", metadata={"level": "L2"}).json()
    assert (answer["intent"]["name"], answer["actions"]) == ("pay_bill", ["action_pay"])
    assert answer["entities"] == [{"entity": "amount", "value": "$75", "start": 4, "end": 7}]
    (call,) = actions.calls
    assert call["tracker"]["latest_message"]["text"] == "pay $75 please"
    assert call["tracker"]["latest_message"]["metadata"] == {
        "level": "L2",
        "next": {"intent": "ask_amount_due", "text": "how much do i owe", "marked": {}},
        "more": False,
        "whole": "pay $75 please and how much do i owe",
    }


def test_one_wish_with_an_and_in_it_stays_whole(gateway, actions):
    say(gateway, "pay $50 and $75 please", sender="one")
    (call,) = actions.calls
    assert call["tracker"]["latest_message"]["text"] == "pay $50 and $75 please"
    assert "next" not in call["tracker"]["latest_message"]["metadata"]


def test_words_that_lean_on_the_topic_are_answered_by_its_action(gateway, actions):
    kept = {"memory": {"topic": "ask_amount_due"}}
    assert say(gateway, "and for dental?", sender="leans", metadata=kept).json()["actions"] == ["action_owed"]
    assert actions.calls[0]["tracker"]["latest_message"]["metadata"] == {**kept, "said": "and for dental?"}
    answer = say(gateway, "pay my bill", sender="leans", metadata=kept).json()
    assert answer["actions"] == ["action_pay"], "what stands by itself leans on nothing"


def test_rasas_own_interface_asks_for_the_secret(rasa, gateway):
    assert httpx.get(f"{rasa.url}/status").status_code == 401
    assert httpx.post(f"{rasa.url}/model/parse", json={"text": "hello"}).status_code == 401
    assert httpx.get(f"{rasa.url}/status", params={"token": "a secret of the tests"}).status_code == 200


def test_a_conversation_can_be_forgotten_and_goes_on_afterwards(rasa, gateway, actions):
    client = RasaClient(rasa.url, "a secret of the tests")
    say(gateway, "my xylophone owes how much", sender="forgotten")
    client.forget("forgotten")
    client.forget("forgotten")
    client.close()
    tracker = httpx.get(f"{rasa.url}/conversations/forgotten/tracker", params={"token": "a secret of the tests"})
    assert "xylophone" not in tracker.text
    assert say(gateway, sender="forgotten").json()["actions"] == ["action_owed"]


def test_no_word_of_a_message_or_an_answer_is_logged(rasa: RasaProcess, gateway, actions):
    say(gateway, "my xylophone owes how much", sender="quiet", metadata={"note": "marimba"})
    actions.answer = (200, {"events": [{"event": "glockenspiel"}], "responses": [{"text": "vibraphone"}]})
    assert say(gateway, "how much do i owe on my xylophone", sender="quiet").status_code == 502
    log = rasa._log_path.read_text()
    assert "action_owed" in log
    assert not [word for word in ("xylophone", "marimba", "glockenspiel", "vibraphone") if word in log]
    assert "a secret of the tests" not in log

"""A hand-off in Slack: the thread, both ways in order and once, taken by the first word and given back."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from billing_core import accounts
from channels.handoff.store import Handoff
from channels.slack.store import SlackEvent
from channels.store import Contact, Conversation
from channels.words import say
from tests.handoff.conftest import DISPUTE, LEE, NOVAK, STRANGER


def test_the_thread_opens_with_who_why_the_account_and_the_last_turns(people: Any) -> None:
    people.world.text(NOVAK, "why did my december payment bounce")
    people.asks(NOVAK, DISPUTE)
    opening = people.slack.posts[0].text
    assert "disputed charge" in opening
    assert "Eva N., phone ending 12" in opening
    assert "Owes $" in opening
    assert "why did my december payment bounce" in opening
    assert "R10" in opening
    assert "+1919" not in opening
    assert "Novak" not in opening
    assert people.read()[0] == "*Member:* a person please"


def test_a_strangers_thread_says_that_nobody_knows_them(people: Any) -> None:
    people.asks(STRANGER)
    assert "somebody unknown, phone ending 99" in people.slack.posts[0].text


@pytest.mark.parametrize(
    ("ended_on", "told"),
    [
        (date(2025, 12, 31), "Coverage never began: it was to start on Jan 1, 2026."),
        (date(2026, 1, 1), "Coverage ended on Jan 1, 2026."),
    ],
)
def test_coverage_that_never_began_is_not_said_to_have_ended(people: Any, ended_on: date, told: str) -> None:
    with people.world.channels.core.write() as session:
        accounts.find(session, "novak").coverage_ended_on = ended_on
    people.asks(NOVAK, DISPUTE)
    opening = people.slack.posts[0].text
    assert told in opening
    assert opening.count("Coverage ") == 1


def test_an_account_that_is_not_proven_is_marked(people: Any) -> None:
    with people.world.channels.core.write() as session:
        for contact in session.query(Contact).filter_by(address=LEE):
            contact.trusted_at = None
    people.asks()
    assert "not proven" in people.slack.posts[0].text


def test_the_first_word_takes_it_and_the_assistant_is_silent_until_it_is_given_back(people: Any) -> None:
    people.asks()
    assert people.world.rows(Conversation)[0].holder == "bot"
    people.agent("Hi, how can I help?")
    assert people.world.carrier.bodies(LEE)[-1].endswith("is here now.\nHi, how can I help?")
    assert people.world.carrier.bodies(LEE)[-1].startswith("Kim from ")
    assert people.world.text(LEE, "my bill is odd") == []
    assert people.read()[-1] == "*Member:* my bill is odd"
    people.agent("I see. I will fix it.")
    assert people.world.carrier.bodies(LEE)[-1] == "I see. I will fix it."
    people.agent("!release")
    assert people.world.carrier.bodies(LEE)[-1] == say("handoff_released", who="Kim")
    assert people.world.text(LEE, "pay") == ["You said: pay"]
    assert (people.handoff.state, people.handoff.open_key) == ("released", None)


def test_the_button_gives_it_back_too(people: Any) -> None:
    people.asks()
    people.agent("Hello")
    assert people.press().status_code == 200
    assert people.handoff.state == "released"
    assert people.read()[-1].startswith("_Assistant:_ Kim has left")


def test_while_waiting_the_assistant_goes_on_helping_and_asks_for_nobody_else(people: Any) -> None:
    people.asks()
    assert people.world.text(LEE, "how much") == ["You said: how much"]
    (again,) = people.asks()
    assert "A person has been asked already" in again
    assert len(people.world.rows(Handoff)) == 1
    assert [line.partition(" ")[2] for line in people.read()][1:4] == [
        people.world.carrier.bodies(LEE)[0],
        "how much",
        "You said: how much",
    ]


def test_another_reason_meanwhile_makes_it_more_urgent(people: Any) -> None:
    people.asks()
    assert people.handoff.urgency == 2
    people.asks(reply=DISPUTE)
    assert (people.handoff.urgency, people.handoff.reasons) == (1, ["asked for a person", "disputed charge"])


def test_an_event_that_comes_again_is_said_once(people: Any) -> None:
    people.asks()
    event = people.agent("Hello")
    people.deliver(event)
    people.deliver(event | {"event_id": "Ev-as-another-event"})
    people.world.queue.run()
    assert sum("Hello" in body for body in people.world.carrier.bodies(LEE)) == 1


def test_words_that_arrive_together_are_said_in_the_order_typed(people: Any) -> None:
    people.asks()
    first = people.slack.word("one", thread=people.thread, ts="1700000000.000100")
    second = people.slack.word("two", thread=people.thread, ts="1700000000.000200")
    people.deliver(second)
    people.deliver(first)
    people.world.queue.run()
    assert people.world.carrier.bodies(LEE)[-2].endswith("one")
    assert people.world.carrier.bodies(LEE)[-1] == "two"


def test_another_agent_is_told_who_holds_it_and_says_nothing(people: Any) -> None:
    people.asks()
    people.agent("Hello")
    before = people.world.carrier.bodies(LEE)
    people.agent("I could take this", user="U0ALEX")
    people.agent("!release", user="U0ALEX")
    assert people.world.carrier.bodies(LEE) == before
    assert people.read()[-1] == "Kim holds this conversation, so the member did not get that."
    assert people.handoff.state == "held"


def test_what_begins_with_slashes_stays_among_agents(people: Any) -> None:
    people.asks()
    people.agent("// who takes this one?")
    assert people.handoff.state == "waiting"
    assert "takes this one" not in str(people.world.carrier.bodies(LEE))


def test_after_the_end_an_agent_is_told_that_nothing_is_passed_on(people: Any) -> None:
    people.asks()
    people.agent("Hello")
    people.agent("/release")
    before = people.world.carrier.bodies(LEE)
    people.agent("one more thing")
    assert people.world.carrier.bodies(LEE) == before
    assert "is over" in people.read()[-1]


def test_a_card_number_of_an_agents_does_not_leave_and_is_not_kept(people: Any) -> None:
    people.asks()
    people.agent("your card 4111 1111 1111 1111 is expired")
    assert "4111" not in str(people.world.carrier.bodies(LEE))
    # Without the ids, which are drawn and may have any four digits in this order.
    kept = [
        [value for name, value in vars(row).items() if name != "_sa_instance_state"]
        for row in people.world.rows(SlackEvent)
    ]
    assert "4111" not in re.sub(r"\b[0-9a-f]{32}\b", "", str(kept))
    assert "please delete it here too" in people.read()[-1].lower()
    assert people.handoff.state == "waiting"


def test_a_members_card_number_never_stands_in_slack_also_when_split(people: Any) -> None:
    people.asks()
    people.agent("Hello")
    people.world.text(LEE, "4111 1111 1111 1111")
    assert "*Member:* [card]" in people.read()
    people.world.text(LEE, "4242 4242")
    people.world.text(LEE, "4242 4242")
    assert "4242 4242" not in str(people.slack.posts)
    assert len(people.slack.changed) == 1


def test_a_code_is_not_shown_in_slack(people: Any) -> None:
    people.world.rasa.on("cancel autopay", "Done.", needs="L3")
    people.asks()
    people.world.text(LEE, "cancel autopay")
    people.agent("Hello")
    code = next(body for body in people.world.carrier.bodies(LEE) if "is your code" in body)[:6]
    assert people.world.text(LEE, code) == ["Done."]
    assert code not in str(people.slack.posts)


def test_stop_works_while_held_and_agents_are_told(people: Any) -> None:
    people.asks()
    people.agent("Hello")
    (told,) = people.world.text(LEE, "STOP")
    assert "no more texts" in told
    people.agent("Are you there?")
    assert people.world.carrier.bodies(LEE)[-1] == told
    assert "has ended texts" in people.read()[-1]


@pytest.mark.parametrize("kind", ["message_changed", "message_deleted"])
def test_a_change_of_a_said_word_is_not_passed_on_and_told(people: Any, kind: str) -> None:
    people.asks()
    said = people.agent("Your bill is $10")["event"]
    now = {**said, "text": "Your bill is $20"}
    event = {"type": "message", "subtype": kind, "channel": people.slack.channel, "message": now}
    people.deliver({"type": "event_callback", "event_id": "EvEdit", "event": event | {"previous_message": said}})
    people.world.queue.run()
    assert "has the first wording" in people.read()[-1]
    assert "$20" not in str(people.world.carrier.bodies(LEE))


def test_files_are_not_passed_on_and_words_beside_them_are(people: Any) -> None:
    people.asks()
    people.agent("Please see this", subtype="file_share", files=[{"id": "F1"}])
    assert people.world.carrier.bodies(LEE)[-1].endswith("Please see this")
    assert "Files are not passed on" in people.read()[-1]


@pytest.mark.parametrize(
    "change",
    [
        {"bot_id": "B1"},
        {"channel": "C0OTHER"},
        {"thread_ts": "1.000001"},
        {"thread_ts": None},
        {"subtype": "bot_message"},
        {"type": "reaction_added"},
        {"user": None},
    ],
)
def test_what_is_no_agents_word_in_our_thread_is_ignored(people: Any, change: dict[str, Any]) -> None:
    people.asks()
    event = people.slack.word("Hello", thread=people.thread)
    event["event"] |= change
    assert people.deliver(event).status_code == 200
    people.world.queue.run()
    assert people.handoff.state == "waiting"
    assert people.world.rows(SlackEvent) == []


def test_a_member_cannot_call_anybody_in_slack(people: Any) -> None:
    people.asks()
    people.world.text(LEE, "<!channel> & <@U0KIM>")
    assert "*Member:* &lt;!channel&gt; &amp; &lt;@U0KIM&gt;" in people.read()


def test_slacks_own_signs_reach_the_member_as_they_were_typed(people: Any) -> None:
    people.asks()
    people.agent("See <https://plan.example/a?b=1&amp;c=2|the page> &lt;here&gt; <@U0ALEX>")
    assert people.world.carrier.bodies(LEE)[-1].endswith("See https://plan.example/a?b=1&c=2 <here>")


def test_long_words_are_split_at_320(people: Any) -> None:
    people.asks()
    before = len(people.world.carrier.bodies(LEE))
    people.agent("We looked at it with care. " * 20)
    parts = people.world.carrier.bodies(LEE)[before:]
    assert len(parts) == 2
    assert all(len(part) <= 320 for part in parts)


def test_curly_quotes_become_plain(people: Any) -> None:
    people.asks()
    people.agent("It\u2019s done\u2026")
    assert people.world.carrier.bodies(LEE)[-1].endswith("It's done...")


def test_an_undelivered_word_is_told_to_the_agent(people: Any) -> None:
    people.asks()
    people.world.carrier.plan = ["refused:30003"]
    people.agent("Hello")
    assert people.read()[-1] == "The last text did not reach the member (30003)."


def test_an_agent_whom_slack_cannot_name_is_a_person(people: Any) -> None:
    people.asks()
    people.agent("Hello", user="U0NOBODY")
    assert people.world.carrier.bodies(LEE)[-1].startswith("A person from ")

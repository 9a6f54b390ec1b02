"""Review: what teaches most is read first, a label counts when two agree, and nobody sees the other's before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from channels.store import Message, Turn
from console.review import findings, labelled, labels, queue
from console.review.agreement import rate, standing
from console.review.labels import Given, LabelWrong
from console.review.store import TurnLabel
from console.teach import sentences
from console.teach.writing import Marked
from tests.console.conftest import GARCIA, LEE, RIVERA, SMITH, Office, field
from tests.console.test_audit import entries

MINUTE = timedelta(minutes=1)


def words(office: Office, reviewer: str = "kim", why: str = "") -> list[str]:
    return [each.words for each in queue.items(office.core, reviewer, why)]


def label(office: Office, who: str, message: Message, intent: str = "pay_bill", **more: object) -> None:
    labels.give(office.core, who, message.id, Given(intent, **more))  # type: ignore[arg-type]


def test_what_teaches_most_comes_first_and_what_is_sure_not_at_all(office: Office) -> None:
    office.says(SMITH, "how much is it", later=MINUTE)
    office.says(LEE, "can u put my thing off", confidence=0.5, later=MINUTE)
    office.says(GARCIA, "blorp", intent="nlu_fallback", confidence=0.7, actions=("action_misunderstood",), later=MINUTE)
    office.says(RIVERA, "this is ridiculous", intent="complain", later=MINUTE)
    office.says(LEE, "it is wrong", confidence=0.3, later=MINUTE)
    assert words(office) == ["blorp", "this is ridiculous", "it is wrong", "can u put my thing off"]
    assert words(office, why="complaint") == ["this is ridiculous"]


def test_what_was_said_before_a_person_was_asked_for_is_worth_reading(office: Office) -> None:
    office.says(LEE, "i did pay already", later=MINUTE)
    office.says(LEE, "a human please", intent="request_human", later=MINUTE)
    assert words(office) == ["i did pay already"]


def test_the_same_words_are_read_once_and_say_how_often(office: Office) -> None:
    for phone in (LEE, GARCIA, SMITH):
        office.says(phone, "Put it OFF!", confidence=0.4, later=MINUTE)
    (item,) = queue.items(office.core, "kim")
    assert item.times == 3


def test_what_somebody_labelled_waits_for_another_and_is_gone_when_they_agree(office: Office) -> None:
    message = office.says(LEE, "can u put my thing off", confidence=0.5)
    label(office, "ann", message)
    assert words(office, "ann") == []
    assert words(office, "kim", why="second") == ["can u put my thing off"]
    label(office, "kim", message)
    assert words(office, "lou") == []


def test_a_turn_that_two_read_differently_stays_until_a_third_decides(office: Office) -> None:
    message = office.says(LEE, "can u put my thing off", confidence=0.5)
    label(office, "ann", message, "pay_bill")
    label(office, "kim", message, "change_due_date")
    assert labels.of(office.core, message.id).standing.disputed == ("reading",)
    assert words(office, "lou") == ["can u put my thing off"]
    label(office, "lou", message, "change_due_date")
    stands = labels.of(office.core, message.id).standing
    assert (stands.done, stands.settled["reading"]["intent"]) == (True, "change_due_date")


def one(who: str, intent: str, message: str = "m", answer: str = "right") -> TurnLabel:
    reading = {"intent": intent, "entities": []}
    return TurnLabel(message_id=message, reviewer=who, reading=reading, hand_over=False, answer=answer, note="")


def test_a_reviewers_last_label_counts_and_their_first_makes_the_rate() -> None:
    said = [one("ann", "pay_bill"), one("kim", "deny"), one("kim", "pay_bill")]
    assert standing(said).settled["reading"] == {"intent": "pay_bill", "entities": []}
    said += [one("ann", "deny", "other"), one("kim", "deny", "other", answer="wrong")]
    found = rate(said)
    assert (found.both_read, found.percent("reading"), found.percent("answer")) == (2, 50, 50)
    assert rate([]).percent("reading") is None


def test_a_meaning_is_settled_while_the_tone_is_disputed() -> None:
    stands = standing([one("ann", "deny"), one("kim", "deny", answer="unkind")])
    assert set(stands.settled) == {"reading", "hand_over"}
    assert stands.disputed == ("answer",)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Given(""), "Choose what"),
        (Given("nlu_fallback"), "Choose what"),
        (Given("pay_bill", answer="so so"), "right, wrong or unkind"),
        (Given("pay_bill", (Marked("amount", "$75"),)), "does not stand in the message"),
        (Given("pay_bill", (Marked("person", "bill"),)), "no kind of words"),
    ],
)
def test_a_label_that_cannot_be_is_refused_in_a_sentence(sqlite_office: Office, given: Given, why: str) -> None:
    message = sqlite_office.says(LEE, "pay my bill")
    with pytest.raises(LabelWrong, match=why):
        labels.give(sqlite_office.core, "kim", message.id, given)


def test_a_note_keeps_nothing_of_a_member(sqlite_office: Office) -> None:
    message = sqlite_office.says(LEE, "pay my bill")
    label(sqlite_office, "kim", message, note="call 919-555-0101 about card 4111 1111 1111 1111")
    kept = labels.of(sqlite_office.core, message.id).standing.latest[0].note
    assert "919" not in kept
    assert "4111" not in kept


def test_what_is_settled_otherwise_than_it_was_read_can_be_taught(office: Office) -> None:
    message = office.says(LEE, "this is Jordan, put $61.20 off my visa 4242", confidence=0.5)
    marked = (Marked("amount", "[amount]"), Marked("method", "visa [digits]"))
    for who in ("ann", "kim"):
        labels.give(office.core, who, message.id, Given("pay_partial", marked))
    (row,) = sentences.proposed(office.core)
    assert (row.intent, row.trouble) == ("pay_partial", "")
    assert row.written.startswith("this is sam, put [$")
    assert row.written.endswith("](amount) off my [visa 4242](method)")
    assert "61.20" not in row.written


def test_what_was_read_right_and_surely_teaches_nothing(office: Office) -> None:
    message = office.says(LEE, "what do i owe", confidence=0.95)
    for who in ("ann", "kim"):
        label(office, who, message, "ask_amount_due")
    assert sentences.proposed(office.core) == []


def test_labels_are_forgotten_when_the_words_are(office: Office) -> None:
    first, second = (office.says(LEE, words, confidence=0.4) for words in ("put my thing off", "square me up"))
    for message in (first, second):
        label(office, "kim", message, answer="wrong")
        label(office, "ann", message, answer="wrong")
    with office.core.write() as session:
        session.get_one(Message, first.id).text = ""
        session.get_one(Turn, first.id).intent = None
    assert [words for _, words, _ in findings.of(office.core)["faulty"]] == ["square me up"]
    assert labelled.of(office.core) == [("square me up", "pay_bill")]
    assert labels.forget(office.core) == 2
    assert labels.forget(office.core) == 0


def test_labels_go_with_their_message(office: Office) -> None:
    message = office.says(LEE, "put my thing off", confidence=0.4)
    label(office, "kim", message)
    with office.core.write() as session:
        session.execute(delete(Turn).where(Turn.message_id == message.id))
        session.execute(delete(Message).where(Message.reply_to == message.id))
        session.execute(delete(Message).where(Message.id == message.id))
    with office.core.read() as session:
        assert session.scalar(select(func.count()).select_from(TurnLabel)) == 0


def test_the_pages_hide_the_others_label_until_ones_own_is_there(office: Office) -> None:
    message = office.says(LEE, "this is Jordan, can u put my $61.20 off", confidence=0.5)
    product, support = office.person("product"), office.person("support")
    first = product.get("/console/review")
    assert "Jordan" not in first.text
    assert "61.20" not in first.text
    body = {"csrf": field(first.text, "csrf"), "other": "change_due_date", "note": "a wish", "hand_over": "1"}
    sent = product.post(f"/console/review/{message.id}", data=body)
    assert sent.headers["location"] == f"/console/review?done=saved%3A{message.id}"
    page = support.get(f"/console/review/{message.id}").text
    assert "a wish" not in page
    assert "61.20" not in page
    sent = support.post(f"/console/review/{message.id}", data={"csrf": field(page, "csrf"), "intent": "ask_amount_due"})
    assert "disputed" in sent.headers["location"]
    assert "a wish" in support.get(f"/console/review/{message.id}").text
    found = support.get("/console/review/found").text
    assert "They differ on the meaning" in found
    assert "They differ on a person" in found
    seen = [(role, what) for _, role, what in entries(office, message.conversation_id)]
    assert ("product", "viewed_review") in seen
    assert ("support", "labelled") in seen


def test_a_label_without_a_meaning_is_said_and_keeps_what_was_typed(sqlite_office: Office) -> None:
    message = sqlite_office.says(LEE, "put it off", confidence=0.5)
    client = sqlite_office.person("product")
    csrf = field(client.get("/console/review").text, "csrf")
    answer = client.post(f"/console/review/{message.id}", data={"csrf": csrf, "note": "see the other"})
    assert answer.status_code == 422
    assert "Choose what the member wanted" in answer.text
    assert "see the other" in answer.text
    assert client.get("/console/review/nothing").status_code == 404

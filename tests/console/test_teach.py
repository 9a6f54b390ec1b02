"""Teaching: nothing of a member becomes a sentence, one candidate at a time, and the way in and back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing_core import Core
from console.teach import candidates, owner, sentences
from console.teach.candidates import NotNow
from console.teach.port import Live
from console.teach.port_fake import COMPARED, FakeTeacher
from console.teach.sentences import SentenceWrong, check, made_up
from console.teach.store import Candidate, CandidateState
from console.teach.writing import Marked, normalised, spoken, written
from tests.console.conftest import Office, field


@pytest.fixture
def teacher() -> FakeTeacher:
    return FakeTeacher()


def ready(core: Core, teacher: FakeTeacher, text: str = "let me square up") -> Candidate:
    """A candidate that waits for a decision."""
    sentences.add(core, text, "pay_bill", "kim")
    row = candidates.start(core, teacher, "kim")
    assert candidates.finish(core, row.id, CandidateState.READY, model="taught-1.tar.gz", comparison=COMPARED)
    return row


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("my name is linda", "a name in it"),
        ("tell Linda that i paid", "may be a name"),
        ("call me at 919-555-0101", "a contact in it"),
        ("i am at jo@mail.example", "a contact in it"),
        ("born 01/02/1980", "a date of birth in it"),
        ("my card is 4111 1111 1111 1111", "must not be kept"),
        ("the one ending in 1881", "write 4242"),
        ("policy 88123456", "could be a member's"),
        ("pay [amount] now", r"\[amount\] stands for something"),
        ("/pay_bill", "Marks are written"),
        ("pay {50}", "Marks are written"),
        ("pay [$50](sum)", "no kind of words"),
        (" ", "1 to 200"),
        ("pay " * 60, "1 to 200"),
    ],
)
def test_what_may_not_stand_in_the_data_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(SentenceWrong, match=why):
        check(text, "pay_bill")


@pytest.mark.parametrize(
    "text",
    [
        "pay [$50](amount) on [friday](date) with my [visa ending 4242](method)",
        "i'm late for January, can I pay",
        "this is sam, let me pay",
        "¿puedo pagar [la mitad](amount)?",
    ],
)
def test_what_members_write_may_stand_in_it(text: str) -> None:
    check(text, "pay_bill")


def test_a_meaning_that_is_none_is_refused() -> None:
    with pytest.raises(SentenceWrong, match="no meaning called"):
        check("let me pay", "nlu_fallback")


def test_marks_of_the_reader_become_made_up_values() -> None:
    text = written("pay [amount] dollars, not [amount], from [digits]", [Marked("amount", "[amount] dollars")])
    made = made_up(text)
    check(made, "pay_partial")
    assert "[amount]" not in made
    assert made.startswith("pay [")
    assert " dollars](amount), not [$" in made
    assert made.endswith("](amount), from 4242")


def test_a_sentence_and_its_spoken_form() -> None:
    assert spoken("pay [$50](amount) now") == "pay $50 now"
    assert written(
        "from my card ending 4242 card", [Marked("method", "card ending 4242"), Marked("method", "card")]
    ) == ("from my [card ending 4242](method) [card](method)")
    assert normalised("Pay my BILL!") == normalised("pay my bill") != normalised("pay your bill")


def test_there_is_one_candidate_at_a_time(core: Core, teacher: FakeTeacher) -> None:
    with pytest.raises(NotNow, match="nothing new"):
        candidates.start(core, teacher, "kim")
    sentences.add(core, "Pay my bill!", "pay_bill", "kim")
    with pytest.raises(NotNow, match="nothing new"):
        candidates.start(core, teacher, "kim")
    row = ready(core, teacher)
    sentences.add(core, "square me up", "pay_bill", "kim")
    with pytest.raises(NotNow, match="a candidate already"):
        candidates.start(core, teacher, "kim")
    candidates.drop(core, row.id)
    assert candidates.start(core, teacher, "kim").sentences == [
        ["pay_bill", "let me square up"], ["pay_bill", "square me up"],
    ]  # fmt: skip


def test_a_promoted_candidate_is_in_force_and_its_sentences_are_taught(core: Core, teacher: FakeTeacher) -> None:
    first = ready(core, teacher)
    assert candidates.in_force(core) is None
    candidates.promote(core, teacher, first.id, "kim")
    assert candidates.taught_by(candidates.in_force(core)) == [("pay_bill", "let me square up")]
    assert sentences.proposed(core) == []
    second = ready(core, teacher, "square me up")
    assert len(second.sentences) == 2
    candidates.promote(core, teacher, second.id, "kim")
    assert candidates.roll_back(core, teacher, "ann") is not None
    assert [row.written for row in sentences.proposed(core)] == ["square me up"]
    assert candidates.roll_back(core, teacher, "ann") is None
    with pytest.raises(NotNow, match="nothing to roll back"):
        candidates.roll_back(core, teacher, "ann")
    assert [(each.by, each.back) for each in candidates.history(core)] == [
        ("ann", True), ("ann", True), ("kim", False), ("kim", False),
    ]  # fmt: skip


def test_a_candidate_is_promoted_once_and_only_upon_what_it_was_made_from(core: Core, teacher: FakeTeacher) -> None:
    first = ready(core, teacher)
    candidates.promote(core, teacher, first.id, "kim")
    with pytest.raises(NotNow, match="not waiting"):
        candidates.promote(core, teacher, first.id, "kim")
    second = ready(core, teacher, "square me up")
    candidates.roll_back(core, teacher, "kim")
    with pytest.raises(NotNow, match="live model was changed"):
        candidates.promote(core, teacher, second.id, "kim")
    candidates.drop(core, second.id)
    third = ready(core, teacher, "square it up")
    teacher.fingerprint = "another"
    with pytest.raises(NotNow, match="has changed since"):
        candidates.promote(core, teacher, third.id, "kim")


def test_where_rasa_runs_elsewhere_nothing_is_promoted(core: Core, teacher: FakeTeacher) -> None:
    row = ready(core, teacher)
    teacher.serving = Live("elsewhere", fixed="Rasa runs elsewhere.")
    with pytest.raises(NotNow, match="elsewhere"):
        candidates.promote(core, teacher, row.id, "kim")
    with pytest.raises(NotNow, match="elsewhere"):
        candidates.roll_back(core, teacher, "kim")


@pytest.mark.parametrize("gone", ["ended", "silent"])
def test_a_candidate_whose_process_is_gone_has_failed_and_holds_nobody_up(
    core: Core, teacher: FakeTeacher, gone: str
) -> None:
    sentences.add(core, "let me square up", "pay_bill", "kim")
    row = candidates.start(core, teacher, "kim")
    assert candidates.undecided(core) is not None
    with core.write() as session:
        found = session.get_one(Candidate, row.id)
        if gone == "ended":
            found.owner = found.owner.rpartition(":")[0] + ":1"
        else:
            found.owner, found.beat_at = "elsewhere:1:1", owner.now() - owner.GONE_AFTER - timedelta(seconds=1)
    assert candidates.undecided(core) is None
    failed = candidates.latest(core)[0]
    assert (failed.state, failed.trouble) == ("failed", candidates.INTERRUPTED)
    assert not candidates.beat(core, row.id, "still here")
    assert candidates.start(core, teacher, "kim").id != row.id


def test_a_candidate_that_was_dropped_while_it_was_trained_stays_dropped(core: Core, teacher: FakeTeacher) -> None:
    sentences.add(core, "let me square up", "pay_bill", "kim")
    row = candidates.start(core, teacher, "kim")
    assert candidates.beat(core, row.id, "Training")
    candidates.drop(core, row.id)
    assert not candidates.beat(core, row.id, "Training")
    assert not candidates.finish(core, row.id, CandidateState.READY)
    assert candidates.latest(core)[0].state == "dropped"


def test_the_pages_take_a_sentence_from_writing_to_promoted_and_back(sqlite_office: Office) -> None:
    office = sqlite_office
    client = office.person("product")
    csrf = field(client.get("/console/teach").text, "csrf")

    def post(path: str, **form: str) -> str:
        sent = client.post(f"/console/teach{path}", data={"csrf": csrf, **form})
        assert sent.status_code in (303, 422)
        return sent.text or client.get("/console/teach").text

    assert "may be a name" in post("/sentences", text="tell Linda i paid", intent="ask_payment_status")
    page = post("/sentences", text="let me square up", intent="request_human")
    assert "+    - let me square up" in page
    page = post("/sentences/1", text="let me square up", intent="pay_bill")
    assert "means</span> <strong>pay bill" in page
    near = client.get("/console/teach/near").text
    assert "adds little" in near
    assert "taught as ask amount due" in near
    office.teacher.slow = True
    assert "could not be compared" in client.get("/console/teach/near").text
    assert "Getting ready" in post("/train")
    assert office.teacher.begun == [1]
    candidates.beat(office.core, 1, "Training: 12 s")
    assert "Training: 12 s" in client.get("/console/teach/candidate").text
    candidates.finish(office.core, 1, CandidateState.READY, comparison=COMPARED)
    compared = client.get("/console/teach/candidates/1").text
    assert "490 → 489" in compared
    assert "asks before paying" in compared
    assert "Candidate 1" in post("/candidates/1/promote")
    assert candidates.in_force(office.core) is not None
    assert "The model of the files" in post("/roll-back")
    post("/sentences/1/leave-out")
    assert sentences.proposed(office.core) == []
    with office.core.read() as session:
        from sqlalchemy import select

        from console.store import AuditEntry

        done = set(session.scalars(select(AuditEntry.what).where(AuditEntry.who == "product.kim")))
    assert {
        "sentence_added",
        "sentence_changed",
        "sentence_left_out",
        "training_started",
        "promoted",
        "rolled_back",
    } <= done

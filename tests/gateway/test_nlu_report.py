"""`duely nlu report` says what is understood, what is taken for what, and where sentences are few."""

from __future__ import annotations

from collections import Counter

from gateway.commands import nlu

HEARD = {
    "pay it": ("pay_bill", 0.9, "pay_partial"),
    "pay half": ("pay_bill", 0.6, "pay_partial"),
    "my card please": ("update_payment_method", 0.5, "pay_bill"),
    "sing a song": ("small_talk", 0.8, "out_of_scope"),
}
SAID = [
    ("pay it", "pay_bill"),
    ("pay half", "pay_partial"),
    ("my card please", "add_payment_method"),
    ("sing a song", "out_of_scope"),
]


def parse(said):
    first, confidence, second = HEARD[said]
    ranking = [{"name": first, "confidence": confidence}, {"name": second, "confidence": 1 - confidence}]
    return {"intent": ranking[0], "intent_ranking": ranking}


def test_a_part_taken_for_the_whole_is_right_and_so_is_a_kind_refusal():
    assert [each.right for each in nlu.asked(SAID, parse)] == [True, True, False, True]


def test_the_report_names_accuracy_confusions_thin_intents_and_nearest_pairs():
    report = list(nlu.lines(nlu.asked(SAID, parse), Counter(pay_bill=80, add_payment_method=3)))
    assert report[0] == "75.0% of 4 held-out sentences."
    assert "  add_payment_method -> update_payment_method: my card please" in report
    assert report[2].split() == ["add_payment_method", "0", "of", "1", "3"]
    thin = report.index("\nThinnest intents (training sentences):")
    assert report[thin + 1].split() == ["add_payment_method", "3"]
    assert "  add_payment_method / update_payment_method: 50%" in report


def test_every_held_out_sentence_means_an_intent_that_is_trained():
    trained = nlu.trained()
    assert {intent for _, intent in nlu.held_out()} <= set(trained)


def test_no_sentences_are_said_to_be_none():
    assert list(nlu.lines([], Counter())) == ["There are no held-out sentences."]

"""The fake beside the port: data of a few sentences, and candidates that are trained when a test says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from console.teach.port import Change, Live, Near, TeacherFailed, Written
from console.teach.writing import normalised, spoken

# A comparison as the pages get it: one sentence better, one worse, a conversation that changes.
COMPARED = {
    "sets": {
        "taught": {
            "count": 1, "live": 0, "candidate": 1, "worse": [],
            "better": [{"said": "square me up", "meant": "pay_bill", "live": "out_of_scope", "candidate": "pay_bill"}],
        },
        "labelled": {"count": 0, "live": 0, "candidate": 0, "better": [], "worse": []},
        "held_out": {
            "count": 512, "live": 490, "candidate": 489, "better": [],
            "worse": [{"said": "put it up", "meant": "ask_fees", "live": "ask_fees", "candidate": "pay_bill"}],
        },
    },
    "conversations": {
        "count": 284, "live": 284, "candidate": 284, "better": [], "worse": [],
        "changed": [
            {
                "path": "tests/conversations/pay/asks.yml", "title": "asks before paying", "fault": "",
                "live": "   bot: I did not get that.", "candidate": "   bot: Pay $412.10 for January?",
            }
        ],
    },
}  # fmt: skip


@dataclass
class FakeTeacher:
    """`begun` are the candidates that were asked for; `serving` is what `live` answers; `slow` makes `near` fail."""

    data: list[Written] = field(
        default_factory=lambda: [
            ("pay_bill", "pay my bill"),
            ("ask_amount_due", "how much do i owe"),
            ("request_human", "let me talk to a person"),
        ]
    )
    begun: list[int] = field(default_factory=list)
    serving: Live = field(default_factory=lambda: Live("duely-0123456789ab"))
    slow: bool = False
    fingerprint: str = "0123456789ab"

    def examples(self) -> dict[str, str]:
        return dict(self.data)

    def change(self, sentences: Sequence[Written]) -> Change:
        known = {normalised(spoken(each)): (intent, each) for intent, each in self.data}
        duplicates = {
            (intent, text): Near(known[normalised(spoken(text))][1], known[normalised(spoken(text))][0], "a.yml", 1.0)
            for intent, text in sentences
            if normalised(spoken(text)) in known
        }
        added = [f"+    - {text}" for intent, text in sentences if (intent, text) not in duplicates]
        return Change("\n".join(["--- a/bot/data/nlu/a.yml", "+++ b/bot/data/nlu/a.yml", *added]), duplicates)

    def near(self, sentences: Sequence[Written]) -> dict[Written, list[Near]]:
        if self.slow:
            raise TeacherFailed("Sentences could not be compared.")
        return {each: [Near(text, intent, "a.yml", 0.91) for intent, text in self.data[:2]] for each in sentences}

    def sources(self) -> str:
        return self.fingerprint

    def begin(self, candidate_id: int) -> None:
        self.begun.append(candidate_id)

    def live(self) -> Live:
        return self.serving

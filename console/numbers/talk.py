"""Figures of what was said: read from the counts of days alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date

from console.numbers import kept
from console.numbers.figure import Column, Figure, percent, shown, word
from console.numbers.kept import Counts

_CHANNELS = {"sms": "Text message", "web": "Web chat"}
_FIRST = Column("From", "day")


def conversations(counts: Counts) -> Figure:
    by = _by_channel(counts, kept.TALKS)
    rows = [(day, by[day]["sms"], by[day]["web"], by[day].total()) for day in counts.asked.periods]
    total = sum(each.total() for each in by.values())
    columns = (_FIRST, *(Column(title) for title in _CHANNELS.values()), Column("All", drawn=False))
    return Figure("conversations", f"{total:,}", word(total, "conversation"), columns, rows)


def contained(counts: Counts) -> Figure:
    all_, missed = _by_channel(counts, kept.TALKS), _by_channel(counts, kept.MISSED)

    def share(day: date, *channels: str) -> float | None:
        whole = sum(all_[day][each] for each in channels)
        return percent(whole - sum(missed[day][each] for each in channels), whole)

    rows = [(day, share(day, *_CHANNELS), *(share(day, each) for each in _CHANNELS)) for day in counts.asked.periods]
    whole, part = (sum(each.total() for each in by.values()) for by in (all_, missed))
    columns = (_FIRST, Column("All", "percent"), *(Column(title, "percent") for title in _CHANNELS.values()))
    return Figure("contained", shown(percent(whole - part, whole), "percent"), "of conversations", columns, rows)


def topics(counts: Counts) -> Figure:
    many, missed = _ends(counts, kept.TOPIC), _ends(counts, kept.TOPIC_MISSED)
    rows = [(topic, each, percent(each - missed.get(topic, 0), each)) for topic, each in many.items()]
    columns = (Column("Topic", "label"), Column("Conversations"), Column("Without a person", "percent", drawn=False))
    return Figure("topics", str(rows[0][0]) if rows else "–", "comes up most", columns, rows)


def refused(counts: Counts) -> Figure:
    by = _ends(counts, kept.REFUSED)
    columns = (Column("Rule", "label"), Column("Conversations"))
    many = sum(by.values())
    return Figure("refused", f"{many:,}", word(many, "refusal"), columns, [*by.items()])


def misunderstood(counts: Counts) -> Figure:
    by = _by_name(counts, kept.READ, kept.MISUNDERSTOOD)
    rows = [
        (day, percent(by[day][kept.MISUNDERSTOOD], by[day][kept.READ]), by[day][kept.MISUNDERSTOOD], by[day][kept.READ])
        for day in counts.asked.periods
    ]
    columns = (
        _FIRST,
        Column("Misunderstood", "percent"),
        Column("Of them", drawn=False),
        Column("Messages", drawn=False),
    )
    read, missed = (sum(each[name] for each in by.values()) for name in (kept.READ, kept.MISUNDERSTOOD))
    return Figure("misunderstood", shown(percent(missed, read), "percent"), "of messages", columns, rows)


def segments(counts: Counts) -> Figure:
    by = _by_name(counts, kept.SEGMENTS, kept.SENT, kept.TALKS, channel="sms")

    def row(day: date) -> tuple[date, int, int, float | None]:
        each = by[day]
        return day, each[kept.SEGMENTS], each[kept.SENT], _each(each[kept.SEGMENTS], each[kept.TALKS])

    parts, talks = (sum(each[name] for each in by.values()) for name in (kept.SEGMENTS, kept.TALKS))
    columns = (_FIRST, Column("Parts"), Column("Texts", drawn=False), Column("Parts a conversation", drawn=False))
    rows = [row(day) for day in counts.asked.periods]
    return Figure("segments", f"{parts:,}", f"parts, {_each(parts, talks) or 0:,} a conversation", columns, rows)


def speed(counts: Counts) -> Figure:
    by: defaultdict[date, Counter[int]] = defaultdict(Counter)
    for day, name, _, many in counts.of(kept.SPEED):
        by[counts.asked.period(day)][int(name.removeprefix(kept.SPEED))] += many
    rows = [(day, upto(by[day], 0.5), upto(by[day], 0.95)) for day in counts.asked.periods]
    all_ = sum(by.values(), Counter[int]())
    columns = (_FIRST, Column("Half", "ms"), Column("95 of 100", "ms"))
    beside = f"for half, {shown(upto(all_, 0.95), 'ms')} for 95 of 100"
    return Figure("speed", shown(upto(all_, 0.5), "ms"), beside, columns, rows)


def upto(turns: Counter[int], share: float) -> int | None:
    """The step, in ms, within which this share of the turns was answered."""
    counted = 0
    for step in sorted(turns):
        counted += turns[step]
        if counted >= share * turns.total():
            return int(step)
    return None


def _each(parts: int, talks: int) -> float | None:
    return round(parts / talks, 1) if talks else None


def _by_channel(counts: Counts, name: str) -> defaultdict[date, Counter[str]]:
    return _folded((counts.asked.period(day), channel, many) for day, _, channel, many in counts.of(name))


def _by_name(counts: Counts, *names: str, channel: str = "") -> defaultdict[date, Counter[str]]:
    return _folded(
        (counts.asked.period(day), name, many) for day, name, its, many in counts.of(*names) if channel in ("", its)
    )


def _ends(counts: Counts, beginning: str) -> dict[str, int]:
    """By what stands after the beginning of their names, over all days, the most first."""
    by: Counter[str] = Counter()
    for _, name, _, many in counts.of(beginning):
        by[name.removeprefix(beginning)] += many
    return dict(sorted(by.items(), key=lambda each: (-each[1], each[0])))


def _folded(counted: Iterable[tuple[date, str, int]]) -> defaultdict[date, Counter[str]]:
    by: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for period, value, many in counted:
        by[period][value] += many
    return by

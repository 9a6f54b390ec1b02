"""Slack that answers late, wrongly or not at all: nothing is lost, nothing stands there twice."""

from __future__ import annotations

from typing import Any

import pytest

from channels.slack import mirror
from channels.slack.store import SlackEvent
from tests.handoff.conftest import LEE


@pytest.mark.parametrize(
    ("plan", "asked", "posts"),
    [("500", 1, 3), ("taken_500", 1, 3), ("timeout", 1, 3), ("taken_timeout", 1, 3), ("429:0", 0, 3)],
)
def test_a_failure_of_slacks_loses_and_doubles_nothing(people: Any, plan: str, asked: int, posts: int) -> None:
    if plan.endswith("timeout"):
        people.world.channels.desk._client.timeout = 2
    people.slack.script(plan)
    people.asks()
    people.world.queue.run_delayed()
    assert people.states() == ["posted"] * posts
    assert len(people.slack.posts) == posts
    assert people.slack.looked == asked


def test_a_lost_answer_in_the_thread_is_looked_up_there(people: Any) -> None:
    people.asks()
    people.slack.script("taken_500")
    people.world.text(LEE, "hello again")
    people.world.queue.run_delayed()
    assert [line for line in people.read() if "hello again" in line][:1] == ["*Member:* hello again"]
    assert sum("*Member:* hello again" in line for line in people.read()) == 1


def test_no_more_is_posted_before_slack_allows_it(people: Any) -> None:
    people.slack.script("429:60")
    people.asks()
    delays = [seconds for seconds, _ in people.world.queue.delayed]
    assert max(delays) >= 60
    people.world.queue.run_delayed()
    assert people.slack.posts == []


def test_a_wrong_setting_holds_posts_back_until_it_is_put_right(people: Any) -> None:
    people.slack.script("not_in_channel")
    people.asks()
    assert people.states() == ["queued"] * 3
    assert people.slack.posts == []


def test_one_post_that_slack_will_never_take_holds_back_no_others(people: Any) -> None:
    people.asks()
    people.slack.script("msg_too_long")
    people.world.text(LEE, "one")
    assert people.states()[-2:] == ["failed", "posted"]


def test_a_kill_between_posting_and_recording_posts_nothing_twice(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(mirror, "_ended", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            people.asks()
    assert (len(people.slack.posts), people.states()[0]) == (1, "posting")
    people.world.text(LEE, "hello")
    assert people.states() == ["posted"] * 5
    assert len({post.key for post in people.slack.posts}) == len(people.slack.posts) == 5


def test_a_fault_of_our_own_holds_up_neither_the_member_nor_the_thread(
    people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.asks()
    with monkeypatch.context() as broken:
        broken.setattr(people.world.channels.desk, "name_of", lambda _: 1 / 0)
        broken.setattr(people.world.channels.desk, "post", lambda _: 1 / 0)
        people.agent("Hello")
        assert people.world.text(LEE, "pay") == ["You said: pay"]
    assert [row.state for row in people.world.rows(SlackEvent)] == ["failed"]
    people.world.queue.run_delayed()
    assert people.read()[-3].startswith("That could not be passed on")
    assert people.read()[-1] == "_Assistant:_ You said: pay"


def test_a_thread_that_lags_behind_is_brought_up_by_itself(people: Any) -> None:
    people.slack.script("500")
    people.asks()
    people.world.queue.delayed.clear()
    assert mirror.behind(people.world.channels, people.world.clock.now()) == []
    people.world.clock.advance(mirror.timedelta(minutes=2))
    (job,) = mirror.behind(people.world.channels, people.world.clock.now())
    people.world.queue.jobs.append(job)
    people.world.queue.run()
    assert people.states() == ["posted"] * 3

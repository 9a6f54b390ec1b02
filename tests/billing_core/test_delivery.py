"""Paper or e-mail: consent with an address, the way back, and what autopay has to do with it (S6-S9, G13-G15)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from billing_core import delivery, enrolling, notices, views
from billing_core.authorization import Said
from billing_core.delivery import DeliveryChoice
from billing_core.errors import AlreadyDelivered, NoEmail, PaperOnAutopay, PaperOnAutopayUnknown
from tests.billing_core.world import World


def said(world: World) -> Said:
    return Said(world.turn(), "sms", "L3", "code-1")


def choices(world: World) -> list[tuple[str, str]]:
    with world.core.read() as session:
        rows = session.scalars(select(DeliveryChoice).order_by(DeliveryChoice.id))
        return [(row.delivery, row.why) for row in rows]


def now_by(world: World) -> str:
    found: str = views.account(world.core, "ada")["delivery"]
    return found


def go_paperless(world: World) -> None:
    delivery.go_paperless(world.core, "ada", text=delivery.paperless_terms(world.core, "ada"), said=said(world))


def test_paperless_without_autopay_keeps_the_words_the_address_and_the_moment(world: World) -> None:
    world.member()
    go_paperless(world)
    assert now_by(world) == "email"
    with world.core.read() as session:
        kept = session.scalars(select(DeliveryChoice)).one()
    assert kept.email == "ada@example.com"
    assert "ada@example.com" in kept.text
    assert (kept.level, kept.identity_event, kept.chosen_at) == ("L3", "code-1", world.core.now())
    assert delivery.standing(world.core, "ada").consented_at == world.core.now()


def test_without_an_address_nothing_becomes_paperless(world: World) -> None:
    world.member(email=False)
    with pytest.raises(NoEmail):
        delivery.paperless_terms(world.core, "ada")
    with pytest.raises(NoEmail):
        delivery.go_paperless(world.core, "ada", text="as shown", said=said(world))
    assert (now_by(world), choices(world)) == ("paper", [])


def test_back_to_paper_withdraws_the_consent_and_leaves_its_record(world: World) -> None:
    world.member()
    go_paperless(world)
    delivery.go_paper(world.core, "ada", said=said(world))
    assert now_by(world) == "paper"
    assert choices(world) == [("email", "member"), ("paper", "member")]
    assert delivery.standing(world.core, "ada").consented_at is None


def test_one_message_counts_once_and_the_same_wish_again_changes_nothing(world: World) -> None:
    world.member()
    word = said(world)
    for _ in range(2):
        delivery.go_paperless(world.core, "ada", text="as shown", said=word)
    with pytest.raises(AlreadyDelivered, match="already"):
        delivery.go_paperless(world.core, "ada", text="as shown", said=said(world))
    assert len(choices(world)) == 1


def test_paper_is_refused_while_on_autopay_and_a_copy_goes_by_post(world: World) -> None:
    world.member(autopay="visa")
    go_paperless(world)
    with pytest.raises(PaperOnAutopay) as refused:
        delivery.go_paper(world.core, "ada", said=said(world))
    assert refused.value.rule == "G15"
    assert now_by(world) == "email"
    word = said(world)
    for _ in range(2):
        delivery.post_copy(world.core, "ada", said=word)
    assert notices.kinds_since(world.core, "ada", 0) == ["paper_copy"]


def test_where_nobody_knows_the_rule_paper_on_autopay_is_said_to_be_unknown(world: World) -> None:
    world.member(profile="ma_connector", saved=["checking"], autopay="checking", unpaid=[])
    go_paperless(world)
    with pytest.raises(PaperOnAutopayUnknown):
        delivery.go_paper(world.core, "ada", said=said(world))


def test_turning_autopay_on_consents_and_turning_it_off_keeps_delivery_until_paper_is_asked_for(world: World) -> None:
    world.member(unpaid=[])
    terms = enrolling.offer(world.core, account_id="ada", conversation_id="conv", turn_id=world.turn(), method_id=None)
    enrolling.authorize(world.core, terms.enrollment_id, turn_id=world.turn(), channel="sms", level="L3")
    assert choices(world) == [("email", "autopay")]
    enrolling.cancel(world.core, account_id="ada", conversation_id="conv", turn_id=world.turn())
    left = delivery.standing(world.core, "ada")
    assert (left.delivery, left.on_autopay) == ("email", False)
    delivery.go_paper(world.core, "ada", said=said(world))
    assert now_by(world) == "paper"


def test_autopay_is_not_completed_without_an_address_where_bills_then_come_by_mail_only(world: World) -> None:
    world.member(email=False, unpaid=[])
    with pytest.raises(NoEmail):
        enrolling.offer(world.core, account_id="ada", conversation_id="conv", turn_id=world.turn(), method_id=None)
    assert views.account(world.core, "ada")["autopay"] == {"status": "none"}


def test_a_one_time_payment_leaves_delivery_as_it_is(world: World) -> None:
    world.member()
    world.pay()
    assert (now_by(world), choices(world)) == ("paper", [])


def test_an_e_mail_that_bounces_resumes_paper_once_and_tells_it_also_on_autopay(world: World) -> None:
    world.member(autopay="visa")
    go_paperless(world)
    assert delivery.bounced(world.core, "ada", "m-1")
    assert not delivery.bounced(world.core, "ada", "m-1")
    assert now_by(world) == "paper"
    assert notices.kinds_since(world.core, "ada", 0) == ["email_bounced"]

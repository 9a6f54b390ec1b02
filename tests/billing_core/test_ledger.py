"""The ledger: balanced or refused, each reference once, corrected only by a mirror entry."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from billing_core import ledger
from billing_core.errors import UnbalancedEntry
from billing_core.ledger import CASH, MEMBER_CREDIT, RECEIVABLE, Entry, Line
from tests.billing_core.world import World

ON = date(2026, 12, 15)
AT = datetime(2026, 12, 15, 15, tzinfo=UTC)


def post(session: Session, reference: str, *lines: Line) -> Entry:
    return ledger.post(session, reference=reference, account_id="ada", on=ON, at=AT, lines=lines)


@pytest.mark.parametrize("off_cents", [-1, 1])
def test_an_entry_that_is_a_cent_off_is_refused_and_nothing_is_written(world: World, off_cents: int) -> None:
    world.member(unpaid=[])
    with pytest.raises(UnbalancedEntry), world.core.write() as session:
        post(session, "off", Line(CASH, 100 + off_cents), Line(MEMBER_CREDIT, -100))
    with world.core.read() as session:
        assert session.scalars(select(Entry)).all() == []


def test_a_balanced_entry_is_written_without_its_empty_lines(world: World) -> None:
    world.member(unpaid=[])
    with world.core.write() as session:
        post(session, "even", Line(CASH, 100), Line(RECEIVABLE, 0), Line(MEMBER_CREDIT, -100))
    with world.core.read() as session:
        entry = session.scalars(select(Entry)).one()
        assert [(row.book, row.amount_cents) for row in entry.postings] == [(CASH, 100), (MEMBER_CREDIT, -100)]
        assert entry.posted_at == AT


def test_a_reference_is_posted_once_and_the_first_posting_stands(world: World) -> None:
    world.member(unpaid=[])
    with world.core.write() as session:
        first = post(session, "same", Line(CASH, 100), Line(MEMBER_CREDIT, -100))
    with world.core.write() as session:
        again = post(session, "same", Line(CASH, 999), Line(MEMBER_CREDIT, -999))
        assert again.id == first.id
        assert ledger.balance_cents(session, "ada", CASH) == 100


def test_the_database_itself_refuses_a_second_entry_under_one_reference(world: World) -> None:
    world.member(unpaid=[])
    with world.core.write() as session:
        post(session, "same", Line(CASH, 1), Line(MEMBER_CREDIT, -1))
    with pytest.raises(IntegrityError), world.core.write() as session:
        session.add(Entry(reference="same", account_id="ada", posted_on=ON, posted_at=AT))


def test_a_reversal_is_the_mirror_image_and_doing_it_twice_changes_nothing(world: World) -> None:
    world.member(unpaid=[])
    with world.core.write() as session:
        original = post(session, "paid", Line(CASH, 300), Line(MEMBER_CREDIT, -100), Line(RECEIVABLE, -200))
    for _ in range(2):
        with world.core.write() as session:
            mirror = ledger.reverse(session, original="paid", reference="returned", on=ON, at=AT)
            assert mirror.reverses_id == original.id
    with world.core.read() as session:
        mirrored = session.scalars(select(Entry).where(Entry.reference == "returned")).one()
        assert {row.book: row.amount_cents for row in mirrored.postings} == {
            CASH: -300,
            MEMBER_CREDIT: 100,
            RECEIVABLE: 200,
        }
        assert ledger.balance_cents(session, "ada", CASH) == 0
        assert ledger.total_cents(session) == 0


def test_one_entry_cannot_be_reversed_under_two_references(world: World) -> None:
    world.member(unpaid=[])
    with world.core.write() as session:
        post(session, "paid", Line(CASH, 300), Line(MEMBER_CREDIT, -300))
        ledger.reverse(session, original="paid", reference="returned", on=ON, at=AT)
    with pytest.raises(IntegrityError), world.core.write() as session:
        ledger.reverse(session, original="paid", reference="refunded", on=ON, at=AT)


def test_what_is_open_is_told_by_invoice_and_paid_invoices_are_absent(world: World) -> None:
    world.member(unpaid=[date(2026, 12, 1), date(2027, 1, 1)])
    first, second = (row.id for row in world.invoices())
    with world.core.write() as session:
        post(session, "part", Line(CASH, 41211), Line(RECEIVABLE, -41210, first), Line(RECEIVABLE, -1, second))
    with world.core.read() as session:
        assert ledger.open_cents_by_invoice(session, "ada") == {second: 41209}
        assert ledger.open_cents_by_invoice(session, "nobody") == {}
        assert ledger.balance_cents(session, "nobody", CASH) == 0


def test_an_instant_without_a_zone_is_refused(world: World) -> None:
    world.member(unpaid=[])
    with pytest.raises(Exception, match="needs a time zone"), world.core.write() as session:
        session.add(Entry(reference="naive", account_id="ada", posted_on=ON, posted_at=AT.replace(tzinfo=None)))

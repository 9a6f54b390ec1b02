"""What was typed into the processor's page comes on file: once, by the issuer's rules, with its authorization."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from billing_core import accounts, adding, authorization, methods, profiles
from billing_core.adding import Added
from billing_core.authorization import Said
from billing_core.errors import MethodDisabled, MethodNotAccepted, MethodUnknown
from billing_core.processors import Entered, Unknown, sandbox_entry
from tests.billing_core.world import World

CARD = Entered("tok_visa_1881", "card", "visa", "1881", date(2030, 8, 1))
BANK = Entered("tok_bank_6789", "checking", None, "6789", None)
TEXT = "I allow it."


def add(
    world: World, what: Entered, *, account: str = "ada", text: str | None = TEXT, reference: str = "link"
) -> Added:
    with world.core.write() as session:
        return adding.add(
            world.core,
            session,
            account_id="ada",
            what=what,
            text=text,
            reference="link",
            said=Said("turn-9", "web", "L3", "code-1"),
        )


def test_a_card_comes_beside_what_is_there(world: World) -> None:
    world.member(saved=["checking"])
    added = add(world, CARD)
    assert (added.label, added.renewed, added.waits) == ("Visa ending 1881", False, False)
    assert [row.label for row in methods.saved(world.core, "ada")] == ["checking ending 6789", "Visa ending 1881"]
    assert world.quote(method_id=added.method_id).method_label == "Visa ending 1881"


def test_the_same_card_with_a_new_expiry_is_renewed_in_its_place_and_goes_on_paying_autopay(world: World) -> None:
    world.member(saved=["dying"], autopay="dying")
    before = world.method("ada", "dying").id
    added = add(world, CARD)
    (card,) = methods.saved(world.core, "ada")
    assert (added.method_id, added.renewed) == (before, True)
    assert (card.id, card.expires, card.token) == (before, "08/2030", "tok_visa_1881")
    assert world.enrollment().method_id == before


def test_a_bank_account_is_saved_with_the_words_that_were_shown_and_what_proved_the_member(world: World) -> None:
    world.member(saved=[])
    added = add(world, BANK)
    with world.core.read() as session:
        (given,) = authorization.of(session, "link")
    assert (given.kind, given.text, given.method_id, given.rail) == ("on_file", TEXT, added.method_id, "ach")
    assert (given.channel, given.level, given.identity_event) == ("web", "L3", "code-1")
    assert given.given_at == world.core.now()


def test_a_card_needs_no_such_words_and_a_bank_account_is_not_saved_without_them(world: World) -> None:
    world.member(saved=[])
    add(world, CARD, text=None)
    with pytest.raises(ValueError, match="authorization"):
        add(world, BANK, text=None)
    assert [row.label for row in methods.saved(world.core, "ada")] == ["Visa ending 1881"]


def test_a_bank_account_with_micro_entries_under_way_waits(world: World) -> None:
    world.member(saved=[])
    assert add(world, replace(BANK, verified=False)).waits
    (account,) = methods.saved(world.core, "ada")
    assert account.validation == "pending"


def test_what_the_issuer_does_not_take_is_not_saved(world: World) -> None:
    world.member(profile="ma_connector", saved=[])
    with pytest.raises(MethodNotAccepted):
        add(world, CARD)
    assert methods.saved(world.core, "ada") == []
    assert adding.kinds_taken(profiles.get("ma_connector")) == ["us_bank_account"]
    assert adding.kinds_taken(profiles.get("nc_seed")) == ["card", "us_bank_account"]


def test_a_business_account_is_not_taken_for_a_members_own(world: World) -> None:
    world.member(saved=[])
    with pytest.raises(MethodUnknown, match="not known"):
        add(world, replace(BANK, business=True))
    assert methods.saved(world.core, "ada") == []


@pytest.mark.parametrize(
    ("code", "revived"), [("R03", True), ("expired_card", True), ("R10", False), ("R99", False), ("R02", True)]
)
def test_an_ended_account_revives_only_where_new_details_can_cure_it(world: World, code: str, revived: bool) -> None:
    world.member(saved=["disabled"])
    with world.core.write() as session:
        (row,) = methods.of(session, "ada")
        row.disabled_code = code
    again = replace(BANK, last4="8888")
    if not revived:
        with pytest.raises(MethodDisabled):
            add(world, again)
        return
    assert add(world, again).renewed
    assert methods.saved(world.core, "ada")[0].disabled_code is None


def test_the_authorization_names_the_issuer_the_way_back_and_no_amount(world: World) -> None:
    world.member()
    text = adding.bank_text(accounts.get(world.core, "ada"))
    assert "take this back at any time" in text
    assert "$" not in text


def test_what_the_card_form_sealed_is_read_for_its_account_and_link_alone(world: World) -> None:
    world.member()
    processor = world.core.processor
    setup = processor.create_setup("ada", kinds=["card"], reference="link")  # type: ignore[attr-defined]
    facts = sandbox_entry.unseal("sandbox", sandbox_entry.SETUP, setup)
    assert facts is not None
    sealed = sandbox_entry.saved("sandbox", facts, CARD)

    def read(account: str, given: str, reference: str) -> object:
        return processor.read_setup(account, given, reference=reference)  # type: ignore[attr-defined]

    assert read("ada", sealed, "link") == CARD
    forged = sandbox_entry.saved("another key", facts, CARD)
    for account, given, reference in [
        ("bea", sealed, "link"),
        ("ada", sealed, "other"),
        ("ada", setup, "link"),
        ("ada", forged, "link"),
        ("ada", sealed[:-1], "link"),
        ("ada", "", "link"),
        ("ada", "\u00e9.x", "link"),
    ]:
        assert read(account, given, reference) == Unknown()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("expired_card", "The card is past its expiry date."),
        ("incorrect_cvc", "The security code did not match."),
        ("insufficient_funds", "The bank did not accept this card or account."),
        ("stolen_card", "The bank did not accept this card or account."),
        ("generic_decline", "The bank did not accept this card or account."),
    ],
)
def test_a_method_that_was_not_saved_is_told_without_money_and_without_secrets(code: str, told: str) -> None:
    assert adding.why_not_saved(code) == told

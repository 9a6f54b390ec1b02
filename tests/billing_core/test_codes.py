"""Decline and return codes: whole, typed, and silent where the reason may not be told (G24, DOMAIN 3.8)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from billing_core import codes
from billing_core.errors import CodeNotFound

FILE = Path(codes.__file__).with_name("codes.yml")
TELLING = ("stolen", "lost", "fraud", "pick", "restricted", "deceased", "frozen", "death", "legal")


def test_the_table_has_its_68_card_and_28_bank_codes_each_once() -> None:
    names = [row["code"] for row in yaml.safe_load(FILE.read_text(encoding="utf-8"))["codes"]]
    assert len(names) == len(set(names)) == len(codes.table()) == 96
    rails = [row.rail for row in codes.table().values()]
    assert (rails.count("card"), rails.count("ach")) == (68, 28)


@pytest.mark.parametrize("row", codes.table().values(), ids=lambda row: row.code)
def test_every_code_says_what_happened_and_what_to_do(row: codes.Code) -> None:
    assert row.plain_reason.endswith(".")
    assert row.member_action.endswith(".")
    assert row.processor_source
    assert row.seed_group in {"insufficient_funds", "incorrect_information", "expired_card", "other", "technical"}
    assert not (row.retryable == "never" and row.hard_or_soft == "soft"), "what is never tried again is hard"


@pytest.mark.parametrize(
    "row", [row for row in codes.table().values() if not row.may_disclose], ids=lambda row: row.code
)
def test_a_code_that_may_not_be_told_carries_a_sentence_that_tells_nothing(row: codes.Code) -> None:
    said = f"{row.plain_reason} {row.member_action}".casefold()
    assert not [word for word in TELLING if word in said]
    assert row.code.casefold() not in said.split()


@pytest.mark.parametrize(
    "code", ["lost_card", "stolen_card", "fraudulent", "pickup_card", "restricted_card", "R15", "R16"]
)
def test_lost_stolen_fraud_and_the_like_may_not_be_told(code: str) -> None:
    assert not codes.lookup(code).may_disclose


@pytest.mark.parametrize("code", ["R02", "R07", "R10", "R51", "R99", "expired_card", "stolen_card"])
def test_a_code_that_ends_a_method_disables_it(code: str) -> None:
    assert codes.reason(code).disable_saved_method


@pytest.mark.parametrize("code", ["insufficient_funds", "R01", "R09", "processing_error"])
def test_a_passing_trouble_leaves_the_method_usable(code: str) -> None:
    assert not codes.lookup(code).disable_saved_method
    assert codes.lookup(code).hard_or_soft == "soft"


def test_every_unauthorized_code_ends_the_method_but_the_one_that_only_disputes_its_terms() -> None:
    assert {code for code in codes.UNAUTHORIZED if not codes.lookup(code).disable_saved_method} == {"R11"}


def test_a_code_nobody_listed_is_not_found_but_is_told_as_a_general_decline() -> None:
    with pytest.raises(CodeNotFound):
        codes.lookup("no_such_code")
    assert codes.reason("no_such_code") == codes.lookup("generic_decline")
    assert codes.reason("R01") == codes.lookup("R01")


@pytest.mark.parametrize("code", ["R99", "R00", "R85"])
def test_a_return_nobody_listed_is_taken_for_the_worst_and_goes_to_a_person(code: str) -> None:
    assert code in codes.for_person()
    assert codes.reason(code).retryable == "never"
    assert not {"R999", "R0", "R1", "r99", "R01", "R02"} & codes.for_person()
    assert codes.reason("R1") == codes.reason("R999") == codes.lookup("generic_decline")

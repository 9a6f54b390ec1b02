"""The words of notices: every kind in both languages with the same facts, short and discreet as texts."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest

import billing_core
import channels
from billing_core import codes, notices, profiles
from billing_core.accounts import Account
from billing_core.notice_facts import READERS, Said
from channels import gsm7
from channels.notices import texts

VARIANTS = [(kind, variant) for kind, row in notices.kinds().items() for variant in row.facts]
LONG_METHOD = "American Express ending 0005"
TEXTED = [(kind, variant) for kind, variant in VARIANTS if texts.has_sms(kind, variant)]
# Everybody's own, beside the facts.
REACHED = {"phone", "portal", "issuer"}
TODAY = date(2026, 12, 27)
LONGEST: dict[str, Any] = {
    "reason": max((row.plain_reason for row in codes.table().values() if not row.code.startswith("LOCAL")), key=len),
    "confirmation": "7F3K-9QXM",
    "method": LONG_METHOD,
    "kept_method": "checking ending 6789",
    "terms": "I authorize drafts.",
}


def long_value(name: str) -> Any:
    if name.endswith("_cents"):
        return 131840
    # September is the longest month in both languages, and far enough to be told with its year.
    return "2027-09-23" if name.endswith("_on") else LONGEST[name]


def account(language: str, profile: str = "nc_seed") -> Account:
    return Account(
        id="a1", name="Wilhelmina Featherstonehaugh", language=language, profile_id=profile, zip_code="27601",
        member_id="M0101", delivery="email",
    )  # fmt: skip


def said(kind: str, variant: str) -> Said:
    return Said(variant, {name: long_value(name) for name in notices.kinds()[kind].facts[variant]})


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def told_of(language: str, kind: str, variant: str) -> dict[str, str]:
    found: dict[str, str] = texts.words(language)["notices"][kind][variant]
    return found


def names(kind: str, variant: str) -> set[str]:
    return {name.removesuffix("_cents").removesuffix("_on") for name in notices.kinds()[kind].facts[variant]}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_kind_and_variant_has_its_words_and_there_are_no_others(language: str) -> None:
    worded = {(kind, variant) for kind, rows in texts.words(language)["notices"].items() for variant in rows}
    assert worded == set(VARIANTS)


def test_every_kind_that_is_written_anywhere_is_in_the_registry() -> None:
    core = Path(billing_core.__file__).parent
    written = {kind for path in core.rglob("*.py") for kind in _kinds_in(ast.parse(path.read_text(encoding="utf-8")))}
    assert written <= set(notices.kinds())
    # Those of attempts, updating and lockouts are written under a name.
    assert set(notices.kinds()) - written <= _named(core) | _named(Path(channels.__file__).parent)


def test_a_kind_that_goes_by_text_has_one_in_every_variant_and_language_and_any_other_has_none() -> None:
    by_text = {(kind, variant) for kind, variant in VARIANTS if "sms" in notices.kinds()[kind].channels}
    for language in texts.LANGUAGES:
        assert {each for each in VARIANTS if "sms" in told_of(language, *each)} == by_text
    assert set(TEXTED) == by_text


@pytest.mark.parametrize("kind", notices.kinds())
def test_every_kind_goes_every_way_or_says_why_not(kind: str) -> None:
    row = notices.kinds()[kind]
    assert set(row.channels).isdisjoint(row.without)
    assert {*row.channels, *row.without} == set(get_args(notices.Way))
    assert all(len(reason.split()) > 4 for reason in row.without.values()), "a reason is a sentence"


def test_what_has_no_text_is_a_copy_to_keep_or_would_be_told_in_the_wrong_place() -> None:
    """Read by a person when this list changes: nobody goes without a text by accident."""
    silent = {kind for kind, row in notices.kinds().items() if "sms" in row.without}
    assert silent == {"lock_refused", "autopay_terms", "paper_copy", "codes_locked"}


def test_every_reader_is_of_a_kind_that_there_is() -> None:
    assert set(READERS) <= set(notices.kinds())


@pytest.mark.parametrize(("kind", "variant"), VARIANTS)
def test_both_languages_say_the_same_facts_in_each_form(kind: str, variant: str) -> None:
    one, other = told_of("en", kind, variant), told_of("es", kind, variant)
    assert set(one) == set(other)
    for form in one:
        assert placeholders(one[form]) == placeholders(other[form]), form


@pytest.mark.parametrize(("kind", "variant"), VARIANTS)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_written_form_says_every_fact_and_nothing_unknown(language: str, kind: str, variant: str) -> None:
    sentences = told_of(language, kind, variant)
    assert placeholders(sentences["body"]) - REACHED == names(kind, variant)
    assert placeholders(sentences["subject"]) <= names(kind, variant)
    assert placeholders(sentences.get("sms", "")) <= names(kind, variant) | REACHED


@pytest.mark.parametrize(("kind", "variant"), TEXTED)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_text_is_gsm7_short_and_opens_with_who_we_are(language: str, kind: str, variant: str) -> None:
    text = texts.sms(account(language), kind, said(kind, variant), TODAY)
    assert text.startswith("Duely Health NC: ")
    assert gsm7.is_gsm7(text), [each for each in text if not gsm7.is_gsm7(each)]
    assert gsm7.length(text) <= 320, gsm7.length(text)


@pytest.mark.parametrize(("kind", "variant"), TEXTED)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_text_tells_no_name_number_or_plan_and_asks_for_no_word_of_the_carriers(
    language: str, kind: str, variant: str
) -> None:
    text = texts.sms(account(language), kind, said(kind, variant), TODAY)
    for private in ("Wilhelmina", "Featherstonehaugh", "M0101", "27601", "Silver"):
        assert private not in text
    assert not re.search(r"\b\d{5,}\b", text.replace("1-800-555-0100", ""))
    assert not re.search(r"\b(CANCEL|END|QUIT|STOP|YES|START)\b", text)


@pytest.mark.parametrize("profile", profiles.shipped())
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_issuer_can_be_reached_from_every_notice(language: str, profile: str) -> None:
    member = account(language, profile)
    reached = member.profile.phone or texts.words(language)["phone_unknown"]
    for kind, variant in VARIANTS:
        mail = texts.email(member, kind, said(kind, variant), TODAY)
        assert reached in mail.body
        assert mail.body.startswith(member.profile.short_name)
        assert mail.subject.startswith(member.profile.short_name)
        assert "2026" in mail.body
        letter = texts.letter(member, kind, said(kind, variant), TODAY)
        assert "Wilhelmina Featherstonehaugh\n27601" in letter.body
        assert "{" not in mail.body + letter.body


def test_the_first_text_tells_how_to_end_them_and_still_fits() -> None:
    facts = Said(
        "bank", {"amount_cents": 41340, "due_on": "2027-01-01", "bank_on": "2027-01-04", "method": "x ending 1"}
    )
    text = texts.sms(account("en"), "autopay_notice", facts, TODAY, first=True)
    assert text.endswith("Reply STOP to end texts, HELP for help.")
    assert gsm7.length(text) <= 320


def test_money_and_days_are_written_as_the_language_writes_them() -> None:
    facts = Said("plain", {"amount_cents": 131840, "due_on": "2027-01-01", "method": "checking ending 6789"})
    english = texts.sms(account("en"), "autopay_notice", facts, TODAY)
    spanish = texts.sms(account("es"), "autopay_notice", facts, TODAY)
    assert "$1,318.40 from checking ending 6789 on January 1." in english
    assert "$1,318.40 de cuenta corriente terminada en 6789 el 1 de enero." in spanish
    assert "January 1, 2027" in texts.email(account("en"), "autopay_notice", facts, TODAY).body
    assert "1 de enero de 2027" in texts.email(account("es"), "autopay_notice", facts, TODAY).body


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_text_for_a_phone_that_is_not_trusted_says_no_amount_and_no_day(language: str) -> None:
    text = texts.brief(account(language))
    assert gsm7.is_gsm7(text)
    assert gsm7.length(text) <= 320
    assert not re.search(r"[$\d]", text)


def test_a_termination_gives_its_effective_day_and_its_reason_in_every_form() -> None:
    facts = Said("plain", {"ended_on": "2026-11-30"})
    member = account("en")
    assert notices.kinds()["termination"].written
    for told in (
        texts.sms(member, "termination", facts, TODAY),
        texts.letter(member, "termination", facts, TODAY).body,
    ):
        assert "November 30" in told
        assert "premium was not paid" in told


def test_every_reason_of_the_code_table_is_there_in_spanish() -> None:
    for row in codes.table().values():
        facts = Said("plain", said("rejection", "plain").facts | {"reason": row.plain_reason})
        text = texts.sms(account("es"), "rejection", facts, TODAY)
        assert row.plain_reason not in text
        assert gsm7.is_gsm7(text)


def test_an_undisclosed_reason_is_told_as_a_general_decline() -> None:
    for row in codes.table().values():
        if not row.may_disclose:
            assert not re.search(r"lost|stolen|fraud|robad|perdid", row.plain_reason, re.I)


def _kinds_in(tree: ast.AST) -> set[str]:
    """The kinds in calls of `record`, `row` and `_write`, and in the steps of aging."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = {"record": 2, "row": 1, "_write": 1}.get(name)
            of_notices = name == "_write" or "notices" in ast.unparse(node.func)
            if place is not None and of_notices and len(node.args) > place:
                kind = node.args[place]
                if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                    found.add(kind.value)
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[1], ast.JoinedStr):
            kind = node.elts[0]
            if isinstance(kind, ast.Constant) and isinstance(kind.value, str) and "{key}" in ast.unparse(node.elts[1]):
                found.add(kind.value)
    return found


def _named(core: Path) -> set[str]:
    """The kinds that stand as a word somewhere in the core, beside the registry and the readers."""
    paths = [path for path in core.rglob("*.py") if path.parent.name != "notice_facts"]
    whole = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    return {kind for kind in notices.kinds() if f'"{kind}"' in whole}

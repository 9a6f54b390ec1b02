"""The encoder of texts under any input: what it replaces is plain, what it counts is what the carrier counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from channels import gsm7
from channels.record import split

PLAIN = st.text(st.sampled_from(sorted(gsm7.BASIC | gsm7.EXTENDED)))


@given(st.text())
def test_replacing_twice_is_replacing_once(text: str) -> None:
    assert gsm7.to_gsm7(gsm7.to_gsm7(text)) == gsm7.to_gsm7(text)


@given(PLAIN)
def test_plain_text_passes_untouched(text: str) -> None:
    assert gsm7.is_gsm7(text)
    assert gsm7.to_gsm7(text) == text


@given(PLAIN)
def test_length_is_characters_plus_one_for_each_extended(text: str) -> None:
    assert gsm7.length(text) == len(text) + sum(text.count(each) for each in gsm7.EXTENDED)


@given(st.text(st.sampled_from("\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u00a0\u200b\u202f abc,.!?")))
def test_what_phones_type_becomes_gsm7(text: str) -> None:
    assert gsm7.is_gsm7(gsm7.to_gsm7(text))


@given(st.text(st.sampled_from("abcdefg .,?!\n^{}€"), min_size=1, max_size=6000))
def test_a_long_text_is_cut_into_parts_that_fit_and_lose_no_word(text: str) -> None:
    parts = split(text)
    assert all(gsm7.length(part) <= 1600 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())

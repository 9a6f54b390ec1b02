"""The secure page for a member who speaks Spanish, and for a guest; both on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from billing_core import views
from tests.browser.conftest import NARROW
from tests.browser.desk import GARCIA, Desk
from tests.browser.test_entry import DECLINED, card_form, choose, desk, filled, form, type_card  # noqa: F401 - its desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]


def test_the_page_speaks_the_members_language(
    page: Page,
    desk: Desk,  # noqa: F811
    accessible: Callable[[], None],
) -> None:
    page.set_viewport_size(NARROW)
    page.goto(desk.link(GARCIA))
    expect(page.get_by_role("heading", name="Agregue una tarjeta o cuenta bancaria")).to_be_visible()
    expect(page).to_have_title("Agregar una tarjeta o cuenta bancaria - Duely")
    choose(page, "Cuenta bancaria")
    expect(page.locator("#consent-text")).to_contain_text("Permito a")
    expect(form(page).get_by_label("Número de ruta")).to_be_visible()
    accessible()
    page.get_by_role("radio", name="Tarjeta").check()
    expect(form(page).get_by_label("Número de tarjeta")).to_be_visible()
    type_card(page, DECLINED, expires="")
    page.get_by_role("button", name="Guardar").click()
    expect(form(page).get_by_text("Escriba el mes y el año, como 08/30.")).to_be_visible()
    type_card(page, DECLINED)
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("alert")).to_have_text("El banco no aceptó esta tarjeta o cuenta. No se guardó nada.")
    type_card(page)
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("heading", name="Visa terminada en 1881: guardado")).to_be_focused()
    assert page.locator("html").get_attribute("lang") == "es"


def test_a_guest_pays_on_a_phone_and_reads_nothing_of_the_member(
    page: Page,
    desk: Desk,  # noqa: F811
    accessible: Callable[[], None],
) -> None:
    page.set_viewport_size(NARROW)
    page.goto(desk.link(purpose="pay", amount_cents=41210))
    expect(page.get_by_role("heading", name="Pay $412.10")).to_be_visible()
    choose(page, "Card")
    accessible()
    assert "Lee" not in page.locator("body").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    type_card(page)
    page.get_by_role("button", name="Pay $412.10").click()
    expect(page.get_by_role("heading", name="Paid $412.10")).to_be_focused()
    expect(page.locator("#confirmation")).to_have_text(re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}"))
    accessible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert views.account(desk.channels.core, "lee")["owed_cents"] == 0
    assert desk.on_file() == ["Visa ending 4242"]

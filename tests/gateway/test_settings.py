"""Settings: README tells them all, production asks for its secrets, development makes its own."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pytest

from gateway import settings
from gateway.settings import SettingWrong, load, with_secrets
from gateway.settings_table import rows
from gateway.training import ROOT

PRODUCTION = {
    "environment": "production",
    "secret_key": "k" * 32,
    "rasa_secret": "r" * 32,
    "public_url": "https://pay.example",
    "twilio_account_sid": "AC1",
    "twilio_auth_token": "token",
    "twilio_from": "+19195550100",
    "smtp_url": "smtp://mail.duely.example:587",
    "email_from": "Our Plan <bills@plan.example>",
    "processor": "stripe",
    "stripe_secret_key": "sk_test_abc",
    "stripe_webhook_secret": "whsec_abc",
    "stripe_publishable_key": "pk_test_abc",
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("DUELY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "ROOT", tmp_path)


def test_readme_lists_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(DUELY_\w+)` \| (.*?) \|", readme, re.MULTILINE))
    assert told == {name: f"`{default}`" if default else "" for name, default, _ in rows()}


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, _, about in rows() if not about] == []


def test_every_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, given in {"DUELY_PORT": "9999", "DUELY_PERSON_PHONE": "1-800-555-0199"}.items():
        monkeypatch.setenv(name, given)
    assert (load().port, load().person_phone) == (9999, "1-800-555-0199")


def test_production_with_everything_set_starts() -> None:
    assert with_secrets(load(**PRODUCTION)).production


@pytest.mark.parametrize("missing", [name for name in PRODUCTION if name not in ("environment", "processor")])
def test_production_without_one_of_them_names_it(missing: str) -> None:
    given: dict[str, Any] = {name: value for name, value in PRODUCTION.items() if name != missing}
    with pytest.raises(SettingWrong, match=f"^DUELY_{missing.upper()} is not set"):
        with_secrets(load(**given))


def test_production_does_not_start_with_a_processor_that_charges_nobody() -> None:
    with pytest.raises(SettingWrong, match=r"^DUELY_PROCESSOR is sandbox"):
        with_secrets(load(**PRODUCTION | {"processor": "sandbox"}))


def test_a_short_secret_is_refused_by_name() -> None:
    with pytest.raises(SettingWrong, match=r"^DUELY_SECRET_KEY must have at least 16"):
        with_secrets(load(**PRODUCTION | {"secret_key": "short"}))


def test_development_makes_its_secrets_once_and_keeps_them_to_itself(tmp_path: Path) -> None:
    first, second = with_secrets(load()), with_secrets(load())
    assert first.secret_key == second.secret_key != first.rasa_secret
    for name in ("secret_key", "rasa_secret"):
        assert stat.S_IMODE((tmp_path / "var" / name).stat().st_mode) == 0o600


def test_a_secret_is_in_no_text_of_the_settings() -> None:
    assert "k" * 32 not in repr(load(**PRODUCTION))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"clock": "tomorrow"}, r"^DUELY_CLOCK cannot be used"),
        ({"port": "99999"}, r"^DUELY_PORT cannot be used"),
        ({"processor": "piggybank"}, r"^DUELY_PROCESSOR cannot be used: it must be one of: sandbox"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_and_not_repeated(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingWrong, match=sentence) as caught:
        load(**given)
    assert next(iter(given.values())) not in str(caught.value)


def test_texts_go_to_the_stand_in_only_where_nothing_of_twilio_is_set() -> None:
    assert load().uses_standin
    assert not load(twilio_api_url="http://127.0.0.1:9").uses_standin
    assert not load(**PRODUCTION).uses_standin


def test_a_relative_database_lies_in_the_repository_wherever_the_command_runs(tmp_path: Path) -> None:
    assert load().database == f"sqlite:///{tmp_path}/var/duely.sqlite"
    assert load(database_url="sqlite:////tmp/x.sqlite").database == "sqlite:////tmp/x.sqlite"


def test_an_empty_clock_is_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUELY_CLOCK", "")
    assert load().clock is None

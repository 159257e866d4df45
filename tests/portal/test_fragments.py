"""Tables of fragments: every state of every table has its own, and no fragment is left that no state shows."""

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import get_template

from portal.web import fragments
from portal.web.fragments import Fragments

import_module(settings.ROOT_URLCONF)  # which loads every view
TABLES = fragments.tables()
TEMPLATES: Path = settings.ROOT / "templates"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.folder)
def test_every_state_has_its_fragment_and_every_fragment_its_state(table: Fragments[Any]) -> None:
    written = {path.name for path in (TEMPLATES / table.folder).iterdir()}

    assert written == {name + ending for name in table.names for ending in table.endings}
    for name in written:
        get_template(f"{table.folder}/{name}")


def test_tables_are_found() -> None:
    assert len(TABLES) >= 4
    assert len({table.folder for table in TABLES}) == len(TABLES)


class Weather(StrEnum):
    SUN = "sun"
    RAIN = "rain"
    SNOW = "snow"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Fragments[Weather]:
    monkeypatch.setattr(fragments, "_tables", [])
    return Fragments("sky", Weather, shared={Weather.SNOW: "rain", Weather.SUN: ""}, endings=(".txt", ".subject.txt"))


def test_a_state_names_its_own_fragment_or_a_shared_one_or_none(table: Fragments[Weather]) -> None:
    assert [table.of(state) for state in Weather] == ["", "sky/rain.txt", "sky/rain.txt"]
    assert table.of(Weather.SNOW, ".subject.txt") == "sky/rain.subject.txt"
    assert table.names == {"rain"}


def test_a_state_that_the_table_does_not_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "_tables", [])
    table = Fragments("sky", [Weather.SUN])

    with pytest.raises(KeyError):
        table.of(Weather.RAIN)

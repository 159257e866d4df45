"""The English texts that the portal ships as data, for the catalogues of languages that the data is not written in.

An app that ships such texts has a module ``shipped_texts`` with a function ``texts``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule


@dataclass(frozen=True)
class ShippedText:
    """An English text. ``also_in`` names the further languages that the data has it in."""

    text: str
    place: str
    also_in: tuple[str, ...] = ("fr",)


def collect(language: str) -> dict[str, str]:
    """Return every text that needs a translation, with the place it comes from, each once, in a fixed order.

    What the data says in this language itself needs none.
    """
    found: dict[str, str] = {}
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, "shipped_texts"):
            for shipped in import_module(f"{app.name}.shipped_texts").texts():
                if language not in shipped.also_in:
                    found.setdefault(shipped.text, shipped.place)
    return found


def english_of(data: object) -> Iterator[str]:
    """Yield the values of "en" and of every key that ends in "_en", at any depth. Empty ones are left out."""
    if isinstance(data, dict):
        for key, value in data.items():
            if isinstance(value, str) and value and (key == "en" or str(key).endswith("_en")):
                yield value
            else:
                yield from english_of(value)
    elif isinstance(data, list):
        for value in data:
            yield from english_of(value)

"""Put the packages of ``requirements.lock`` into groups: what production runs, what it may add, the demo's, ours."""

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = settings.ROOT / "requirements.lock"
# An image installs the first, or with OPTIONAL the first two.
GROUPS = ("run", "optional", "demo", "dev")


class Command(BaseCommand):
    help = "Group requirements.lock by who needs a package: run, optional, demo, dev. Called by make lock."

    def handle(self, *args: Any, **options: Any) -> None:
        LOCK.write_text(grouped(LOCK.read_text()))


def grouped(lock: str) -> str:
    """Return the lock with its entries in groups, each in the order of names."""
    entries = entries_of(lock)
    needed = needed_by_group()
    group_of = {name: next((g for g in GROUPS if name in needed[g]), GROUPS[-1]) for name in entries}
    return "\n".join(
        f"# --- {group}\n" + "".join(entries[name] for name in sorted(entries) if group_of[name] == group)
        for group in GROUPS
    )


def entries_of(lock: str) -> dict[str, str]:
    """Return the text of each package's entry, by its canonical name."""
    found = re.findall(r"^([A-Za-z0-9][\w.\-]*)(?:\[[^\]]*\])?==.*\n(?:[ \t].*\n)*", lock, re.MULTILINE)
    texts = re.finditer(r"^[A-Za-z0-9][\w.\-]*(?:\[[^\]]*\])?==.*\n(?:[ \t].*\n)*", lock, re.MULTILINE)
    return {canonicalize_name(name): text.group() for name, text in zip(found, texts, strict=True)}


def needed_by_group() -> dict[str, set[str]]:
    """Return the canonical names of each group's packages with all that they need, as installed here."""
    project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    optional = [package for name, packages in extras.items() if name not in GROUPS for package in packages]
    asked = {"run": project["dependencies"], "optional": optional, **extras}
    return {group: _closure(asked[group]) for group in GROUPS}


def _closure(asked: Iterable[str]) -> set[str]:
    found: set[tuple[str, str]] = set()
    left = [pair for text in asked for pair in _names(Requirement(text), "")]
    while left:
        name, extra = left.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        left += [pair for text in metadata.requires(name) or [] for pair in _names(Requirement(text), extra)]
    return {name for name, _extra in found}


def _names(requirement: Requirement, extra: str) -> list[tuple[str, str]]:
    """Return the package and each of its wanted extras; [] where the marker does not hold here."""
    if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
        return []
    name = canonicalize_name(requirement.name)
    return [(name, wanted) for wanted in ("", *requirement.extras)]

"""Slots: an upper app registers a function here, and a page of a lower app prints its result."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

# Called with the request and the page's subject; returns HTML or ''.
Slot = Callable[[HttpRequest, Any], SafeString | str]
_slots: dict[str, list[Slot]] = defaultdict(list)


def add(place: str, panel: Slot) -> None:
    _slots[place].append(panel)


def of(place: str) -> list[Slot]:
    return list(_slots[place])

"""What an app above adds to a page of an app below: it registers a function here, and the page prints what it says."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

# Called with the request and what the page is about; gives HTML, or nothing.
Slot = Callable[[HttpRequest, Any], SafeString | str]
_slots: dict[str, list[Slot]] = defaultdict(list)


def add(place: str, panel: Slot) -> None:
    _slots[place].append(panel)


def of(place: str) -> list[Slot]:
    return list(_slots[place])

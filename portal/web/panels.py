"""What an app above adds to a page of an app below: it registers a function here, and the page prints what it says."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

# Called with the request and what the page is about; gives HTML, or nothing.
Panel = Callable[[HttpRequest, Any], SafeString | str]
_panels: dict[str, list[Panel]] = defaultdict(list)


def add(place: str, panel: Panel) -> None:
    _panels[place].append(panel)


def of(place: str) -> list[Panel]:
    return list(_panels[place])

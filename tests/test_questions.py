"""Whatever deletes asks first: by a page of its own, by ``questions.ask``, or by a tick that is needed."""

import inspect
import re
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

DELETES = re.compile(r"(^|_)(remove|withdraw|revoke|forget|leave|erase|delete|take_back_document)(_|$)")
# What can be taken back on the same page, or ends nothing that somebody has.
NEED_NOT: dict[str, str] = {
    "privacy:withdraw": "takes a request to erase back: nothing is deleted",
    "partners:unknown": "the reader of an invitation says that they do not know the company",
}


def views(resolver: URLResolver, namespace: str = "") -> "dict[str, Any]":
    found: dict[str, Any] = {}
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace not in ("admin", "api"):  # Django's admin asks by itself; programs are not asked
                found |= views(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern) and entry.name:
            found[namespace + entry.name] = entry.callback
    return found


OURS = {
    name: inspect.unwrap(view)
    for name, view in views(get_resolver()).items()
    if DELETES.search(name.rpartition(":")[2]) and ":" in name and name not in NEED_NOT
}


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_deletes_asks_first(name: str) -> None:
    source = inspect.getsource(OURS[name])

    asks = "questions.ask(" in source or '"sure"' in source
    has_a_page = "require_POST" not in source and "render(" in source
    assert asks or has_a_page, source


def test_deletions_are_found() -> None:
    assert {"partners:remove", "licensing:remove_line", "onboarding:take_back_document"} <= set(OURS)
    assert len(OURS) >= 8

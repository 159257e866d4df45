"""What Azurite refuses, and what it does not answer, is told in the words of the stores."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from portal.stores.base import StoreError
from tests.portal.stores import buckets
from tests.portal.stores.conftest import AZURE, Stores
from tests.portal.stores.containers import Container

pytestmark = [pytest.mark.django_db, pytest.mark.long]

OTHER_KEY = "YW5vdGhlciBrZXk="
ACTS: dict[str, Callable[[Storage], object]] = {
    "write": lambda store: store.save("a/b", ContentFile(b"x")),
    "read": lambda store: store.open("a/b"),
    "delete": lambda store: store.delete("a/b"),
    "look for": lambda store: store.exists("a/b"),
    "list": lambda store: store.listdir(""),
    "probe": lambda store: store.probe(),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("wrong", [{"key": OTHER_KEY}, {"bucket": "nobody-made-it"}])
def test_refusal_is_said_as_one(container: Container, stores: Stores, wrong: dict[str, Any], act: str) -> None:
    store = stores.use(AZURE, **{**container.options, **wrong})

    with pytest.raises(StoreError) as refused:
        ACTS[act](store)

    assert refused.value.is_denied


@pytest.mark.parametrize("act", ACTS)
def test_silence_ends_in_time_and_is_no_refusal(container: Container, stores: Stores, act: str) -> None:
    with buckets.silent() as nobody:
        store = stores.use(AZURE, **{**container.options, "endpoint": f"{nobody}/portal", "read_seconds": 0.2})
        start = time.monotonic()

        with pytest.raises(StoreError) as silent:
            ACTS[act](store)

    assert not silent.value.is_denied
    # Two tries and the pause between them; with the library's own pause it took twenty.
    assert time.monotonic() - start < 10


def test_names_are_listed_over_all_pages(container: Container, stores: Stores) -> None:
    store, client = stores.use(AZURE, **container.options), container.client()
    names = [f"{number:05}" for number in range(5_100)]  # a page of the service has 5,000
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: client.upload_blob(f"2026/{name}", b"x"), names))

    assert sorted(store.listdir("2026")[1]) == names
    assert store.listdir("") == (["2026"], [])

"""Documents in a folder and in a bucket: one store after the other, for the same tests."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage, storages

from onboarding.models import Document
from portal import health
from portal.privacy.models import DataExport
from tests.onboarding.connectors.conftest import sandbox, servers_running  # noqa: F401
from tests.onboarding.views.test_documents import submitted  # noqa: F401
from tests.portal.stores import buckets, containers
from tests.portal.stores.buckets import Bucket
from tests.portal.stores.containers import Container

FOLDER, S3 = "portal.stores.folder.FolderStore", "portal.stores.s3.S3Store"
AZURE = "portal.stores.azure.AzureStore"


@pytest.fixture(scope="session")
def s3_running() -> Iterator[Bucket]:
    with buckets.running() as bucket:
        yield bucket


@pytest.fixture
def bucket(s3_running: Bucket) -> Iterator[Bucket]:
    """An empty bucket."""
    s3_running.make()
    yield s3_running
    s3_running.allow()


class Stores:
    """Puts a store in the place of the documents'. The columns of files hold the store that was there at the start."""

    def __init__(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.monkeypatch = settings, monkeypatch

    def use(self, backend: str, **options: Any) -> Storage:
        declared = {"BACKEND": backend, "OPTIONS": options}
        self.settings.STORAGES = {**self.settings.STORAGES, "documents": declared}
        for model in (Document, DataExport):
            self.monkeypatch.setattr(model._meta.get_field("file"), "storage", storages["documents"])
        self.monkeypatch.setattr(health, "_probed", (time.monotonic() - 3600, ""))
        return storages["documents"]


@pytest.fixture
def stores(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Stores:
    return Stores(settings, monkeypatch)


@pytest.fixture(scope="session")
def azure_running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not containers.PROGRAM.exists():
        pytest.skip("Azurite is not there: make azure installs it, and runs these tests")
    with containers.running(tmp_path_factory.mktemp("azurite")) as endpoint:
        yield endpoint


@pytest.fixture
def container(azure_running: str) -> Container:
    """An empty container."""
    found = Container(azure_running, f"documents-{uuid.uuid4()}")
    found.client().create_container()
    return found


@pytest.fixture(params=["folder", "s3", pytest.param("azure", marks=pytest.mark.long)])
def store(request: pytest.FixtureRequest, stores: Stores, tmp_path: Path) -> Storage:
    """The store of documents, empty: the tests that take it run over each."""
    if request.param == "folder":
        return stores.use(FOLDER, location=tmp_path / "documents")
    if request.param == "azure":
        return stores.use(AZURE, **request.getfixturevalue("container").options)
    return stores.use(S3, **request.getfixturevalue("bucket").options)

"""A disk that is full, or is not there: people are told, nothing of a file stays, and who is on call sees it."""

import errno
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from onboarding.domain.requests import documents as domain
from onboarding.models import Document, Enrollment
from portal import health, readiness
from portal.accounts.models import User
from portal.stores import folder, space
from portal.stores.base import StoreError, is_full
from portal.stores.folder import FolderStore
from portal.warehouse import nights
from portal.warehouse.models import WarehouseNight
from tests import sample_documents
from tests.onboarding.views.test_documents import ISSUED, form
from tests.portal.stores.conftest import Stores

pytestmark = pytest.mark.django_db
FOLDER = "portal.stores.folder.FolderStore"
SMALL = 256 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of ``SMALL`` bytes. To attach one takes an administrator's rights."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip("no file system can be attached here")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


@pytest.fixture(autouse=True)
def _no_answer_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_probed", (time.monotonic() - 3600, ""))


def fill(disk: Path, *, but: int = 4096) -> None:
    """Leave ``but`` bytes: what follows finds no room in the middle of its file."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    (disk / "ballast").write_bytes(b"x" * (free - but))


def files(disk: Path) -> list[str]:
    return [path.name for path in disk.rglob("*") if path.is_file() and path.name != "ballast"]


def refuse(*_args: Any, **_values: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(params=["a full disk", "a quota that is used up", "a disk that finds out when it is flushed"])
def full(request: pytest.FixtureRequest, stores: Stores, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store that has no room, told in each of the ways in which a system tells it."""
    if request.param == "a full disk":
        disk: Path = request.getfixturevalue("small_disk")
        fill(disk)
    else:
        disk, code = tmp_path, errno.EDQUOT if "quota" in request.param else errno.ENOSPC

        def refuse_so(_handle: int) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "fsync", refuse_so)
    stores.use(FOLDER, location=disk)
    return disk


PAGES: tuple[Callable[[Enrollment], str], ...] = (
    lambda enrollment: f"/enrollments/{enrollment.pk}/documents/",
    lambda enrollment: f"/enrollments/{enrollment.pk}/messages/",
)


@pytest.mark.parametrize("page", PAGES, ids=["documents", "messages"])
def test_upload_is_refused_with_a_sentence_and_keeps_what_was_typed(
    full: Path, page: Callable[[Enrollment], str], as_reseller: Client, submitted: Enrollment
) -> None:
    User.objects.update(language="en-gb")
    large = sample_documents.pdf() + b"%" + b"x" * 8192 + b"\n"

    answer = as_reseller.post(page(submitted), {**form(large), "body": "Here is the invoice."})

    shown = answer.content.decode()
    assert answer.status_code == 503
    assert "our storage is full" in shown
    assert f'value="{ISSUED}"' in shown
    assert "messages" not in page(submitted) or "Here is the invoice." in shown
    assert files(full) == []
    assert not Document.objects.exists()
    assert not submitted.messages.exists()


def test_upload_that_waits_on_a_full_disk_is_told(
    small_disk: Path, as_reseller: Client, submitted: Enrollment, settings: Any
) -> None:
    """Files above FILE_UPLOAD_MAX_MEMORY_SIZE are written into the temporary folder before any view sees them."""
    fill(small_disk)
    settings.FILE_UPLOAD_TEMP_DIR, settings.FILE_UPLOAD_MAX_MEMORY_SIZE = str(small_disk), 1024
    as_reseller.raise_request_exception = False
    large = SimpleUploadedFile("a.pdf", b"%PDF-" + b"x" * SMALL)

    answer = as_reseller.post(f"/enrollments/{submitted.pk}/documents/", {**form(), "file": large})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "600")
    assert "<h1>" in answer.content.decode()
    assert files(small_disk) == []
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, ""), True),
        (OSError(errno.EDQUOT, ""), True),
        (StoreError("", is_full=True), True),
        (StoreError("", is_denied=True), False),
        (OSError(errno.EIO, ""), False),
        (ValueError(), False),
        (None, False),
    ],
)
def test_what_says_that_there_is_no_room(error: BaseException | None, expected: bool) -> None:
    assert is_full(error) is expected


def test_a_file_that_breaks_off_takes_no_other_file_with_it(small_disk: Path) -> None:
    store = FolderStore(small_disk)
    store.save("kept", ContentFile(b"first"))
    fill(small_disk)

    with pytest.raises(OSError, match="No space left"):
        store.save("kept", ContentFile(b"x" * SMALL))
    with pytest.raises(OSError, match="No space left"):
        store.save("aa/new", ContentFile(b"x" * SMALL))

    assert (files(small_disk), (small_disk / "kept").read_bytes()) == (["kept"], b"first")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_save_whole_leaves_no_part_and_keeps_the_whole_before(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path)
    store.save_whole("manifest.json", ContentFile(b"before"))
    monkeypatch.setattr(os, step, refuse)

    with pytest.raises(OSError, match="No space left"):
        store.save_whole("manifest.json", ContentFile(b"after"))

    assert (files(tmp_path), (tmp_path / "manifest.json").read_bytes()) == (["manifest.json"], b"before")


# --- who is on call ---------------------------------------------------------------------------------------------------


def readyz(client: Client) -> tuple[int, str]:
    answer = client.get("/readyz")
    return answer.status_code, answer.content.decode().splitlines()[-1]


def test_health_names_a_full_disk_and_lets_traffic_in(full: Path, client: Client) -> None:
    assert readyz(client) == (200, "documents: full (pages work; no document is taken)")
    assert "store-documents" not in {gap.code for gap in readiness.gaps()}  # a start is not refused for it
    assert files(full) == []


def test_health_names_a_disk_that_is_nearly_full(
    client: Client, stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stores.use(FOLDER, location=tmp_path)
    monkeypatch.setattr(folder, "LEAST_FREE", store.free_bytes() * 2)

    assert readyz(client)[1].startswith("documents: full")


@pytest.mark.parametrize("what", ["nothing", "a file"])
def test_health_names_a_disk_that_is_not_attached(what: str, client: Client, stores: Stores, tmp_path: Path) -> None:
    place = tmp_path / "documents"
    if what == "a file":
        place.write_bytes(b"")
    stores.use(FOLDER, location=place)

    assert readyz(client)[1].startswith("documents: denied")
    assert "store-documents" in {gap.code for gap in readiness.gaps()}
    assert place.exists() == (what == "a file")


def test_probe_leaves_nothing_and_is_content_with_a_folder_that_works(tmp_path: Path) -> None:
    FolderStore(tmp_path).probe()

    assert list(tmp_path.iterdir()) == []


def test_metrics_tell_the_free_bytes_of_each_folder(small_disk: Path, stores: Stores, settings: Any) -> None:
    stores.use(FOLDER, location=small_disk)
    settings.FILE_UPLOAD_TEMP_DIR = str(small_disk)
    [gauge] = space.gauges()
    before = dict(gauge.values)
    fill(small_disk, but=0)
    stores.use(FOLDER, location=small_disk / "gone")

    [gauge] = space.gauges()

    assert {name: 0 < free <= SMALL for name, free in before.items()} == {"documents": True, "spool": True}
    assert gauge.values == {"documents": 0, "spool": 0}


# --- a new deployment -------------------------------------------------------------------------------------------------


def test_folder_is_made_for_a_new_deployment_only(
    stores: Stores, tmp_path: Path, as_reseller: Client, submitted: Enrollment
) -> None:
    place = tmp_path / "documents"
    store = stores.use(FOLDER, location=place)
    domain.make_store_ready()
    store.probe()
    as_reseller.post(f"/enrollments/{submitted.pk}/documents/", form())
    assert Document.objects.count() == 1

    place.rename(tmp_path / "not attached")
    domain.make_store_ready()

    with pytest.raises(StoreError):
        store.probe()


def test_folder_of_the_warehouse_is_made_before_its_first_night(settings: Any, tmp_path: Path) -> None:
    place = tmp_path / "warehouse"
    settings.STORAGES = {**settings.STORAGES, "warehouse": {"BACKEND": FOLDER, "OPTIONS": {"location": place}}}
    nights.make_store_ready()
    assert place.is_dir()

    place.rmdir()
    WarehouseNight.objects.update(made_at="2026-11-30T01:00Z")
    nights.make_store_ready()

    assert not place.exists()

"""Documents live in a folder or in a bucket, and nothing above the store sees a difference."""

import datetime as dt
import gzip
import io
import os
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from onboarding.domain.requests import documents
from onboarding.enums import ScanState
from onboarding.models import Document, Enrollment
from onboarding.sandbox.scanner_twin import EICAR
from onboarding.sandbox.servers import Sandbox
from portal.backup import papers
from portal.privacy import exports, retention
from portal.privacy.models import DataExport
from portal.stores import deletions
from portal.stores.base import save_whole
from portal.stores.models import FileDeletion
from portal.work.loop import do_once
from tests import sample_documents
from tests.builders import NOW
from tests.onboarding.views.test_documents import add, scan
from tests.portal.stores.buckets import Bucket
from tests.portal.stores.conftest import FOLDER, S3, Stores

pytestmark = pytest.mark.django_db

BIG = bytes(range(256)) * 4 * 1024 * 9  # 9 MiB: more than a bucket takes in one part


@pytest.fixture
def scanner(sandbox: Sandbox, settings: Any) -> Sandbox:
    settings.SCANNER_ADDRESS = f"127.0.0.1:{sandbox.scanner_port}"
    return sandbox


# --- the store -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"%PDF", BIG], ids=["empty", "small", "in parts"])
def test_file_comes_back_as_it_was_saved(store: Storage, content: bytes) -> None:
    name = store.save("ab/cdef", ContentFile(content))

    with store.open(name) as file:
        assert file.size == len(content)
        assert b"".join(file.chunks()) == content
    assert (name, store.size(name), store.exists(name)) == ("ab/cdef", len(content), True)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is written to the disk for good, and renamed, in this order."""
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def fsync(handle: int) -> None:
        sync(handle)
        done.append(os.readlink(f"/proc/self/fd/{handle}"))

    def rename(source: Any, target: Any) -> None:
        replace(source, target)
        done.append("renamed")

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", rename)
    return done


def test_folder_outlives_a_loss_of_power_with_every_folder_that_it_made(
    stores: Stores, tmp_path: Path, written: list[str]
) -> None:
    top = tmp_path / "new" / "documents"
    store = stores.use(FOLDER, location=top)

    store.save("ab/cdef", ContentFile(b"content"))

    assert written == [str(path) for path in (top / "ab/cdef", top / "ab", top, tmp_path / "new", tmp_path)]


def test_whole_file_outlives_a_loss_of_power_under_its_name(stores: Stores, tmp_path: Path, written: list[str]) -> None:
    store = stores.use(FOLDER, location=tmp_path)

    save_whole(store, "000001/manifest.json", ContentFile(b"{}"))

    assert written[-2:] == ["renamed", str(tmp_path / "000001")]
    assert str(tmp_path) in written


def test_open_file_goes_back_to_its_beginning_even_after_it_was_closed(store: Storage) -> None:
    file = store.open(store.save("ab/cdef", ContentFile(b"content")))

    first = file.read()
    second = file.open().read()
    file.close()
    third = file.open().read()
    file.close()

    assert [first, second, third] == [b"content"] * 3


def test_file_that_is_not_there_is_told_apart_from_a_store_that_fails(store: Storage) -> None:
    assert not store.exists("ab/none")
    with pytest.raises(FileNotFoundError):
        store.open("ab/none")
    store.delete("ab/none")


def test_names_are_listed_through_all_folders(store: Storage) -> None:
    assert list(papers.names(store)) == []
    for name in ("ab/one", "ab/two", "exports/three.zip", "four"):
        store.save(name, ContentFile(b"x"))

    assert sorted(papers.names(store)) == ["ab/one", "ab/two", "exports/three.zip", "four"]


def test_packed_file_comes_back_packed(store: Storage) -> None:
    packed = gzip.compress(b"id,name")

    name = store.save("000001/companies.csv.gz", ContentFile(packed))

    with store.open(name) as file:
        assert file.read() == packed


def test_reader_of_a_bucket_gets_a_packed_file_packed(bucket: Bucket, stores: Stores) -> None:
    packed = gzip.compress(b"id,name")
    name = stores.use(S3, **bucket.options).save("000001/companies.csv.gz", ContentFile(packed))

    url = bucket.client().generate_presigned_url("get_object", Params={"Bucket": bucket.name, "Key": name})

    assert httpx.get(url, trust_env=False).content == packed


def test_no_address_of_a_file_is_made(store: Storage) -> None:
    name = store.save("ab/cdef", ContentFile(b"x"))

    with pytest.raises(ValueError, match="not accessible via a URL"):
        store.url(name)


# --- the documents of partners ---------------------------------------------------------------------------------------


def test_document_goes_up_is_scanned_and_comes_down(
    store: Storage,
    as_reseller: Client,
    as_bdm: Client,
    submitted: Enrollment,
    scanner: Sandbox,
) -> None:
    document = add(as_reseller, submitted)
    before = as_bdm.get(f"/enrollments/{submitted.pk}/documents/{document.pk}/")
    scan()
    answer = as_bdm.get(f"/enrollments/{submitted.pk}/documents/{document.pk}/")

    assert (before.status_code, answer.status_code) == (409, 200)
    assert answer["Content-Length"] == str(len(sample_documents.pdf()))
    assert answer["Content-Disposition"].startswith("attachment;")
    assert b"".join(answer.streaming_content) == sample_documents.pdf()
    assert list(papers.names(store)) == [document.file.name]
    assert not FileDeletion.objects.exists()


def test_virus_is_found(
    store: Storage,
    as_reseller: Client,
    submitted: Enrollment,
    scanner: Sandbox,
) -> None:
    add(as_reseller, submitted, sample_documents.pdf() + EICAR)
    scan()

    assert Document.objects.get().scan == ScanState.INFECTED


def test_document_that_is_taken_back_leaves_the_store(
    store: Storage,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    document = add(as_reseller, submitted)

    as_reseller.post(f"/enrollments/{submitted.pk}/documents/{document.pk}/take-back/", {"sure": "1"})

    assert list(papers.names(store)) == []
    assert not FileDeletion.objects.exists()


def test_upload_that_a_killed_program_left_is_deleted_after_an_hour(
    store: Storage,
    submitted: Enrollment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class KilledError(BaseException):
        pass

    def die(*_args: Any, **_values: Any) -> None:
        raise KilledError

    monkeypatch.setattr(Document, "save", die)
    upload = documents.Upload(kind="other", name="a.pdf", kind_of_file="pdf", content=sample_documents.pdf())
    with pytest.raises(KilledError):
        documents.take_in(enrollment=submitted, upload=upload, by=submitted.created_by, now=NOW, today=NOW.date())
    left = list(papers.names(store))

    # The hour is over: in the test's transaction the database's clock stands at its beginning.
    FileDeletion.objects.update(next_check_at=NOW)
    do_once(deletions.KIND)

    assert len(left) == 1
    assert list(papers.names(store)) == []
    assert not FileDeletion.objects.exists()


def test_export_is_made_taken_and_deleted_by_the_rule(
    store: Storage,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    document = add(as_reseller, submitted)
    asked = exports.ask(by=submitted.created_by, partner=None, language="en-gb", now=NOW)
    assert do_once(exports.KIND) == 1
    asked.refresh_from_db()
    file = b"".join(as_reseller.get(reverse("privacy:take", args=[asked.pk])).streaming_content)  # type: ignore[attr-defined]

    DataExport.objects.update(made_at=NOW - dt.timedelta(days=8))
    retention.apply("exports", now=NOW)
    do_once(deletions.KIND)

    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        [name] = [each for each in archive.namelist() if each.startswith("documents/")]
        assert archive.read(name) == sample_documents.pdf()
    assert list(papers.names(store)) == [document.file.name]


def test_reconciliation_names_what_is_missing_altered_and_left(
    store: Storage,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    added = [add(as_reseller, submitted, sample_documents.pdf() + b"\n" * n) for n in range(3)]
    store.delete(added[0].file.name)
    store.delete(added[1].file.name)
    store.save(added[1].file.name, ContentFile(b"altered"))
    store.save("zz/left", ContentFile(b"left"))
    said = StringIO()

    with pytest.raises(CommandError) as told:
        call_command("reconcile_documents", stdout=said)

    assert said.getvalue().splitlines() == [
        "3 rows name a file, 3 files are there.", "zz/left: no row names this file",
    ]  # fmt: skip
    assert [line.rpartition(": ")[2] for line in str(told.value).splitlines()] == [
        "the file is missing", "the file was altered",
    ]  # fmt: skip

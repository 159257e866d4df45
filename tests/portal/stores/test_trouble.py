"""A bucket that denies, is silent or is gone: nothing is lost, nothing is left behind, and people are told."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from onboarding.domain.requests import documents
from onboarding.enums import ScanState
from onboarding.models import Document, Enrollment
from onboarding.sandbox.servers import Sandbox
from onboarding.work import documents as work
from portal import health, readiness
from portal.backup import drill, papers
from portal.privacy import archive, erasure, exports, retention
from portal.privacy.models import DataExport, Erasure
from portal.servers import free_port
from portal.stores import deletions
from portal.stores.base import StoreError
from portal.stores.models import FileDeletion
from portal.work import claims, periodic
from portal.work.loop import do_once
from portal.work.models import LimitedDeed, PeriodicJob, Queue
from tests import sample_documents
from tests.builders import NOW, make_user
from tests.onboarding.views.test_documents import ISSUED, add, form
from tests.portal.stores import buckets
from tests.portal.stores.buckets import Bucket
from tests.portal.stores.conftest import S3, Stores

pytestmark = pytest.mark.django_db

Trouble = Callable[[], object]


@pytest.fixture
def kept(bucket: Bucket, stores: Stores) -> Bucket:
    """A bucket that works, as the store of documents."""
    stores.use(S3, **bucket.options)
    return bucket


LONG = pytest.mark.long


@pytest.fixture(
    params=["denies", *(pytest.param(how, marks=LONG) for how in ("is silent", "has no such bucket", "is down"))]
)
def trouble(request: pytest.FixtureRequest, kept: Bucket, stores: Stores) -> Iterator[Trouble]:
    """A function that brings the trouble."""
    options = {**kept.options, "read_seconds": 0.2}
    with buckets.silent() as nobody:
        yield {
            "denies": kept.deny,
            "has no such bucket": lambda: stores.use(S3, **{**options, "bucket": "another-bucket"}),
            "is silent": lambda: stores.use(S3, **{**options, "endpoint": nobody}),
            "is down": lambda: stores.use(S3, **{**options, "endpoint": f"http://127.0.0.1:{free_port()}"}),
        }[request.param]


@pytest.fixture
def over(kept: Bucket, stores: Stores) -> Trouble:
    """A function that ends the trouble."""

    def end() -> None:
        kept.allow()
        stores.use(S3, **kept.options)

    return end


def make_due(model: Any) -> None:
    """The wait is over: in the test's transaction the database's clock stands at its beginning."""
    model.objects.exclude(next_check_at=None).update(next_check_at=NOW)
    Queue.objects.update(closed_until=None)


def test_upload_is_refused_with_a_sentence_and_keeps_what_was_typed(
    trouble: Trouble,
    over: Trouble,
    kept: Bucket,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    path = f"/enrollments/{submitted.pk}/documents/"
    trouble()

    answer = as_reseller.post(path, form())

    page = answer.content.decode()
    assert answer.status_code == 503
    assert "notre stockage ne répond pas" in page
    assert f'value="{ISSUED}"' in page
    assert not Document.objects.exists()
    # What a silent server may have written all the same is deleted once it answers.
    assert FileDeletion.objects.count() == 1
    over()
    make_due(FileDeletion)
    do_once(deletions.KIND)
    assert (kept.keys(), FileDeletion.objects.count()) == ([], 0)
    assert add(as_reseller, submitted).file.name == kept.keys()[0]


@pytest.mark.long
def test_upload_that_a_slow_bucket_writes_later_is_deleted_after_an_hour(
    kept: Bucket, stores: Stores, submitted: Enrollment
) -> None:
    upload = documents.Upload(kind="other", name="a.pdf", kind_of_file="pdf", content=sample_documents.pdf())
    by, now = submitted.created_by, claims.database_now() - dt.timedelta(minutes=1)  # before the test's transaction
    with buckets.silent() as nobody:
        stores.use(S3, **{**kept.options, "endpoint": nobody, "read_seconds": 0.2})
        with pytest.raises(documents.NotStoredError):
            documents.take_in(enrollment=submitted, upload=upload, by=by, now=now, today=NOW.date())
    [name] = FileDeletion.objects.values_list("name", flat=True)

    stores.use(S3, **kept.options)
    do_once(deletions.KIND)
    kept.client().put_object(Bucket=kept.name, Key=name, Body=upload.content)
    do_once(deletions.KIND)
    during = kept.keys()
    make_due(FileDeletion)
    do_once(deletions.KIND)

    assert during == [name]
    assert (kept.keys(), FileDeletion.objects.count()) == ([], 0)


def test_message_with_a_document_that_cannot_be_stored_stays_typed(
    kept: Bucket,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    kept.deny()

    answer = as_reseller.post(
        f"/enrollments/{submitted.pk}/messages/", {"body": "Voici la facture.", **form(), "kind": "other"}
    )

    assert answer.status_code == 503
    assert "notre stockage ne répond pas" in answer.content.decode()
    assert "Voici la facture." in answer.content.decode()
    assert not submitted.messages.exists()


def test_download_says_so_and_sends_no_half_file(
    trouble: Trouble,
    over: Trouble,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    path = f"/enrollments/{submitted.pk}/documents/{add(as_reseller, submitted).pk}/"
    trouble()

    during = as_reseller.get(path)
    over()
    after = as_reseller.get(path)

    assert during.status_code == 503
    assert "notre stockage ne répond pas" in during.content.decode()
    assert b"".join(after.streaming_content) == sample_documents.pdf()  # type: ignore[attr-defined]


def test_scan_waits_and_is_not_lost(
    trouble: Trouble,
    over: Trouble,
    as_reseller: Client,
    submitted: Enrollment,
    sandbox: Sandbox,
    settings: Any,
) -> None:
    settings.SCANNER_ADDRESS = f"127.0.0.1:{sandbox.scanner_port}"
    document = add(as_reseller, submitted)
    make_due(Document)
    trouble()

    do_once(work.KIND)
    document.refresh_from_db()
    waiting = (document.scan, document.errors, document.attempt, document.parked_at)
    over()
    make_due(Document)
    do_once(work.KIND)

    assert waiting == (ScanState.PENDING, 1, 0, None)
    assert Document.objects.get().scan == ScanState.CLEAN


def test_document_that_is_lost_is_parked_for_staff(
    kept: Bucket,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    document = add(as_reseller, submitted)
    kept.client().delete_object(Bucket=kept.name, Key=document.file.name)
    make_due(Document)

    do_once(work.KIND)

    document.refresh_from_db()
    assert document.parked_why.startswith("no such file")


def test_what_is_taken_back_meanwhile_is_deleted_later(
    trouble: Trouble,
    over: Trouble,
    kept: Bucket,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    document = add(as_reseller, submitted)
    trouble()

    as_reseller.post(f"/enrollments/{submitted.pk}/documents/{document.pk}/take-back/", {"sure": "1"})
    document.refresh_from_db()
    make_due(FileDeletion)
    do_once(deletions.KIND)
    row = FileDeletion.objects.get()
    during = (document.removed_at is not None, row.errors, row.parked_at)
    over()
    there = kept.keys()
    make_due(FileDeletion)
    do_once(deletions.KIND)

    assert during == (True, 1, None)
    assert (there, kept.keys(), FileDeletion.objects.count()) == ([document.file.name], [], 0)


def test_export_waits_and_no_export_lacks_a_document(
    trouble: Trouble,
    over: Trouble,
    kept: Bucket,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    add(as_reseller, submitted)
    asked = exports.ask(by=submitted.created_by, partner=None, language="en-gb", now=NOW)
    trouble()

    do_once(exports.KIND)
    asked.refresh_from_db()
    during = (asked.made_at, asked.errors, asked.parked_at)
    over()
    make_due(DataExport)
    do_once(exports.KIND)
    asked.refresh_from_db()

    assert during == (None, 1, None)
    assert asked.is_kept
    assert len(kept.keys()) == 2


def test_export_that_cannot_be_given_now_is_not_called_gone(
    trouble: Trouble,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    asked = exports.ask(by=submitted.created_by, partner=None, language="en-gb", now=NOW)
    do_once(exports.KIND)
    trouble()

    answer = as_reseller.get(reverse("privacy:take", args=[asked.pk]), follow=True)

    assert answer.redirect_chain[0][0].endswith(asked.get_absolute_url())
    assert "notre stockage ne répond pas" in answer.content.decode()


def test_rule_deletes_what_it_could_not_the_next_time(
    trouble: Trouble,
    over: Trouble,
    kept: Bucket,
    submitted: Enrollment,
) -> None:
    exports.ask(by=submitted.created_by, partner=None, language="en-gb", now=NOW)
    do_once(exports.KIND)
    DataExport.objects.update(made_at=NOW.replace(year=2025))
    trouble()

    assert retention.apply("exports", now=NOW) == 1
    do_once(deletions.KIND)
    row = FileDeletion.objects.get()
    during = (row.errors, row.parked_at)
    over()
    make_due(FileDeletion)
    do_once(deletions.KIND)

    assert during == (1, None)
    assert not DataExport.objects.get().is_kept
    assert kept.keys() == []


class KilledError(BaseException):
    pass


@pytest.mark.parametrize("end", ["denies", "kills"])
def test_export_of_a_person_who_is_erased_while_it_is_written_goes(
    end: str, kept: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = make_user()
    exports.ask(by=me, partner=None, language="en-gb", now=NOW)
    erasure.ask(user=me, now=NOW.replace(year=2020))
    save = kept_store().save

    def erase_and_save(name: str, content: Any) -> str:
        assert erasure.carry_out_due(NOW) == 1
        saved = str(save(name, content))
        kept.deny()
        if end == "kills":
            raise KilledError
        return saved

    with monkeypatch.context() as patched:
        patched.setattr(kept_store(), "save", erase_and_save)
        with pytest.raises(KilledError) if end == "kills" else nullcontext():
            do_once(exports.KIND)
    kept.allow()
    left = kept.keys()
    make_due(FileDeletion)
    do_once(deletions.KIND)

    assert len(left) == 1
    assert not DataExport.objects.exists()
    assert (kept.keys(), FileDeletion.objects.count()) == ([], 0)


def test_export_of_a_person_who_is_erased_before_it_is_written_is_not_written(
    kept: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = make_user()
    exports.ask(by=me, partner=None, language="en-gb", now=NOW)
    erasure.ask(user=me, now=NOW.replace(year=2020))
    write = archive.write

    def write_and_erase(*args: Any, **values: Any) -> int:
        rows = write(*args, **values)
        assert erasure.carry_out_due(NOW) == 1
        return rows

    monkeypatch.setattr(archive, "write", write_and_erase)
    assert do_once(exports.KIND) == 1

    assert (kept.keys(), FileDeletion.objects.count(), DataExport.objects.count()) == ([], 0, 0)


@pytest.fixture
def privacy_jobs() -> Iterator[Callable[[], None]]:
    """A function that runs the two jobs that delete and erase, each once."""
    periodic.make_rows()
    PeriodicJob.objects.exclude(name__in=["retention", "erasures"]).delete()

    def run() -> None:
        make_due(PeriodicJob)
        assert [do_once(periodic.KIND) for _job in range(2)] == [1, 1]

    yield run
    periodic.make_rows()


def test_jobs_delete_and_erase_all_but_the_files_while_the_bucket_denies(
    kept: Bucket, privacy_jobs: Callable[[], None]
) -> None:
    long_ago = NOW.replace(year=2020)
    with_file, without = make_user(), make_user()
    asked = exports.ask(by=with_file, partner=None, language="en-gb", now=NOW)
    old = exports.ask(by=make_user(), partner=None, language="en-gb", now=NOW)
    for _export in range(2):
        do_once(exports.KIND)
    DataExport.objects.filter(pk=old.pk).update(made_at=long_ago)
    LimitedDeed.objects.create(deed="export", scope="account", key="k", at=long_ago)
    for user in (with_file, without):
        erasure.ask(user=user, now=long_ago)
    kept.deny()

    for _turn in range(9):
        privacy_jobs()
    jobs = list(PeriodicJob.objects.values_list("parked_at", "errors"))
    waiting = FileDeletion.objects.count()
    kept.allow()
    there = len(kept.keys())
    make_due(FileDeletion)
    for _file in range(waiting):
        do_once(deletions.KIND)

    assert jobs == [(None, 0)] * 2
    assert not Erasure.objects.filter(done_at=None).exists()
    assert not LimitedDeed.objects.filter(at=long_ago).exists()
    assert not DataExport.objects.filter(pk__in=[asked.pk, old.pk], forgotten_at=None).exists()
    assert (waiting, there, kept.keys(), FileDeletion.objects.count()) == (2, 2, [], 0)


def test_reconciliation_calls_no_file_missing(
    trouble: Trouble,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    add(as_reseller, submitted)
    trouble()

    with pytest.raises(CommandError, match="Nothing is known of the files: "):
        call_command("reconcile_documents", stdout=StringIO())


def test_readyz_says_so_and_lets_traffic_in(trouble: Trouble, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    before = client.get("/readyz")
    trouble()
    monkeypatch.setattr(health, "_probed", (time.monotonic() - 3600, ""))
    started = time.monotonic()
    during = client.get("/readyz")

    assert before.content.splitlines()[-1] == b"documents: ok"
    assert during.status_code == 200
    assert during.content.splitlines()[-1].startswith((b"documents: denied (", b"documents: no answer ("))
    # The container's own look at this page gives up after four seconds.
    assert time.monotonic() - started < 3


def test_readiness_names_a_refusal_and_not_a_silence(
    trouble: Trouble, request: pytest.FixtureRequest, bucket: Bucket
) -> None:
    before = {gap.code for gap in readiness.gaps()}
    trouble()
    during = {gap.code for gap in readiness.gaps()} - before

    is_denied = request.node.callspec.params["trouble"] in ("denies", "has no such bucket")
    assert during == ({"store-documents"} if is_denied else set())


def test_who_may_only_read_can_neither_write_nor_delete(
    kept: Bucket,
    stores: Stores,
    as_reseller: Client,
    submitted: Enrollment,
) -> None:
    document = add(as_reseller, submitted)
    key, secret = kept.reader()
    store = stores.use(S3, **{**kept.options, "key": key, "secret": secret})
    kept.deny()

    with pytest.raises(StoreError, match=r"denies the request: AccessDenied \(403\)"):
        store.delete(document.file.name)
    answer = as_reseller.post(f"/enrollments/{submitted.pk}/documents/", form(sample_documents.pdf() + b"\n"))
    with store.open(document.file.name) as file:
        read = file.read()

    assert (answer.status_code, read) == (503, sample_documents.pdf())


def test_bucket_that_is_missing_is_no_file_that_is_deleted(kept: Bucket, stores: Stores) -> None:
    store = stores.use(S3, **{**kept.options, "bucket": "another-bucket"})

    for ask in (store.delete, store.exists, store.open, store.size, store.listdir):
        with pytest.raises(StoreError, match="denies"):
            ask("ab/cdef")


def test_copy_reads_the_originals_bucket_and_leaves_it_as_it_is(
    kept: Bucket,
    as_reseller: Client,
    submitted: Enrollment,
    settings: Any,
) -> None:
    document = add(as_reseller, submitted)
    settings.SEND_NOTHING = True

    answer = as_reseller.post(f"/enrollments/{submitted.pk}/documents/", form(sample_documents.pdf() + b"\n"))
    as_reseller.post(f"/enrollments/{submitted.pk}/documents/{document.pk}/take-back/", {"sure": "1"})
    with document.file.open() as file:
        read = file.read()

    assert (answer.status_code, read) == (503, sample_documents.pdf())
    assert kept.keys() == [document.file.name]


def test_backup_takes_the_documents_of_a_bucket(
    kept: Bucket,
    as_reseller: Client,
    submitted: Enrollment,
    tmp_path: Any,
) -> None:
    document = add(as_reseller, submitted)

    drill._copy(kept_store(), tmp_path / "documents")

    assert (tmp_path / "documents" / document.file.name).read_bytes() == sample_documents.pdf()


def kept_store() -> Any:
    return Document._meta.get_field("file").storage  # type: ignore[union-attr]


def test_names_are_listed_over_all_pages_of_the_server(kept: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    client = kept.client()
    for number in range(8):
        client.put_object(Bucket=kept.name, Key=f"ab/{number}", Body=b"")

    assert len(list(papers.names(kept_store()))) == 8

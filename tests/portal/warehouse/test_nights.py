"""What is written comes to the warehouse once, also what is committed late, and no reader sees half a night."""

import csv
import datetime as dt
import gzip
import hashlib
import io
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import Storage, storages
from django.db import connection, transaction
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.test import Client

from onboarding.models import Enrollment, Event
from portal.partners.models import Partner
from portal.privacy import registry as privacy
from portal.stores.base import StoreError
from portal.warehouse import nights
from portal.warehouse.models import WarehouseNight
from portal.warehouse.tables import TABLES
from portal.work.loop import do_once
from portal.work.models import Queue
from tests.bench.measure import until
from tests.builders import make_partner, make_submitted, make_user
from tests.portal.stores.conftest import (  # noqa: F401
    AZURE,
    FOLDER,
    S3,
    azure_running,
    bucket,
    container,
    s3_running,
)

pytestmark = pytest.mark.django_db(transaction=True)
TABLE_NAMES = {"companies", "enrollments", "checks", "requests", "events"}


@pytest.fixture(params=["folder", *(pytest.param(name, marks=pytest.mark.long) for name in ("s3", "azure"))])
def store(request: pytest.FixtureRequest, transactional_db: None, settings: Any, tmp_path: Path) -> Storage:
    """The warehouse's store, empty, and the first night, which is due."""
    where = {
        "folder": lambda: (FOLDER, {"location": tmp_path}),
        "s3": lambda: (S3, request.getfixturevalue("bucket").options),
        "azure": lambda: (AZURE, request.getfixturevalue("container").options),
    }
    backend, options = where[request.param]()
    settings.STORAGES = {**settings.STORAGES, "warehouse": {"BACKEND": backend, "OPTIONS": options}}
    WarehouseNight.objects.all().delete()
    Queue.objects.get_or_create(pk=nights.QUEUE)
    nights.make_first(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    return storages["warehouse"]


_OLDER_ELSEWHERE = """
SELECT count(*) FROM pg_stat_activity WHERE datname <> current_database() AND backend_xid::text::bigint < %s
"""


def others_have_ended() -> None:
    """Wait for older transactions of other databases: the numbers are the server's, which other tests share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        own = cursor.fetchone()[0]

        def is_so() -> bool:
            cursor.execute(_OLDER_ELSEWHERE, [own])
            return bool(cursor.fetchone()[0] == 0)

        until(is_so)


def night_falls() -> None:
    others_have_ended()
    WarehouseNight.objects.filter(made_at=None).update(next_check_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    Queue.objects.update(tokens=1, closed_until=None, failures=0)
    do_once(nights.KIND)


def manifest(store: Storage, number: int) -> dict[str, Any]:
    with store.open(f"{number:06}/manifest.json") as file:
        return dict(json.loads(file.read()))


def rows(store: Storage, number: int, table: str, kind: str = "csv.gz") -> list[dict[str, str]]:
    """Read a table as a reader does: the file that the manifest names, held against its digest."""
    [told] = [each for each in manifest(store, number)["tables"] if each["name"] == table]
    [file] = [each for each in told["files"] if each["format"] == kind]
    with store.open(file["name"]) as content:
        packed = content.read()
    assert (hashlib.sha256(packed).hexdigest(), len(packed)) == (file["sha256"], file["bytes"])
    if kind == "parquet":
        from pyarrow import parquet  # noqa: PLC0415

        return list(parquet.read_table(io.BytesIO(packed)).to_pylist())
    found = list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))
    assert len(found) == told["rows"]
    return found


def keys(store: Storage, number: int, table: str) -> list[str]:
    return [row["id"] for row in rows(store, number, table)]


@pytest.mark.parametrize("store", ["folder", "s3"], indirect=True)
def test_first_night_has_everything_and_the_next_what_changed(store: Storage) -> None:
    enrollment, other = make_submitted(), make_submitted()
    night_falls()
    Enrollment.objects.filter(pk=enrollment.pk).update(progressed_at=dt.datetime(2026, 5, 1, 10, tzinfo=dt.UTC))
    night_falls()
    night_falls()

    assert manifest(store, 1)["is_everything"]
    assert sorted(keys(store, 1, "enrollments")) == sorted([str(enrollment.pk), str(other.pk)])
    assert len(keys(store, 1, "checks")) == enrollment.checks.count() + other.checks.count()
    assert len(keys(store, 1, "events")) == Event.objects.count() > 0
    [changed] = rows(store, 2, "enrollments")
    assert (changed["id"], changed["progressed_at"]) == (str(enrollment.pk), "2026-05-01T10:00:00.000000Z")
    assert {table["name"]: table["rows"] for table in manifest(store, 3)["tables"]} == dict.fromkeys(TABLE_NAMES, 0)
    assert [manifest(store, number)["from"] for number in (2, 3)] == [manifest(store, n)["to"] for n in (1, 2)]


def test_row_that_is_committed_late_from_a_savepoint_comes_in_the_next_night(store: Storage) -> None:
    night_falls()
    written, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_current_xact_id()")
                with transaction.atomic():
                    late.append(make_partner(name="Late"))
                written.set()
                may_commit.wait(20)
        finally:
            connection.close()

    late: list[Partner] = []
    writer = threading.Thread(target=write_slowly)
    writer.start()
    try:
        assert written.wait(20)
        early = make_partner(name="Early")
        night_falls()
    finally:
        may_commit.set()
        writer.join()
    night_falls()
    night_falls()

    assert keys(store, 2, "companies") == [str(early.pk)]
    # What was committed while the older transaction was under way comes again: a reader keeps the later row.
    assert sorted(keys(store, 3, "companies")) == sorted([str(early.pk), str(late[0].pk)])
    assert keys(store, 4, "companies") == []


def wholes(store: Storage, number: int) -> set[str]:
    """Return the tables that a night has whole."""
    return {table["name"] for table in manifest(store, number)["tables"] if table["is_everything"]}


def test_table_and_column_of_a_new_release_come_with_their_old_rows(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrollment = make_submitted()
    with monkeypatch.context() as before:
        checks = TABLES["checks"]
        before.setitem(TABLES, "checks", replace(checks, fields=checks.fields[:-1]))
        before.delitem(TABLES, "events")
        night_falls()
    night_falls()
    night_falls()

    assert (wholes(store, 1), wholes(store, 2)) == (TABLE_NAMES - {"events"}, {"checks", "events"})
    assert not manifest(store, 2)["is_everything"]
    assert len(keys(store, 2, "checks")) == enrollment.checks.count()
    assert len(keys(store, 2, "events")) == Event.objects.count() > 0
    assert keys(store, 2, "enrollments") == []
    assert (wholes(store, 3), keys(store, 3, "checks")) == (set(), [])


@pytest.mark.parametrize("store", ["folder"], indirect=True)
def test_another_place_gets_everything(store: Storage, settings: Any, tmp_path: Path) -> None:
    company = make_partner()
    night_falls()
    other = {"BACKEND": FOLDER, "OPTIONS": {"location": tmp_path / "other"}}
    settings.STORAGES = {**settings.STORAGES, "warehouse": other}
    night_falls()
    night_falls()

    there = storages["warehouse"]
    assert manifest(there, 2)["is_everything"]
    assert keys(there, 2, "companies") == [str(company.pk)]
    assert keys(there, 3, "companies") == []


def test_administrator_has_everything_sent_again(store: Storage) -> None:
    company = make_partner()
    night_falls()
    administrator = Client()
    administrator.force_login(
        make_user(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    action = {"action": "send_everything", "_selected_action": [WarehouseNight.objects.get(number=1).pk]}
    told = administrator.post("/admin/portal/warehousenight/", action, follow=True).content.decode()
    night_falls()
    night_falls()

    assert "000002" in told
    assert [manifest(store, number)["is_everything"] for number in (1, 2, 3)] == [True, True, False]
    assert keys(store, 2, "companies") == [str(company.pk)]
    assert LogEntry.objects.get().change_message == "everything again"


def test_wish_for_everything_during_a_night_is_for_the_next(store: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    make_partner()
    night_falls()
    read = nights._read

    def meanwhile(*args: Any) -> Any:
        nights.send_everything()
        return read(*args)

    with monkeypatch.context() as patched:
        patched.setattr(nights, "_read", meanwhile)
        night_falls()
    night_falls()

    assert [manifest(store, number)["is_everything"] for number in (2, 3)] == [False, True]


class KilledError(BaseException):
    pass


def _killed(*_args: Any, **_values: Any) -> None:
    raise KilledError


def test_night_of_a_worker_that_died_before_the_manifest_is_completed(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make_partner()
    with monkeypatch.context() as patched, pytest.raises(KilledError):
        patched.setattr(nights, "save_whole", _killed)
        night_falls()
    left = store.listdir("000001")[1]
    later = make_partner(name="Later")
    night_falls()

    assert left
    assert "manifest.json" not in left
    assert sorted(keys(store, 1, "companies")) == sorted([str(company.pk), str(later.pk)])
    named = {file["name"].rpartition("/")[2] for table in manifest(store, 1)["tables"] for file in table["files"]}
    assert {*store.listdir("000001")[1]} == named | {"manifest.json"}


def test_night_of_a_worker_that_died_after_the_manifest_stays_as_it_is(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make_partner()
    with monkeypatch.context() as patched, pytest.raises(KilledError):
        patched.setattr(nights, "_done", _killed)
        night_falls()
    before = manifest(store, 1)
    later = make_partner(name="Later")
    night_falls()
    night_falls()

    assert manifest(store, 1) == before
    assert sorted(keys(store, 2, "companies")) == sorted([str(company.pk), str(later.pk)])
    assert keys(store, 3, "companies") == []


def test_restored_database_sends_everything_under_a_new_number(store: Storage) -> None:
    make_partner()
    night_falls()
    with connection.cursor() as cursor:  # as a dump is restored: by another transaction
        cursor.execute("CREATE TEMP TABLE kept AS SELECT * FROM portal_warehousenight")
        cursor.execute("DELETE FROM portal_warehousenight")
        cursor.execute("INSERT INTO portal_warehousenight SELECT * FROM kept")
        cursor.execute("DROP TABLE kept")
    night_falls()

    assert manifest(store, 2)["is_everything"]
    assert len(keys(store, 2, "companies")) == 1


def series(store: Storage, number: int) -> str:
    """Return the id of a night's series, in which it has everything if it is the first."""
    told = manifest(store, number)
    assert told["is_everything"] == (wholes(store, number) == TABLE_NAMES)
    return str(told["series"])


def go_back_to(number: int, **values: Any) -> None:
    """Make the database's nights those of the evening after this one, as a restore to a point in time does."""
    WarehouseNight.objects.filter(number__gt=number).delete()
    nights.make_row(number + 1, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    written = RawSQL("pg_current_xact_id()::text::bigint", [])
    WarehouseNight.objects.filter(number=number).update(written_by=written, **values)


def test_nights_that_go_on_are_one_series(store: Storage) -> None:
    for _night in range(3):
        night_falls()

    assert len({series(store, number) for number in (1, 2, 3)}) == 1
    assert [manifest(store, number)["is_everything"] for number in (1, 2, 3)] == [True, False, False]


def test_night_that_was_written_before_a_restore_is_followed_by_everything(store: Storage) -> None:
    company = make_partner(name="Early")
    night_falls()
    Partner.objects.filter(pk=company.pk).update(name="Late")
    night_falls()
    go_back_to(1)
    night_falls()
    night_falls()

    assert manifest(store, 3)["is_everything"]
    assert keys(store, 3, "companies") == [str(company.pk)]
    assert series(store, 1) == series(store, 2) != series(store, 3) == series(store, 4)
    assert keys(store, 4, "companies") == []


def test_nights_that_were_read_and_deleted_do_not_hide_a_restore(store: Storage) -> None:
    company = make_partner()
    night_falls()
    before = series(store, 1)
    night_falls()
    for number in (1, 2):
        for name in store.listdir(f"{number:06}")[1]:
            store.delete(f"{number:06}/{name}")
    go_back_to(1, timeline=F("timeline") + 1)
    night_falls()

    assert manifest(store, 2)["is_everything"]
    assert series(store, 2) != before
    assert keys(store, 2, "companies") == [str(company.pk)]


def test_number_is_after_every_night_that_is_there(store: Storage) -> None:
    for _night in range(3):
        night_falls()
    for name in store.listdir("000002")[1]:
        store.delete(f"000002/{name}")
    go_back_to(1)
    night_falls()

    assert manifest(store, 4)["is_everything"]
    assert not store.exists("000002/manifest.json")


def test_timeline_is_the_server_s_by_either_way(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {}
    for way in nights._TIMELINES:
        monkeypatch.setattr(nights, "_TIMELINES", ("SELECT no_such_function()", way))
        ways[way] = nights._timeline()
    monkeypatch.setattr(nights, "_TIMELINES", ("SELECT no_such_function()",))

    assert len(ways) == 2
    assert len({*ways.values()}) == 1
    assert min(ways.values()) >= 1
    assert nights._timeline() == 0


def test_store_that_fails_puts_the_night_off_and_loses_nothing(store: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    company = make_partner()

    def fail(*_args: Any) -> None:
        raise StoreError("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(type(store), "_save", fail)
        night_falls()
    night = WarehouseNight.objects.get()
    during = (night.made_at, night.errors, night.attempt, night.parked_at)
    night_falls()

    assert during == (None, 1, 0, None)
    assert keys(store, 1, "companies") == [str(company.pk)]


def test_worker_that_was_overtaken_writes_no_manifest(store: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    read = nights._read

    def slowly(*args: Any) -> Any:
        found = read(*args)
        WarehouseNight.objects.update(claim_no=7)
        return found

    monkeypatch.setattr(nights, "_read", slowly)
    night_falls()

    assert not store.exists("000001/manifest.json")
    assert WarehouseNight.objects.get().made_at is None


def test_parquet_has_the_rows_of_the_csv(store: Storage) -> None:
    enrollment = make_submitted()
    night_falls()

    [row] = rows(store, 1, "enrollments", "parquet")  # type: ignore[assignment]
    assert row["id"] == str(enrollment.pk)
    assert row["submitted_at"] == enrollment.submitted_at
    assert row["set_aside_at"] is None


@pytest.mark.parametrize("store", ["folder"], indirect=True)
def test_without_pyarrow_there_is_csv_alone(store: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.warehouse.files.find_spec", lambda name: None)
    night_falls()

    assert {file["format"] for table in manifest(store, 1)["tables"] for file in table["files"]} == {"csv.gz"}


def test_without_a_warehouse_the_night_passes(transactional_db: None) -> None:
    WarehouseNight.objects.all().delete()
    Queue.objects.get_or_create(pk=nights.QUEUE)
    nights.make_first(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    night_falls()

    night = WarehouseNight.objects.get()
    assert (night.made_at, night.lease_until, night.errors) == (None, None, 0)


def test_no_personal_data_leaves() -> None:
    assert {*TABLES} == TABLE_NAMES
    for table in TABLES.values():
        personal = {
            field
            for record in privacy.RECORDS.values()
            if record.model == table.model._meta.label
            for field in (*record.fields, *record.secret)
        }
        assert {*table.fields} & personal == ({"country"} if table.name == "companies" else set())


def test_next_night_is_ahead(settings: Any) -> None:
    settings.WAITING_PACE = 1
    at = dt.datetime(2026, 3, 1, 0, 59, tzinfo=dt.UTC)

    found = [nights.next_night(at + dt.timedelta(minutes=minutes)) for minutes in (0, 1, 2)]

    assert found == [dt.datetime(2026, 3, day, 1, tzinfo=dt.UTC) for day in (1, 2, 2)]

"""A backup is proven whole, and each way in which a copy is not the original is found."""

import datetime as dt
import hashlib
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection, models

from onboarding.models import Document, Enrollment
from portal.audit import sealing
from portal.backup import drill, fingerprints, papers, programs
from portal.notices.models import Mail
from tests.builders import NOW, make_submitted

pytestmark = pytest.mark.django_db(transaction=True)


def make_document(enrollment: Enrollment, content: bytes) -> Document:
    return Document.objects.create(
        enrollment=enrollment, kind="other", name="facture.pdf", kind_of_file="pdf", size=len(content),
        digest=hashlib.sha256(content).hexdigest(), uploaded_by=enrollment.created_by, uploaded_at=NOW,
        file=ContentFile(content, name="facture.pdf"), queue="scanner", next_check_at=NOW,
    )  # fmt: skip


@pytest.fixture
def world(transactional_db: None) -> Enrollment:
    """An enrollment with checks that are due, two documents, a mail that waits, sealed histories, and an export."""
    for name in list(papers.names(storages["documents"])):  # other tests'
        storages["documents"].delete(name)
    enrollment = make_submitted()
    for content in (b"%PDF one", b"%PDF two"):
        make_document(enrollment, content)
    storages["documents"].save("exports/a.zip", ContentFile(b"everything about a person"))
    Mail.objects.create(key="k", to="a@b.example", subject="s", text="t", queue="mail", next_check_at=NOW)
    sealing.run(NOW)
    sealing.run(NOW + dt.timedelta(hours=2))
    return enrollment


def databases() -> set[str]:
    """Return our own: other workers of this run use the server too."""
    ours = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [ours])
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.long
def test_drill_proves_a_whole_backup_and_leaves_nothing(world: Enrollment, tmp_path: Path) -> None:
    before, said = databases(), StringIO()

    call_command("drill", keep=str(tmp_path / "kept"), stdout=said)

    assert said.getvalue().splitlines()[-1] == "The copy is whole."
    assert databases() == before
    assert Mail.objects.get().next_check_at == NOW
    kept = {path.relative_to(tmp_path / "kept").parts[0] for path in (tmp_path / "kept").rglob("*")}
    assert kept == {"database.dump", "documents"}
    assert not (tmp_path / "kept/documents/exports").exists()
    with pytest.raises(CommandError, match="is not empty"):
        call_command("drill", keep=str(tmp_path / "kept"))


@pytest.mark.long
def test_drill_makes_the_copy_where_it_is_told_and_touches_no_database_that_exists(world: Enrollment) -> None:
    reached = drill.source()
    elsewhere = programs.url({**reached, "dbname": f"{reached['dbname']}_elsewhere"})

    call_command("drill", into=elsewhere, stdout=StringIO())

    assert databases() == {reached["dbname"]}
    with pytest.raises(CommandError, match="the copy cannot be made"):
        call_command("drill", into=programs.url(reached), stdout=StringIO())
    assert Enrollment.objects.count() == 1


Plant = Callable[[drill.Backup, dict[str, Any]], None]


def _sql(text: str) -> Plant:
    def plant(backup: drill.Backup, copy: dict[str, Any]) -> None:
        with drill._connected(copy) as there, there.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(text)
            there.commit()

    return plant


def _first_file(backup: drill.Backup) -> Path:
    return min(path for path in backup.documents.rglob("*") if path.is_file())


def _lose(backup: drill.Backup, copy: dict[str, Any]) -> None:
    _first_file(backup).unlink()


def _alter(backup: drill.Backup, copy: dict[str, Any]) -> None:
    _first_file(backup).write_bytes(b"%PDF won")


@pytest.mark.long
def test_each_difference_is_found_and_named(world: Enrollment, tmp_path: Path) -> None:
    backup = drill.take(tmp_path / "backup")
    planted: dict[str, tuple[Plant, str]] = {
        "a row deleted": (_sql("DELETE FROM notices_mail"), "notices_mail: 1 rows, 0 in the copy"),
        "a value altered": (
            _sql("UPDATE partners_partner SET name = name || '.'"), "partners_partner: the values of some rows differ",
        ),
        "a table lost": (_sql("DROP TABLE portal_cache"), "portal_cache: only in the original"),
        "a trigger lost": (_sql("ALTER TABLE onboarding_event DISABLE TRIGGER USER"), "triggers: "),
        "keys to be given out again": (
            _sql("SELECT setval('onboarding_event_id_seq', 1)"), "onboarding_event_id_seq: the copy would give",
        ),
        "work that is not due": (
            _sql("UPDATE onboarding_check SET parked_at = now(), parked_why = 'x'"), "onboarding_check, queue ",
        ),
        "a history shortened": (_sql("DELETE FROM onboarding_event"), "onboarding_event, "),
        "a document altered": (_alter, "the file was altered"),
        "a document lost": (_lose, "the file is missing"),
    }  # fmt: skip

    with drill.restored(backup) as copy:
        assert drill.compare(backup, copy).faults == []
    missed = {}
    for what, (plant, sentence) in planted.items():
        with drill.restored(backup) as copy:
            plant(backup, copy)
            faults = drill.compare(backup, copy).faults
            if not any(sentence in fault for fault in faults):
                missed[what] = faults

    assert missed == {}


def test_copy_that_did_the_originals_work_is_found() -> None:
    look = drill.CopyReport(0, 0, [], 0, 0, [], [], claimed=3, refuses_to_send=False)

    assert drill.told_of_sending(look) == [
        "the copy would send requests", "the copy did 3 rows of work that are the original's",
    ]  # fmt: skip


def test_figures_do_not_depend_on_the_order_of_rows_or_the_sessions_settings(world: Enrollment) -> None:
    taken = []
    for zone, style in (("UTC", "ISO"), ("Pacific/Auckland", "German")):
        there = psycopg2.connect(**{k: v for k, v in drill.source().items() if k != "cursor_factory"})
        with there.cursor() as cursor:
            cursor.execute(f"SET TimeZone = '{zone}'; SET DateStyle = '{style}'")
        taken.append(fingerprints.take(there, due_tables=["notices_mail"], at=NOW))
        there.close()
        Document.objects.filter(pk=min(Document.objects.values_list("pk", flat=True))).update(name="facture.pdf")

    assert fingerprints.differences(*taken) == []
    assert taken[0].due == {("notices_mail", "mail"): 1}


# --- files and rows ----------------------------------------------------------------------------------------------
def reconciled() -> tuple[str, str]:
    said = StringIO()
    try:
        call_command("reconcile_documents", stdout=said)
    except CommandError as error:
        return said.getvalue(), str(error)
    return said.getvalue(), ""


def test_reconciling_names_files_without_rows_and_rows_without_files(world: Enrollment) -> None:
    files, (first, second) = storages["documents"], Document.objects.order_by("pk")
    files.save("ab/left-by-a-crash", ContentFile(b"x"))
    files.delete(first.file.name)
    Path(files.path(second.file.name)).write_bytes(b"another file")

    said, fault = reconciled()

    assert said.splitlines() == [
        "2 rows name a file, 3 files are there.",
        "ab/left-by-a-crash: no row names this file",
        "exports/a.zip: no row names this file",
    ]
    assert sorted(fault.splitlines()) == sorted([
        f"{first.file.name} of onboarding.Document {first.pk}: the file is missing",
        f"{second.file.name} of onboarding.Document {second.pk}: the file was altered",
    ])  # fmt: skip


def test_reconciling_expects_no_file_of_a_document_that_was_taken_back(world: Enrollment) -> None:
    document = Document.objects.first()
    assert document is not None
    Document.objects.filter(pk=document.pk).update(removed_at=NOW)
    storages["documents"].delete(document.file.name)

    assert reconciled() == (
        "1 rows name a file, 2 files are there.\nexports/a.zip: no row names this file\n", "",
    )  # fmt: skip


def test_every_column_of_stored_files_is_registered() -> None:
    columns = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FileField)
    }

    assert {*papers.registered()} == columns


# --- programs ----------------------------------------------------------------------------------------------------
@pytest.fixture
def old_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, says in (("pg_dump", "pg_dump (PostgreSQL) 9.6.24"), ("pg_restore", "no version")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{says}'\n")
        (tmp_path / name).chmod(0o700)
    monkeypatch.setenv("PG_PROGRAMS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "said"), [("pg_dump", r"pg_dump \(9\)"), ("pg_restore", "does not start"), ("pg_dumpall", "is needed")]
)
def test_program_that_is_too_old_or_missing_is_said(old_programs: Path, name: str, said: str) -> None:
    with pytest.raises(programs.ProgramError, match=said):
        programs.find(name, at_least=15)


def test_address_of_a_database_keeps_every_character_of_its_password(world: Enrollment) -> None:
    import dj_database_url  # noqa: PLC0415

    reached = {"dbname": "a b", "user": "po@rtal", "password": "a/b#c?d%e:f", "host": "/run/pg", "port": 5433,
               "sslmode": "require", "options": "-c jit=off"}  # fmt: skip
    read = dj_database_url.parse(programs.url(reached))

    assert [read[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")] == [
        "a b", "po@rtal", "a/b#c?d%e:f", "/run/pg", 5433, {"sslmode": "require"},
    ]  # fmt: skip
    assert "a/b#c?d%e:f" not in programs.dsn(reached)

"""Whoever alters, deletes, swaps or adds a row of a sealed history is found, with the table and the range."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from onboarding.models import Enrollment, Event
from portal.audit import digests, erasing, proving, registry, sealing, verifying
from portal.audit.models import RowSalt, Seal, SealMark, StaffLook
from portal.audit.registry import Trail
from portal.work import periodic
from portal.work.loop import do_once
from portal.work.models import PeriodicJob
from tests.builders import NOW, make_enrollment

pytestmark = pytest.mark.django_db(transaction=True)

Tampering = Callable[[Trail, list[int]], None]
# Append-only models that no seal covers, each with its reason.
NOT_SEALED = {
    "onboarding.CampaignEvent": "the step of a mail that is taken back before it leaves is deleted",
    "audit.Seal": "the chain covers it",
    "audit.AdminAct": "a proxy of the admin's log, which is sealed",
}


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)


def delete(trail: Trail, keys: list[int]) -> None:
    run(f"DELETE FROM {trail.table} WHERE {trail.key} = %s", keys[1])


def delete_last(trail: Trail, keys: list[int]) -> None:
    run(f"DELETE FROM {trail.table} WHERE {trail.key} = %s", keys[-1])


def delete_all(trail: Trail, keys: list[int]) -> None:
    run(f"DELETE FROM {trail.table}")


def swap(trail: Trail, keys: list[int]) -> None:
    for key, to in ((keys[0], -1), (keys[1], keys[0]), (-1, keys[1])):
        run(f"UPDATE {trail.table} SET {trail.key} = %s WHERE {trail.key} = %s", to, key)


def insert_below(trail: Trail, keys: list[int]) -> None:
    copy(trail, keys[0], -5)


def insert_into_a_gap(trail: Trail, keys: list[int]) -> None:
    copy(trail, keys[0], next(key for key in range(keys[0], keys[-1]) if key not in keys))


def copy(trail: Trail, key: int, to: int) -> None:
    """Add a copy of a row under another key, once nothing has to be unique any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique"
            " AND NOT indisprimary", [trail.table],
        )  # fmt: skip
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
    names = ", ".join(f'"{name}"' for name in [*trail.columns()[1:], *trail.left_out])
    run(f"INSERT INTO {trail.table} ({trail.key}, {names}) SELECT %s, {names} FROM {trail.table}"
        f" WHERE {trail.key} = %s", to, key)  # fmt: skip


# Another value of each type. Empty texts and missing values change as well.
OTHER = {
    "boolean": "NOT coalesce({0}, false)",
    "jsonb": """coalesce({0}, '{{}}') || '{{"x": 1}}'""",
    "date": "coalesce({0}, '2001-01-01') + 1",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 microsecond'",
    "uuid": "gen_random_uuid()",
    "ARRAY": "array_append({0}, NULL)",
}
TEXT = "overlay(coalesce({0}, '') PLACING CASE WHEN left({0}, 1) = 'x' THEN 'y' ELSE 'x' END FROM 1 FOR 1)"
NUMBER = "coalesce({0}, 0) + 1"


def alter(trail: Trail, key: int, column: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = %s",
            [trail.table, column],
        )
        [kind] = cursor.fetchone()
    other = OTHER.get(kind, NUMBER if "int" in kind else TEXT)
    run(f"UPDATE {trail.table} SET {column} = {other.format(column)} WHERE {trail.key} = %s", key)


def as_attacker(deed: Tampering, trail: Trail) -> list[proving.Fault]:
    """Do it with all rights on the database, without triggers and constraints; return what is found, and undo it."""
    with transaction.atomic():
        run("SET LOCAL session_replication_role = replica")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'u')",
                [trail.table],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {trail.table} DROP CONSTRAINT "{name}"')
        deed(trail, keys_of(trail))
        found = verifying.verify(now=NOW).faults
        transaction.set_rollback(True)
    return found


def keys_of(trail: Trail) -> list[int]:
    return list(trail.get_model()._base_manager.order_by("pk").values_list("pk", flat=True))


def test_every_history_is_registered() -> None:
    append_only = {
        model._meta.label
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", [])
        if type(trigger).__name__ == "Protect" and "UPDATE" in str(trigger.operation)
    } | {model._meta.label for model in apps.get_models() if hasattr(model, "pgh_tracked_model")}

    assert len(append_only) >= 10
    assert append_only - {trail.model for trail in registry.TRAILS.values()} == set(NOT_SEALED)


def test_untouched_histories_are_whole(histories: Enrollment) -> None:
    report = verifying.verify(now=NOW)

    assert report.faults == []
    assert report.is_signed and report.seals >= len(registry.TRAILS)
    assert all(len(keys_of(trail)) >= 3 for trail in registry.TRAILS.values())
    assert report.unsealed == 0


def test_worker_seals_what_is_new(histories: Enrollment) -> None:
    """A worker tells the history what it works on, and each statement passes through that."""
    make_enrollment()
    waiting = verifying.verify(now=NOW).unsealed
    PeriodicJob.objects.exclude(name="seal histories").update(next_check_at=Now() + dt.timedelta(days=1))

    for _ in range(2):
        PeriodicJob.objects.filter(name="seal histories").update(next_check_at=Now())
        do_once(periodic.KIND)

    report = verifying.verify(now=timezone.now())
    assert waiting > 0
    assert PeriodicJob.objects.get(name="seal histories").errors == 0
    assert (report.unsealed, report.faults) == (0, [])


@pytest.mark.long
def test_every_altered_cell_is_found_with_its_range(histories: Enrollment) -> None:
    missed, tried = [], 0
    for trail in registry.TRAILS.values():
        seal = Seal.objects.get(table=trail.table)
        for column in trail.columns()[1:]:
            tried += 1
            found = as_attacker(lambda t, keys, c=column: alter(t, keys[1], c), trail)  # type: ignore[misc]
            if [(fault.table, fault.after_id, fault.upto_id) for fault in found] != [
                (trail.table, seal.after_id, seal.upto_id)
            ]:
                missed.append((trail.code, column, found))

    assert tried > 100
    assert missed == []


def test_every_deleted_swapped_or_added_row_is_found(histories: Enrollment) -> None:
    found = {
        (deed.__name__, trail.table): [fault.table for fault in as_attacker(deed, trail)]
        for deed in (delete, delete_last, delete_all, swap, insert_below, insert_into_a_gap)
        for trail in registry.TRAILS.values()
    }

    assert {what: tables for what, tables in found.items() if tables != [what[1]]} == {}


def forged_seal(trail: Trail, keys: list[int]) -> None:
    """Alter a row, and write seals that fit it, as somebody does who has read this code."""
    delete(trail, keys)
    Seal.objects.all().delete()
    RowSalt.objects.all().delete()
    SealMark.objects.all().delete()
    with_another_key = "QW5vdGhlciBrZXkgb2YgMzIgYnl0ZXMsIGZvcmdlZCE="
    chain = digests.FIRST
    for number, one in enumerate(registry.TRAILS.values(), start=1):
        own = keys_of(one)
        salts = {key: RowSalt.objects.create(table=one.table, row_id=key, salt="0") for key in own if one.personal}
        rows = list(digests.read(one.table, one.key, after=digests.BELOW_ALL, upto=own[-1]))
        found = digests.of_rows(rows, one.columns(), one.personal, salts)
        seal = Seal(number=number, table=one.table, after_id=digests.BELOW_ALL, upto_id=own[-1], count=found.count,
                    columns=one.columns(), personal=list(one.personal), digest=found.value, sealed_at=NOW)  # fmt: skip
        seal.chain = chain = digests.of_seal(seal, chain)
        seal.signature = digests._code(with_another_key, chain)
        seal.save()


def test_who_rewrites_all_seals_lacks_the_key(histories: Enrollment, settings: Any) -> None:
    before = verifying.verify(now=NOW)

    found = as_attacker(forged_seal, registry.TRAILS["events"])

    assert [fault.what for fault in found] == ["no key of this deployment signed it"]
    with transaction.atomic():
        run("SET LOCAL session_replication_role = replica")
        forged_seal(registry.TRAILS["events"], keys_of(registry.TRAILS["events"]))
        settings.SECRETS_KEYS = []
        assert [fault.what for fault in verifying.verify(now=NOW, expected=before.chain).faults] == [
            "no seal has the digest that was expected"
        ]
        transaction.set_rollback(True)


def test_every_altered_seal_is_found(histories: Enrollment) -> None:
    values = {
        "digest": "f" * 64, "table": "other", "upto_id": 99, "count": 99, "columns": ["id"], "personal": ["x"],
        "sealed_at": NOW + dt.timedelta(seconds=1), "number": 999,
    }  # fmt: skip
    found = {}
    for what, value in values.items():
        with transaction.atomic():
            run("SET LOCAL session_replication_role = replica")
            Seal.objects.filter(number=2).update(**{what: value})
            found[what] = {fault.table for fault in verifying.verify(now=NOW).faults}
            transaction.set_rollback(True)

    assert [what for what, tables in found.items() if "audit_seal" not in tables] == []


def test_missing_seal_is_found(histories: Enrollment) -> None:
    with transaction.atomic():
        run("SET LOCAL session_replication_role = replica")
        Seal.objects.filter(number=2).delete()
        faults = verifying.verify(now=NOW).faults
        transaction.set_rollback(True)

    assert "seals 2 to 2 are missing" in {fault.what for fault in faults}


def test_salt_that_was_changed_is_found(histories: Enrollment) -> None:
    for value in ("other", ""):
        with transaction.atomic():
            RowSalt.objects.filter(table="onboarding_message").update(salt=value)
            faults = verifying.verify(now=NOW).faults
            transaction.set_rollback(True)

        assert {fault.table for fault in faults} == {"onboarding_message"}, value


def test_erased_values_leave_the_seals_whole(histories: Enrollment) -> None:
    [mine] = [message.pk for message in histories.messages.filter(body="Bonjour 1")]
    answers = list(histories.answer_history.values_list("pk", flat=True))  # type: ignore[attr-defined]

    assert erasing.erase("messages", [mine], now=NOW) == 1
    assert erasing.erase("messages", [mine], now=NOW) == 0
    assert erasing.erase("answers", answers, now=NOW) > 0
    acts = keys_of(registry.TRAILS["admin"])
    assert erasing.erase("admin", acts, now=NOW) == len(acts)

    report = verifying.verify(now=NOW)
    assert report.faults == [] and report.erased > 1
    assert histories.messages.get(pk=mine).body == digests.GONE
    assert set(histories.answer_history.values_list("contact_email", flat=True)) == {""}  # type: ignore[attr-defined]
    assert not RowSalt.objects.filter(table="onboarding_message", row_id=mine).exclude(salt="").exists()


def test_erased_value_cannot_become_another(histories: Enrollment) -> None:
    mine = histories.messages.get(body="Bonjour 1").pk
    erasing.erase("messages", [mine], now=NOW)

    with transaction.atomic():
        run("SET LOCAL session_replication_role = replica")
        run("UPDATE onboarding_message SET body = 'Forged' WHERE id = %s", mine)
        faults = verifying.verify(now=NOW).faults
        transaction.set_rollback(True)

    assert [fault.what for fault in faults] == [f"personal values differ from what was sealed or erased (id {mine})"]


def test_what_comes_later_is_sealed_later_in_batches(histories: Enrollment, monkeypatch: Any) -> None:
    monkeypatch.setattr(sealing, "BATCH", 2)
    before = Seal.objects.filter(table="audit_stafflook").count()
    for _number in range(5):
        StaffLook.objects.create(at=NOW, actor=histories.created_by, what="onboarding:support")

    assert sealing.run(NOW) == 0
    assert sealing.run(NOW) == 3

    rows = Seal.objects.filter(table="audit_stafflook").order_by("number").values_list("count", flat=True)
    assert [*rows][before:] == [2, 2, 1]
    assert verifying.verify(now=NOW).faults == []


def test_row_of_an_open_transaction_is_waited_for() -> None:
    """The transaction took the smaller key and commits after a row with a greater one was seen."""
    enrollment = make_enrollment()
    taken, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            Event.objects.create(enrollment=enrollment, at=NOW, kind="reminded")
            taken.set()
            go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert taken.wait(20)
    last = Event.objects.create(enrollment=enrollment, at=NOW, kind="reminded")
    sealing.run(NOW)
    sealing.run(NOW)
    sealed_while_open = Seal.objects.filter(table="onboarding_event", upto_id__gte=last.pk).exists()
    go_on.set()
    thread.join()
    sealing.run(NOW)
    sealing.run(NOW)

    assert not sealed_while_open
    assert Seal.objects.filter(table="onboarding_event", upto_id__gte=last.pk).exists()
    assert verifying.verify(now=NOW).faults == []


def test_rows_that_nobody_seals_are_named() -> None:
    make_enrollment()

    faults = verifying.verify(now=timezone.now() + dt.timedelta(days=3)).faults

    assert {"onboarding_event", "onboarding_answerhistory"} <= {fault.table for fault in faults}


def test_command_prints_the_newest_seal_and_fails_with_the_range(histories: Enrollment, capsys: Any) -> None:
    newest = Seal.objects.latest("number")
    call_command("verify_audit", expect=newest.chain)
    assert f"Newest seal: {newest.number} {newest.chain} (signed)" in capsys.readouterr().out

    row = histories.events.order_by("pk")[0]
    with transaction.atomic():
        run("SET LOCAL session_replication_role = replica")
        Event.objects.filter(pk=row.pk).update(kind="ready")
        with pytest.raises(CommandError, match=r"onboarding_event, .* < id <= \d+: a row was changed"):
            call_command("verify_audit")
        transaction.set_rollback(True)


def test_every_personal_column_of_a_history_can_be_emptied(histories: Enrollment) -> None:
    for code, trail in registry.TRAILS.items():
        if trail.personal:
            erasing.erase(code, keys_of(trail), now=NOW)

    assert verifying.verify(now=NOW).faults == []

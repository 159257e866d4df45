"""Old months of a history are detached and attached: nothing is lost, and the seals hold all the while."""

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from onboarding.domain.desk import queries, reports
from onboarding.domain.enrollment import tenant_proof, withdrawal
from onboarding.domain.requests import tracking
from onboarding.enums import Kind
from onboarding.models import Enrollment, Event
from portal.accounts.models import User
from portal.audit import detaching, proving, registry, sealing, verifying
from portal.audit.detaching import AT_HAND, RefusedError
from portal.audit.models import DetachedMonth, DetachedRows, Seal
from portal.backup import drill, programs
from portal.partitions import catalog, months
from portal.partitions.catalog import execute, rows_of, value_of
from tests.builders import NOW, make_bdm, make_submitted, make_user
from tests.onboarding.domain.test_reports import refused
from tests.portal.audit.conftest import SECRET, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS, CHECKS = "onboarding_event", "onboarding_checkhistory"
PROGRAMS = ("pg_dump", "pg_restore")
PROOF = {"tenant": "t", "name": "Exemple", "domains": [], "named": "exempleinfo.onmicrosoft.com", "told": ""}


@pytest.fixture
def old(histories: Enrollment) -> Enrollment:
    """Return an enrollment whose seals cover two months: the first partition's, and the one after it."""
    pages = ("mpn-id", "location", "company", "contact")
    for page, at in zip(pages, (NOW, second_month(), NOW, second_month()), strict=True):
        Event.objects.create(enrollment=histories, at=at, kind="answered", data={"page": page})
    Event.objects.create(enrollment=histories, at=NOW, kind="tenant_proven", data=PROOF, actor=histories.created_by)
    check = {"check_kind": Kind.values[0], "check_authority": "microsoft"}
    Event.objects.create(enrollment=histories, at=NOW, kind="sent_unseen", **check)
    sealing.run(NOW)
    sealing.run(NOW)
    return histories


@pytest.fixture(autouse=True)
def _as_before(transactional_db: None) -> Any:
    """Put every detached month back: the tables outlive a test."""
    before = {table: catalog.partitions(table) for table in (EVENTS, CHECKS)}
    yield
    for table, parts in before.items():
        _rebuild(table, parts)


def _rebuild(table: str, wanted: list[catalog.Partition]) -> None:
    there = catalog.partitions(table)
    if [part.name for part in there] == [part.name for part in wanted]:
        return
    with transaction.atomic():
        for part in there:
            months.detach(part)
            execute("DROP TABLE {name}", name=part.name)
        for part in wanted:
            execute("DROP TABLE IF EXISTS {name}", name=part.name)
            months.create(table, part.name)
            months.attach(part)


def first_label(table: str = EVENTS) -> str:
    return catalog.partitions(table)[0].label


def second_month() -> dt.datetime:
    upto = catalog.partitions(EVENTS)[0].upto
    assert upto is not None
    return upto + dt.timedelta(days=1)


def years_later() -> dt.datetime:
    return second_month() + AT_HAND + dt.timedelta(days=70)


def detach(table: str = EVENTS, label: str = "") -> DetachedMonth:
    return detaching.detach(table, label or first_label(table), now=years_later())


def faults() -> list[str]:
    return [str(fault) for fault in verifying.verify(now=NOW).faults]


def all_events() -> list[tuple[Any, ...]]:
    return rows_of("SELECT to_jsonb(t)::text FROM onboarding_event AS t ORDER BY id")


def as_attacker(deed: Callable[[], None]) -> list[str]:
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        deed()
        found = faults()
        transaction.set_rollback(True)
    return found


def test_detached_month_is_proved_with_its_table_and_without_it(old: Enrollment) -> None:
    number = Event.objects.count()

    gone = detach()

    left = Event.objects.count()
    assert (gone.rows, left) == (number - 2, 4)  # two of the other month, and two that are needed
    with_table = verifying.verify(now=NOW)
    execute("DROP TABLE {name}", name=gone.name)
    without = verifying.verify(now=NOW)

    assert (with_table.faults, with_table.detached) == ([], 0)
    assert (without.faults, without.detached) == ([], gone.rows - 2)
    assert without.rows < with_table.rows


def test_rows_that_decide_stay(old: Enrollment) -> None:
    before = (tenant_proof.latest(old), queries.tries(old))
    assert before[0] is not None and before[1]

    detach()

    assert (tenant_proof.latest(old), queries.tries(old)) == before
    kinds = {event.kind for event in old.events.filter(at__lt=second_month())}
    assert kinds <= {"tenant_proven", *tracking.TOLD_OF_TRIES}


@pytest.mark.long
def test_states_that_a_clock_counts_stay(old: Enrollment) -> None:
    label, number = first_label(CHECKS), value_of("SELECT count(*) FROM onboarding_checkhistory")

    detach(CHECKS)
    under_way = value_of("SELECT count(*) FROM onboarding_checkhistory")
    detaching.attach(CHECKS, label, now=years_later())
    Enrollment.objects.update(
        state="withdrawn", withdrawn_from="submitted", withdrawn_at=NOW, withdrawn_by=old.created_by
    )
    detach(CHECKS)

    assert number > 0
    assert (under_way, value_of("SELECT count(*) FROM onboarding_checkhistory")) == (number, 0)


def test_personal_values_do_not_leave(transactional_db: None) -> None:
    make_submitted()
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        execute("UPDATE onboarding_checkhistory SET note = 'Claude called', evidence = '[\"Claude\"]'")
    sealing.run(NOW)
    sealing.run(NOW)

    gone = detach(CHECKS)

    told = "SELECT count(*) FILTER (WHERE note = '' AND evidence = '{}'), count(*) FROM " + gone.name
    assert rows_of(told) == [(gone.rows, gone.rows)] != [(0, 0)]
    assert faults() == []


def test_refused_month_loses_no_personal_value(transactional_db: None) -> None:
    """They may be what somebody asks for who looks into seals that do not hold."""
    enrollment = make_submitted()
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        execute("UPDATE onboarding_checkhistory SET note = 'Claude called'")
    sealing.run(NOW)
    sealing.run(NOW)
    refused(enrollment, day=3)

    with pytest.raises(RefusedError, match="have no seal yet"):
        detach(CHECKS)

    assert value_of("SELECT count(*) FROM onboarding_checkhistory WHERE note = 'Claude called'") > 0


def test_lines_of_what_may_still_be_taken_back_stay(old: Enrollment) -> None:
    lately = years_later() - dt.timedelta(days=29)
    withdrawn = withdrawal.withdraw(enrollment=old, by=old.created_by, now=lately)
    sealing.run(lately)
    sealing.run(lately)
    states = value_of("SELECT count(*) FROM onboarding_checkhistory")

    detach()
    detach(CHECKS)
    back = withdrawal.take_back(enrollment=withdrawn, by=old.created_by, now=years_later())

    assert tenant_proof.latest(back) is not None and queries.tries(back)
    assert value_of("SELECT count(*) FROM onboarding_checkhistory") >= states


def test_reports_keep_what_was_counted_in_a_month_that_is_gone(old: Enrollment) -> None:
    """A month is counted again whenever one of its files moves, also years later."""
    today, now = timezone.localdate(), years_later()
    month = dt.date(today.year, today.month, 1)
    check = refused(make_submitted(), day=3)
    Enrollment.objects.update(
        state="withdrawn", withdrawn_from="submitted", withdrawn_at=NOW, withdrawn_by=old.created_by
    )
    sealing.run(NOW)
    sealing.run(NOW)
    reports._write(month, now)
    before = reports.read(reports.Period(month, month), None)

    detach(CHECKS)
    reports._write(month, now + dt.timedelta(hours=1))

    after = reports.read(reports.Period(month, month), None)
    assert before.turns[check.kind, "microsoft"].number == 1
    assert (after.turns, after.answers) == (before.turns, before.answers)
    assert after.funnel == before.funnel
    assert after.computed_at == now + dt.timedelta(hours=1)


def test_attached_again_it_is_what_it_was(old: Enrollment) -> None:
    before = all_events()
    label = first_label()
    parts = [part.name for part in catalog.partitions(EVENTS)]
    detach()

    assert detaching.attach(EVENTS, label, now=years_later()) == len(before) - 2

    assert all_events() == before
    assert [part.name for part in catalog.partitions(EVENTS)] == parts
    assert faults() == []
    assert not DetachedMonth.objects.exists() and not DetachedRows.objects.exists()
    with pytest.raises(Exception, match="Cannot update or delete"):
        Event.objects.filter(at=NOW).delete()


def test_month_comes_back_from_its_dump(old: Enrollment, tmp_path: Path) -> None:
    """As the command says how."""
    before, label = all_events(), first_label()
    reached, dump = drill.source(), str(tmp_path / "month.dump")
    pg_dump, pg_restore = (programs.find(name, at_least=connection.pg_version // 10000) for name in PROGRAMS)
    gone = detach()
    told = ("--format=custom", f"--table={gone.name}", f"--file={dump}")
    programs.run(pg_dump, *told, programs.dsn(reached), parameters=reached)
    execute("DROP TABLE {name}", name=gone.name)

    programs.run(pg_restore, "--exit-on-error", f"--dbname={programs.dsn(reached)}", dump, parameters=reached)
    detaching.attach(EVENTS, label, now=years_later())

    assert all_events() == before
    assert faults() == []


@pytest.mark.long
def test_months_go_from_the_oldest_and_come_back_from_the_newest(old: Enrollment) -> None:
    before = all_events()
    first, second = (part.label for part in catalog.partitions(EVENTS)[:2])
    with pytest.raises(RefusedError, match=f"{first} is older"):
        detach(label=second)
    detach(label=first)
    detach(label=second)

    assert [part.label for part in catalog.partitions(EVENTS)][:1] == ["kept"]
    assert faults() == []
    with pytest.raises(RefusedError, match=f"{second} comes first"):
        detaching.attach(EVENTS, first, now=years_later())
    detaching.attach(EVENTS, second, now=years_later())
    assert faults() == []
    detaching.attach(EVENTS, first, now=years_later())
    assert all_events() == before
    assert faults() == []


@pytest.mark.long
def test_row_of_that_time_which_came_later_is_kept_on_the_way_back(old: Enrollment) -> None:
    label = first_label()
    detach()
    late = Event.objects.create(enrollment=old, at=NOW, kind="reminded")

    detaching.attach(EVENTS, label, now=years_later())

    assert Event.objects.get(pk=late.pk).kind == "reminded"
    assert faults() == []


@pytest.mark.long
def test_column_of_a_later_release_is_added_on_the_way_back(old: Enrollment) -> None:
    label = first_label()
    detach()
    execute("ALTER TABLE onboarding_event ADD COLUMN planted integer NOT NULL DEFAULT 7")
    try:
        detaching.attach(EVENTS, label, now=years_later())

        assert value_of("SELECT count(DISTINCT planted) FROM onboarding_event") == 1
        assert faults() == []
    finally:
        execute("ALTER TABLE onboarding_event DROP COLUMN planted")


# --- what is refused -------------------------------------------------------------------------------------------------


def test_young_month_is_refused(old: Enrollment) -> None:
    upto = catalog.partitions(EVENTS)[0].upto
    assert upto is not None

    with pytest.raises(RefusedError, match="younger than 1095 days"):
        detaching.detach(EVENTS, first_label(), now=upto + AT_HAND - dt.timedelta(seconds=1))
    with pytest.raises(RefusedError, match="no month later"):
        detach(label="later")


@pytest.mark.long
def test_month_with_a_row_that_is_not_sealed_is_refused(old: Enrollment) -> None:
    Event.objects.create(enrollment=old, at=NOW, kind="reminded")

    with pytest.raises(RefusedError, match=r"^1 rows of onboarding_event_until_\w+ have no seal yet"):
        detach()

    assert not DetachedMonth.objects.exists()
    assert catalog.partitions(EVENTS)[0].label != "kept"


def test_month_whose_seals_do_not_hold_is_refused(old: Enrollment) -> None:
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        Event.objects.filter(kind="tenant_proven").update(kind="ready")

    with pytest.raises(RefusedError, match="a row was changed"):
        detach()


def test_table_that_is_not_cut_is_refused(old: Enrollment) -> None:
    with pytest.raises(RefusedError, match="onboarding_message is not cut into months; these are: "):
        detaching.detach("onboarding_message", "2027_01", now=years_later())


def test_month_that_was_altered_meanwhile_is_not_attached(old: Enrollment) -> None:
    label, gone = first_label(), detach()
    execute("UPDATE {name} SET kind = 'ready' WHERE kind = 'answered'", name=gone.name)

    assert [fault.split(",")[0] for fault in faults()] == [gone.name] * len(faults()) != []
    with pytest.raises(RefusedError, match="rows differ from what was detached"):
        detaching.attach(EVENTS, label, now=years_later())


@pytest.mark.long
def test_month_without_its_table_is_not_attached(old: Enrollment) -> None:
    label, gone = first_label(), detach()
    execute("DROP TABLE {name}", name=gone.name)

    with pytest.raises(RefusedError, match="restore it from its dump"):
        detaching.attach(EVENTS, label, now=years_later())


# --- who tampers -----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_row_deleted_from_a_month_beside_it_is_found(old: Enrollment) -> None:
    gone = detach()
    execute("DROP TABLE {name}", name=gone.name)

    def delete() -> None:
        Event.objects.filter(pk=Event.objects.filter(at=second_month())[0].pk).delete()

    def alter() -> None:
        Event.objects.filter(at=second_month()).update(data={"page": "forged"})

    assert ["rows were sealed" in fault for fault in as_attacker(delete)] == [True]
    assert ["a row was changed" in fault for fault in as_attacker(alter)] == [True]


@pytest.mark.long
def test_row_that_stayed_and_is_deleted_is_found(old: Enrollment) -> None:
    detach()

    found = as_attacker(lambda: Event.objects.filter(kind="tenant_proven").delete() and None)

    assert any("rows that stayed when their month was detached are gone" in fault for fault in found)


@pytest.mark.long
def test_nobody_can_say_that_a_deleted_row_was_detached(old: Enrollment) -> None:
    """As somebody does who has read this code, and lacks the key."""

    def hide() -> None:
        row = Event.objects.filter(at=second_month())[0]
        seal = Seal.objects.get(table=EVENTS, after_id__lt=row.pk, upto_id__gte=row.pk)
        digest = proving.prove(seal, proving.look_around()).found[row.pk]
        month = DetachedMonth.objects.create(
            table=EVENTS, name="onboarding_event_forged", upto=years_later(), rows=1, detached_at=NOW
        )
        part = DetachedRows(month=month, seal=seal.number, keys=[row.pk], kept=[], digests=bytes.fromhex(digest))
        part.signature = "f" * 64
        part.save()
        row.delete()

    assert any("no key of this deployment signed that rows were detached" in fault for fault in as_attacker(hide))


@pytest.mark.long
def test_signatures_follow_the_newest_key(old: Enrollment, settings: Any) -> None:
    detach()
    settings.SECRETS_KEYS = ["QW5vdGhlciBrZXkgb2YgMzIgYnl0ZXMsIG5ld2VyISE=", SECRET]
    number = DetachedRows.objects.count()

    assert number > 1
    assert detaching.sign_again(NOW) == number
    assert detaching.sign_again(NOW) == 0

    settings.SECRETS_KEYS = settings.SECRETS_KEYS[:1]
    assert [fault for fault in faults() if "detached" in fault] == []


# --- beside those who write ------------------------------------------------------------------------------------------


def test_writers_meanwhile_lose_nothing(old: Enrollment) -> None:
    written: list[int] = []
    failed: list[Exception] = []
    stop = threading.Event()

    def write() -> None:
        try:
            while not stop.is_set():
                written.append(Event.objects.create(enrollment=old, at=at, kind="reminded").pk)
        except Exception as error:  # told by the assertion below
            failed.append(error)
        finally:
            connection.close()

    label, at = first_label(), second_month()
    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _number in range(3):
            detaching.detach(EVENTS, label, now=second_month() + AT_HAND)
            detaching.attach(EVENTS, label, now=years_later())
    finally:
        stop.set()
        thread.join()

    assert failed == []
    assert set(Event.objects.filter(kind="reminded", at=at).values_list("pk", flat=True)) == set(written)
    assert len(written) > 3


@pytest.mark.long
def test_row_that_comes_in_at_the_last_moment_stops_it(old: Enrollment, monkeypatch: Any) -> None:
    write = detaching._write

    def meanwhile(*given: Any) -> None:
        write(*given)
        thread = threading.Thread(target=add)
        thread.start()
        thread.join()

    def add() -> None:
        Event.objects.create(enrollment=old, at=NOW, kind="reminded")
        connection.close()

    monkeypatch.setattr(detaching, "_write", meanwhile)

    with pytest.raises(RefusedError, match="Somebody wrote into"):
        detach()

    assert not DetachedMonth.objects.exists()
    assert catalog.partitions(EVENTS)[0].label != "kept"


# --- what people see -------------------------------------------------------------------------------------------------


def test_command_lists_detaches_and_attaches(old: Enrollment, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(timezone, "now", years_later)
    label = first_label()

    call_command("partitions")
    assert f"{label} " in capsys.readouterr().out
    call_command("partitions", detach=[EVENTS, label])
    assert f"pg_dump --format=custom --table={EVENTS}_{label}" in capsys.readouterr().out
    call_command("partitions")
    assert "detached: its table is there" in capsys.readouterr().out
    call_command("verify_audit")
    assert f"Detached: {EVENTS}_{label}, from the beginning to before " in capsys.readouterr().out
    with pytest.raises(CommandError, match="has no month"):
        call_command("partitions", detach=[EVENTS, label])
    call_command("partitions", attach=[EVENTS, label])
    assert "in onboarding_event again, and proved" in capsys.readouterr().out


@pytest.mark.long
def test_pages_say_that_older_lines_are_away(old: Enrollment) -> None:
    Enrollment.objects.filter(pk=old.pk).update(created_at=NOW)
    bdm, auditor = make_bdm("FR").user, make_user("auditor@ingram.example", is_staff=True, is_superuser=True)
    User.objects.update(language="en-gb")
    path = f"/desk/{old.pk}/history/"
    before = (text(bdm, path), text(auditor, "/admin/audit/"))
    detach()
    Enrollment.objects.filter(pk=old.pk).update(created_at=timezone.now() - AT_HAND - dt.timedelta(days=1))

    after = (text(bdm, path), text(auditor, "/admin/audit/"))

    assert ["put away" in page for page in (*before, *after)] == [False, False, True, True]


def text(user: User, path: str) -> str:
    client: Client = signed_in(user)
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_registered_months_are_histories() -> None:
    tables = {trail.table for trail in registry.TRAILS.values()}

    assert {each.table for each in detaching.monthly.tables()} <= tables
